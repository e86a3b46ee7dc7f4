import type { Page } from '../context.ts';
import { LANGUAGE_NAMES } from '../language.ts';
import { Layout } from './layout.tsx';

export function LoginPage(props: { page: Page; next: string; name?: string; problem?: string; changed?: boolean }) {
  const { page, next, name = '', problem, changed } = props;
  const { t } = page;
  return (
    <Layout page={page} title={t.login.title}>
      <div class="login">
        <svg class="brand-mark" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12z" />
          <circle cx="12" cy="12" r="3" />
        </svg>
        <h1>{page.site.name}</h1>
        {problem ? (
          <p class="problem" role="alert">
            {problem}
          </p>
        ) : null}
        {changed ? (
          <p class="success" role="status">
            {t.login.changed}
          </p>
        ) : null}
        <form method="post" action="/login" class="panel form">
          <input type="hidden" name="next" value={next} />
          <label class="field">
            <span>{t.login.name}</span>
            <input
              name="name"
              value={name}
              autocomplete="username"
              autocapitalize="none"
              spellcheck={false}
              required
              maxlength={64}
              autofocus={name === ''}
            />
          </label>
          <label class="field">
            <span>{t.login.password}</span>
            <input
              name="password"
              type="password"
              autocomplete="current-password"
              required
              maxlength={256}
              autofocus={name !== ''}
            />
          </label>
          <button type="submit" class="button button-primary button-wide">
            {t.login.submit}
          </button>
        </form>
        <p class="quiet">{t.login.firstTime}</p>
        <p class="languages">
          {Object.entries(LANGUAGE_NAMES).map(([code, word]) => (
            <a href={`/language?to=${code}`} lang={code} aria-current={code === page.language ? 'true' : undefined}>
              {word}
            </a>
          ))}
        </p>
      </div>
    </Layout>
  );
}

/** What did not work and what to do, with a way back. */
export function ErrorPage({ page, message, hint }: { page: Page; message: string; hint: string }) {
  const { t } = page;
  return (
    <Layout page={page} title={t.error.title}>
      <div class="empty">
        <h1>{t.error.title}</h1>
        <p class="empty-title">{message}</p>
        {hint ? <p>{hint}</p> : null}
        <a class="button button-primary" href="/">
          {t.error.home}
        </a>
      </div>
    </Layout>
  );
}
