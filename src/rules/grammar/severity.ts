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
    '[,] (mark|treat|flag|classify|log|raise) [it|this|that|them] as [a|an] (critical|urgent|emergency|critical event|emergency)',
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
  pattern(
    '(,|but|, but|-|–) (no alert|no alarm|no alerts|without alert|without an alert|without alerting anyone|no need to alert anyone)',
  ),
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
/** What another phrase begins with: `..., urgent at the back door`. */
const NEXT_PHRASE = new Set(
  'at in on between during from after before outside for when while every daily weekdays weekends mon monday tue tuesday wed wednesday thu thursday fri friday sat saturday sun sunday check checking checked ask look all max alert'.split(
    ' ',
  ),
);
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
  const closes =
    after === undefined || NEXT_PHRASE.has(after) || ['.', '!', ')', ']', ',', ';', 'and', 'but'].includes(after);
  if (opens && closes) return reading;
  return undefined;
}

const BELONGS_BEFORE =
  /^(is|are|be|was|very|more|most|not|a|an|the|as|looks|seems|becomes|gets|and|or|marked|labelled|of|in|for|no)$/;

/**
 * `... at the entrance urgent`: the last word of what is left, whatever phrases stand around it; undefined where it belongs to
 * what is seen (`the patient is critical`). `free` are the indexes of the tokens that no phrase holds, in order.
 */
export function trailingSeverity(tokens: readonly Token[], free: readonly number[]): number | undefined {
  const last = free.at(-1) ?? -1;
  const before = tokens[free.at(-2) ?? -1];
  const isLoud = BARE.get(tokens[last]?.lower ?? '') === 'critical';
  return isLoud && before && !BELONGS_BEFORE.test(before.lower) ? last : undefined;
}
