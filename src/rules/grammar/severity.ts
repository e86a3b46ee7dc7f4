import type { Severity } from '../rule.ts';
import { readUnit } from './amounts.ts';
import { firstOf, type Pattern, pattern } from './pattern.ts';
import type { Phrase } from './phrase.ts';
import type { Token } from './tokens.ts';

const ALERT = '(alert|alarm|event|message|notification|warning|priority|severity|email|sms|text)';

/** Words that say how loud. They are ordinary words too (`a critical machine`, `a warning triangle`), so the place decides. */
const CRITICAL = firstOf([
  pattern('[as] [a|an] [very] (critical|urgent|emergency) alerts [only]'),
  pattern('(with|at|in) (high|highest|top|critical|maximum) (priority|severity|urgency)'),
  pattern('(high|highest|top|critical|maximum) (priority|severity)'),
  pattern("[,] [and] (this is|that is|it is|it's|is) [very|really|most] (critical|urgent|an emergency|very important)"),
  pattern(
    '[,] (mark|treat|flag|classify|log|raise) (it|this|that|them) as [a|an] (critical|urgent|emergency|critical event|emergency)',
  ),
  pattern('as (critical|urgent|a critical event|a critical alert|an emergency|an urgent alert|top priority)'),
  pattern('(severity|priority) [:|is] (critical|high|urgent)'),
  pattern('(urgently|critically)'),
]);
const WARNING = firstOf([
  pattern('(with|at|in) (medium|normal) (priority|severity)'),
  pattern('(medium|normal) (priority|severity)'),
  pattern('[,] (mark|treat|flag|classify|log) (it|this|that|them) as a warning'),
  pattern('as a warning'),
  pattern('(severity|priority) [:|is] (warning|medium|normal)'),
]);
const INFO = firstOf([
  pattern(
    "[,] [but] [and] [please] [do not alert|don't alert|no alert|without alert] [me|anyone|anybody] [,] [but] (just|only|simply|merely) (log|record|note) (it|this|that)",
  ),
  pattern(
    '[,] (just|only|simply|merely) (for information|for the record|for info|for the log|for the logs|for my information|for our information|informational|information)',
  ),
  pattern(
    '(for information|for info|for the record|for your information|for my information|for our information|fyi) [only]',
  ),
  pattern(
    '[,] [and] [this|that|it] is (not urgent|low priority|just for information|for information only|only for information|purely informational|informational)',
  ),
  pattern('(with|at|in) (low|lowest) (priority|severity)'),
  pattern('(low|lowest) (priority|severity)'),
  pattern('(log|record|information) only'),
  pattern('(mark|treat|flag|classify|log) (it|this|that|them) as [an] (information|informational|info|low priority)'),
  pattern('as (information|info|an info event|low priority)'),
  pattern('not urgent [,|:]'),
  pattern('(not urgent|not critical|non - urgent|no rush)'),
  pattern('(severity|priority) [:|is] (info|low|information)'),
]);
/** The verb itself says that nobody needs to be called: weaker than a word that says how loud. */
const LOG = firstOf([
  pattern('(just|only|simply|merely) (log|record|note|register)'),
  pattern('(log|record) (it|this)'),
]);

const LEVELS: ReadonlyArray<readonly [Severity, Pattern, weak: boolean]> = [
  ['info', INFO, false],
  ['critical', CRITICAL, false],
  ['warning', WARNING, false],
  ['info', LOG, true],
];

const BARE: ReadonlyMap<string, Severity> = new Map<string, Severity>(
  Object.entries({
    critical: 'critical',
    urgent: 'critical',
    emergency: 'critical',
    warning: 'warning',
    info: 'info',
    information: 'info',
    informational: 'info',
  }),
);

/** How loud the event is: `critical`, `urgent`, `just log`, `for information`. Default: warning. */
export const severity: Phrase = {
  means: 'severity',
  read(tokens, at) {
    const bare = readBare(tokens, at);
    if (bare) return bare;
    for (const [level, words, weak] of LEVELS) {
      const match = words(tokens, at);
      if (match) return { end: match.end, meaning: { kind: 'severity', severity: level, weak }, value: level };
    }
    return undefined;
  },
};

const BEFORE_ALERT = pattern(ALERT);
const ARTICLES = new Set(['a', 'an', 'the', 'as', 'send', 'raise', 'trigger', 'give', 'create']);
const ALERT_NOUNS = new Set(['alert', 'alerts', 'alarm', 'event', 'message', 'notification', 'warning']);

/**
 * One word alone: before an alert's noun (`a critical alert`), as a label at the start (`Urgent: ...`), or as a label at the
 * end (`..., critical`, `(urgent)`, `> 1 min urgent`). Anywhere else it belongs to what is seen.
 */
function readBare(tokens: readonly Token[], at: number) {
  const level = BARE.get(tokens[at]?.lower ?? '');
  if (!level) return undefined;
  const reading = { end: at + 1, meaning: { kind: 'severity', severity: level, weak: false } as const, value: level };
  const before = tokens[at - 1]?.lower;
  const after = tokens[at + 1]?.lower;
  const atStart = at === 0 || (at === 1 && tokens[0]?.kind === 'sign');
  if (level !== 'warning' && BEFORE_ALERT(tokens, at + 1)) return reading;
  if (level !== 'warning' && ARTICLES.has(before ?? '') && ALERT_NOUNS.has(after ?? '')) return reading;
  if (atStart && after !== undefined && [':', '-', '–', '—', ',', '!', '.', ']', ')'].includes(after)) return reading;
  const opens =
    before !== undefined &&
    (readUnit(tokens, at - 1) !== undefined || [',', ';', ':', '(', '[', '-', '–', '—', '.', '!'].includes(before));
  const closes = after === undefined || ['.', '!', ')', ']', ',', ';', 'and', 'but'].includes(after);
  if (opens && closes) return reading;
  return undefined;
}
