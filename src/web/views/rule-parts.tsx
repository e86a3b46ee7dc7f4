import type { Understanding } from '../../rules/compile.ts';
import type { CompiledRule, RuleExample, ScheduleWindow, SentenceIssue, Span } from '../../rules/rule.ts';
import type { Page } from '../context.ts';
import type { CameraStatus } from '../deps.ts';
import { cutSentence, spanLook } from '../sentence.ts';
import { Icon } from './icons.tsx';
import { Facts } from './parts.tsx';

const percent = (share: number): number => Math.round(share * 100);

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

/** What is doubtful or refused in a sentence, in the compiler's own words, with the words it is about. */
export function Issues(props: {
  page: Page;
  words: string;
  errors?: readonly SentenceIssue[];
  warnings: readonly SentenceIssue[];
}) {
  const { page, words, errors = [], warnings } = props;
  const { editor } = page.t;
  if (errors.length + warnings.length === 0) return null;
  const item = (issue: SentenceIssue, severity: 'error' | 'warning') => {
    const about = words.slice(issue.start, issue.end);
    return (
      <li class={`finding finding-${severity}`}>
        <Icon name={severity === 'error' ? 'down' : 'warning'} />
        <span>
          <strong>{severity === 'error' ? editor.refused : editor.doubtful}:</strong> {issue.message}
          {about !== '' && about !== words ? <q class="quiet about">{about}</q> : null}
        </span>
      </li>
    );
  };
  return (
    <ul class="findings-inline">
      {errors.map((issue) => item(issue, 'error'))}
      {warnings.map((issue) => item(issue, 'warning'))}
    </ul>
  );
}

/** What a sentence came to: the question, and when and how it alerts. Thresholds and examples only of a whole rule. */
export function RuleFacts(props: {
  page: Page;
  rule: Understanding & Partial<Pick<CompiledRule, 'raise' | 'clear' | 'examples'>>;
  cameras: readonly CameraStatus[];
}) {
  const { page, rule, cameras } = props;
  const { t, times } = page;
  return (
    <Facts
      rows={[
        [
          t.rules.asks,
          rule.question === null ? <span class="quiet">{t.editor.noQuestion}</span> : <q>{rule.question}</q>,
        ],
        rule.overMs === undefined ? null : [t.rules.over, t.rules.lastPictures(times.duration(rule.overMs))],
        rule.examples === undefined ? null : [t.rules.examples, <Examples examples={rule.examples} />],
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
        rule.remindMs > 0 ? [t.rules.remind, times.duration(rule.remindMs)] : null,
        rule.cooldownMs > 0 ? [t.rules.cooldown, times.duration(rule.cooldownMs)] : null,
        rule.raise === undefined || rule.clear === undefined
          ? null
          : [t.rules.thresholds, `${t.rules.raiseAt(percent(rule.raise))}, ${t.rules.clearAt(percent(rule.clear))}`],
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

function Examples({ examples }: { examples: readonly RuleExample[] }) {
  return (
    <ul>
      {examples.map(({ picture, says }) => (
        <li>
          <q>{says}</q> <code class="quiet">{picture}</code>
        </li>
      ))}
    </ul>
  );
}

function scheduleWords({ t }: Page, window: ScheduleWindow): string {
  const days =
    window.days === undefined || window.days.length === 7
      ? null
      : window.days.map((day) => t.rules.days[day]).join(' ');
  const clock = window.from === undefined ? null : `${window.from}–${window.to}`;
  if (!('calendar' in window)) return `${days ?? t.rules.everyDay} ${clock}`;
  const calendar = window.negate ? t.rules.outside(window.calendar) : t.rules.during(window.calendar);
  return [calendar, days, clock].filter((part) => part !== null).join(' ');
}
