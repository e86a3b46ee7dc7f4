import type { Finding } from '../../platform/findings.ts';
import type { CompiledRule, ScheduleWindow, Span } from '../../rules/rule.ts';
import type { Page } from '../context.ts';
import type { CameraStatus } from '../deps.ts';
import { cutSentence, spanLook } from '../sentence.ts';
import { Icon } from './icons.tsx';
import { Layout } from './layout.tsx';
import { anchor, Empty, Facts, SeverityPill } from './parts.tsx';

export interface RulesProps {
  readonly page: Page;
  readonly rules: ReadonlyArray<{ readonly rule: CompiledRule; readonly cameras: readonly CameraStatus[] }>;
  readonly findings: readonly Finding[];
}

export function RulesPage({ page, rules, findings }: RulesProps) {
  const { t } = page;
  return (
    <Layout page={page} title={t.rules.title} live="view=rules">
      <h1>{t.rules.title}</h1>
      {findings.length > 0 ? <Findings page={page} findings={findings} /> : null}
      {rules.length === 0 ? <Empty title={t.rules.none} hint={t.rules.noneHint} /> : null}
      <div class="rule-list">
        {rules.map(({ rule, cameras }) => (
          <RuleCard page={page} rule={rule} cameras={cameras} />
        ))}
      </div>
    </Layout>
  );
}

function Findings({ page, findings }: { page: Page; findings: readonly Finding[] }) {
  const { t } = page;
  return (
    <section class="panel findings">
      <h2>{t.rules.findings}</h2>
      <ul>
        {findings.map((finding) => (
          <li class={`finding finding-${finding.severity}`}>
            <Icon name={finding.severity === 'error' ? 'down' : 'warning'} />
            <span>
              <strong>{t.rules[finding.severity]}:</strong> {finding.message}
              {finding.hint ? <span class="quiet"> {finding.hint}.</span> : null}{' '}
              <code class="quiet">
                {finding.file}, {t.rules.line(finding.line)}
              </code>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function RuleCard({ page, rule, cameras }: { page: Page; rule: CompiledRule; cameras: readonly CameraStatus[] }) {
  const { t } = page;
  return (
    <article id={anchor('rule', rule.id).id} class={`panel rule${rule.enabled ? '' : ' rule-off'}`}>
      <h2 class="sentence">
        <Sentence page={page} words={rule.words} spans={rule.spans} />
      </h2>
      <p class="meta">
        <SeverityPill page={page} severity={rule.severity} />
        {rule.enabled ? null : <span class="pill">{t.rules.disabled}</span>}
        <code class="quiet" title={rule.file}>
          {rule.file.split('/').at(-1)}
        </code>
      </p>
      {rule.warnings.length > 0 ? (
        <ul class="findings-inline">
          {rule.warnings.map((warning) => (
            <li class="finding finding-warning">
              <Icon name="warning" />
              <span>
                {warning.message} <q class="quiet">{rule.words.slice(warning.start, warning.end)}</q>
              </span>
            </li>
          ))}
        </ul>
      ) : null}
      <RuleFacts page={page} rule={rule} cameras={cameras} />
    </article>
  );
}

function RuleFacts({ page, rule, cameras }: { page: Page; rule: CompiledRule; cameras: readonly CameraStatus[] }) {
  const { t, times } = page;
  const percent = (value: number): number => Math.round(value * 100);
  return (
    <Facts
      rows={[
        [t.rules.asks, <q>{rule.question}</q>],
        [
          t.rules.alertsWhen,
          <>
            <strong>{t.rules[rule.expects]}</strong>{' '}
            {rule.forMs > 0 ? t.rules.for(times.duration(rule.forMs)) : t.rules.atOnce}
          </>,
        ],
        [t.rules.endsAfter, t.rules.clearFor(times.duration(rule.clearAfterMs))],
        [
          t.rules.schedule,
          rule.schedule === null || rule.schedule.length === 0
            ? t.rules.always
            : rule.schedule.map((window) => scheduleWords(page, window)).join('; '),
        ],
        [t.rules.every, times.duration(rule.everyMs)],
        rule.cooldownMs > 0 ? [t.rules.cooldown, times.duration(rule.cooldownMs)] : null,
        [t.rules.thresholds, `${t.rules.raiseAt(percent(rule.raise))}, ${t.rules.clearAt(percent(rule.clear))}`],
        [t.rules.zone, rule.zone ?? t.rules.wholePicture],
        [
          t.rules.watches,
          cameras.length === 0 ? (
            <span class="stale">
              {rule.cameras.join(', ')}: {t.rules.noCameras}
            </span>
          ) : (
            <span class="camera-links">
              {cameras.map((camera) => (
                <a href={`/cameras/${encodeURIComponent(camera.id)}`}>{camera.name}</a>
              ))}
            </span>
          ),
        ],
      ]}
    />
  );
}

/** The sentence as written; what was understood is underlined in its colour with a plain label beneath. */
export function Sentence({ page, words, spans }: { page: Page; words: string; spans: readonly Span[] }) {
  return (
    <>
      {cutSentence(words, spans).map(({ text, span }) => {
        if (!span) return text;
        const look = spanLook(span.means);
        if (look === 'ignored') return <span class="span-ignored">{text}</span>;
        return (
          <span class={`span span-${look}`} title={span.value}>
            <span class="span-words">{text}</span>
            <small class="span-label">{look === 'other' ? span.means : page.t.span[look]}</small>
          </span>
        );
      })}
    </>
  );
}

function scheduleWords(page: Page, window: ScheduleWindow): string {
  const { t } = page;
  if ('calendar' in window) return window.negate ? t.rules.outside(window.calendar) : t.rules.during(window.calendar);
  const days = window.days.length === 7 ? t.rules.everyDay : window.days.map((day) => t.rules.days[day]).join(' ');
  return `${days} ${window.from}–${window.to}`;
}
