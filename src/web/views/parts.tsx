import type { Child } from 'hono/jsx';
import type { HealthStatus } from '../../platform/health.ts';
import type { CompiledRule, Severity } from '../../rules/rule.ts';
import type { Page } from '../context.ts';
import type { RuleStatus } from '../deps.ts';
import { Icon, type IconName } from './icons.tsx';

/** A moment: the site's clock time, and how long ago in words that the client keeps up to date. */
export function When({ page, at, age = true }: { page: Page; at: number; age?: boolean }) {
  const { times } = page;
  return (
    <time datetime={new Date(at).toISOString()} title={times.full(at)}>
      {times.short(at)}
      {age ? (
        <>
          {' · '}
          <Age page={page} at={at} />
        </>
      ) : null}
    </time>
  );
}

/** `3 min ago` alone. */
export function Age({ page, at }: { page: Page; at: number }) {
  return <span data-age={String(at)}>{page.times.age(at)}</span>;
}

export function SeverityPill({ page, severity }: { page: Page; severity: Severity }) {
  const icons: Record<Severity, IconName> = { info: 'info', warning: 'warning', critical: 'firing' };
  return (
    <span class={`pill severity-${severity}`}>
      <Icon name={icons[severity]} />
      {page.t.severity[severity]}
    </span>
  );
}

export function HealthPill({ page, status }: { page: Page; status: HealthStatus }) {
  const icons: Record<HealthStatus, IconName> = { ok: 'clear', degraded: 'warning', down: 'down' };
  return (
    <span class={`pill health-${status}`}>
      <Icon name={icons[status]} />
      {page.t.health[status]}
    </span>
  );
}

export type StateLook = 'clear' | 'pending' | 'firing' | 'unknown' | 'waiting';

/** How a rule's state on a camera is shown. Firing and pending win over the last verdict; unknown is never clear. */
export function lookOf(status: RuleStatus): StateLook {
  if (status.phase === 'firing') return 'firing';
  if (status.phase === 'pending') return 'pending';
  if (status.value === null) return 'waiting';
  return status.value === 'no' ? 'clear' : 'unknown';
}

/** The state in words, with the cause when the last verdict is unknown. */
export function stateWords(page: Page, status: RuleStatus, rule: CompiledRule | undefined): string {
  const { t, times } = page;
  const look = lookOf(status);
  const words: string = t.phase[look];
  const cause = status.value === 'unknown' && status.cause ? t.cause[status.cause] : undefined;
  if (look === 'pending' && rule && status.since !== null && rule.forMs > 0) {
    const seen = t.pendingFor(times.roughly(page.now - status.since), times.duration(rule.forMs));
    return cause ? `${seen} · ${t.phase.unknown}: ${cause}` : seen;
  }
  if (look === 'unknown') return cause ? `${words}: ${cause}` : words;
  return cause ? `${words} · ${t.phase.unknown}: ${cause}` : words;
}

/** A bar from 0 to 1 with the raise and clear thresholds as ticks. */
export function ScoreBar({
  page,
  score,
  rule,
  look,
}: {
  page: Page;
  score: number | undefined;
  rule: CompiledRule | undefined;
  look: StateLook;
}) {
  if (score === undefined) return null;
  const percent = Math.round(score * 100);
  return (
    <span class={`score score-${look}`}>
      <svg class="score-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" x="0" y="2" width="100" height="4" />
        <rect class="value" x="0" y="2" width={String(percent)} height="4" />
        {rule ? <rect class="tick" x={String(rule.clear * 100)} y="0" width="0.8" height="8" /> : null}
        {rule ? <rect class="tick" x={String(rule.raise * 100)} y="0" width="0.8" height="8" /> : null}
      </svg>
      <span class="score-text" title={page.t.score}>
        {`${percent}\u00a0%`}
      </span>
    </span>
  );
}

/** A form that works with and without scripts: it posts, and where htmx runs it swaps only `target`. */
export function ActionForm(props: {
  page: Page;
  action: string;
  target?: string;
  fields?: Record<string, string>;
  class?: string;
  children: Child;
}) {
  const { page, action, target, fields = {} } = props;
  const htmx = target
    ? { 'hx-post': action, 'hx-target': target, 'hx-swap': 'outerMorph', 'hx-disable': 'find button' }
    : {};
  return (
    <form method="post" action={action} class={props.class ?? 'action'} {...htmx}>
      <input type="hidden" name="_csrf" value={page.csrf} />
      {Object.entries(fields).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      {props.children}
    </form>
  );
}

/** A list of facts. */
export function Facts({ rows }: { rows: ReadonlyArray<readonly [label: string, value: Child] | null> }) {
  return (
    <dl class="facts">
      {rows.map((row) =>
        row ? (
          <div>
            <dt>{row[0]}</dt>
            <dd>{row[1]}</dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}

export function Empty({ title, hint }: { title: string; hint?: string }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {hint ? <p>{hint}</p> : null}
    </div>
  );
}

/** A name as an HTML id and as a CSS selector for it. */
export function anchor(kind: string, ...names: string[]): { id: string; selector: string } {
  const id = [kind, ...names].join('-').replace(/[^A-Za-z0-9_-]/g, (sign) => `_${sign.codePointAt(0)?.toString(16)}`);
  return { id, selector: `#${id}` };
}
