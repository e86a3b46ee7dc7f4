import { raw } from 'hono/html';
import type { Child } from 'hono/jsx';
import type { Page } from '../context.ts';
import { Icon, type IconName } from './icons.tsx';

interface LayoutProps {
  page: Page;
  title: string;
  /** Query of the live stream that keeps this page up to date, such as `view=now`. */
  live?: string;
  /** Static files this page needs beside the common ones. */
  scripts?: readonly string[];
  styles?: readonly string[];
  children: Child;
}

const MENU: ReadonlyArray<readonly [path: string, name: 'now' | 'events' | 'rules' | 'cameras' | 'ask' | 'system']> = [
  ['/', 'now'],
  ['/events', 'events'],
  ['/rules', 'rules'],
  ['/cameras', 'cameras'],
  ['/ask', 'ask'],
  ['/system', 'system'],
];

/** The frame around every page. Nothing in it is inline script or style: the content security policy forbids both. */
export function Layout({ page, title, live, scripts = [], styles = [], children }: LayoutProps) {
  const { t, identity } = page;
  const theme = page.theme === 'auto' ? {} : { 'data-theme': page.theme };
  return (
    <>
      {raw('<!doctype html>')}
      <html lang={page.language} data-now={String(page.now)} {...theme}>
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content={page.theme === 'auto' ? 'light dark' : page.theme} />
          <title>{`${title} · ${page.site.name}`}</title>
          <link rel="icon" type="image/svg+xml" href={page.asset('icon.svg')} />
          {[...styles, 'app.css'].map((name) => (
            <link rel="stylesheet" href={page.asset(name)} />
          ))}
          {['htmx.js', 'app.js', ...scripts].map((name) => (
            <script src={page.asset(name)} defer />
          ))}
        </head>
        <body class={identity ? 'with-menu' : 'without-menu'}>
          <a class="skip" href="#content">
            {t.nav.skip}
          </a>
          {identity ? <TopBar page={page} /> : null}
          <main id="content" tabindex={-1}>
            {children}
          </main>
          {live ? (
            <div
              id="live"
              hx-sse:connect={`/live?${live}&since=${encodeURIComponent(page.place)}`}
              hx-trigger="load, live-retry"
              hx-swap="none"
            />
          ) : null}
          <p id="live-lost" class="toast" role="status" hidden>
            {t.live.lost}
          </p>
          <p id="toast" class="toast" role="status" hidden />
        </body>
      </html>
    </>
  );
}

function TopBar({ page }: { page: Page }) {
  const { t } = page;
  return (
    <header class="top">
      <a class="brand" href="/">
        <svg class="brand-mark" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12z" />
          <circle cx="12" cy="12" r="3" />
        </svg>
        <span>{page.site.name}</span>
      </a>
      <nav class="menu" aria-label={t.nav.main}>
        {MENU.map(([path, name]) => (
          <a href={path} aria-current={isCurrent(page.path, path) ? 'page' : undefined}>
            <Icon name={name satisfies IconName} />
            <span class="menu-word">{t.nav[name]}</span>
            {name === 'events' ? <OpenBadge page={page} /> : null}
            {name === 'system' ? <HealthBadge page={page} /> : null}
          </a>
        ))}
      </nav>
      <a
        class="account"
        href="/account"
        aria-current={page.path === '/account' ? 'page' : undefined}
        aria-label={`${t.nav.account}: ${page.identity?.name ?? ''}`}
      >
        <Icon name="account" />
        <span class="account-name">{page.identity?.name}</span>
      </a>
    </header>
  );
}

/** How many events are open; kept up to date by the live stream. */
export function OpenBadge({ page }: { page: Page }) {
  return (
    <span id="open-badge" class="badge" hidden={page.openEvents === 0}>
      {page.openEvents > 99 ? '99+' : page.openEvents}
    </span>
  );
}

export function HealthBadge({ page }: { page: Page }) {
  return (
    <span
      id="health-badge"
      class={`badge badge-${page.health}`}
      hidden={page.health === 'ok'}
      title={page.t.health[page.health]}
    >
      !
    </span>
  );
}

function isCurrent(path: string, menuPath: string): boolean {
  return menuPath === '/' ? path === '/' : path === menuPath || path.startsWith(`${menuPath}/`);
}
