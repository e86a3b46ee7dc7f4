import { firstOf, pattern, type Reader } from './pattern.ts';
import { isWord, type Token } from './tokens.ts';

/** What opens the sentence and is not looked at: `Alert me when`, `Let us know if`, `Make sure that`, `Watch for`. */
export interface Opening {
  /** Index after its last token, among the tokens given. */
  readonly end: number;
  /** `when`, `if`: a clause follows. Otherwise a thing may follow (`watch for a spill`). */
  readonly wantsClause: boolean;
  /** `make sure that`: what follows is the wanted state, and the alert is about its opposite. */
  readonly ensures: boolean;
  /** Position of `unless`, or of the `not` in `if you don't see`: turns the expectation round. */
  readonly denial: number | undefined;
  /** `log when`: the verb asks for a record and no more. */
  readonly logs: boolean;
  /** Only `when` or `if`: the verb may follow at the end. */
  readonly bare: boolean;
}

const ALERT_NOUN =
  '(alert|alarm|event|message|notification|warning|email|mail|sms|text|ping|page|note|report|heads up|heads - up|reminder|ticket|incident|entry)';

// Names of people and teams are free words, so they are bounded by what follows them.
const readWho: Reader<string> = (tokens, at) => {
  let end = at;
  while (end < tokens.length && end - at < 6) {
    const word = tokens[end];
    if (!word || !isWord(word) || CONNECTORS.has(word.lower) || THING_CONNECTORS.has(word.lower)) break;
    end++;
  }
  return end > at ? { end, value: '' } : undefined;
};
const readFew: Reader<string> = (tokens, at) => {
  let end = at;
  while (
    end < tokens.length &&
    end - at < 3 &&
    tokens[end]?.kind === 'word' &&
    !CONNECTORS.has(tokens[end]?.lower ?? '')
  ) {
    if (ALERT_NOUNS.has(tokens[end]?.lower ?? '')) break;
    end++;
  }
  return end > at ? { end, value: '' } : undefined;
};
const readers = { who: readWho, few: readFew };

const CONNECTORS = new Set([
  'when',
  'if',
  'whenever',
  'once',
  'unless',
  'whether',
  'that',
  'should',
  'where',
  'as',
  'every',
  'each',
  'any',
  'anytime',
  'in',
  'provided',
  'until',
  'while',
  'the_moment',
]);
const THING_CONNECTORS = new Set(['about', 'of', 'to', 'for', 'on', 'regarding']);
const ALERT_NOUNS = new Set(ALERT_NOUN.slice(1, -1).split('|'));

const POLITE = firstOf([
  pattern(
    '(please|kindly|hey|hi|hello|ok|okay|so|also|and|watchword|system|dear|just|now|then|always|only|can you|could you|would you|will you|would you mind|can we|could we|you should|you must|you need to|go ahead and|be sure to|try to)',
  ),
  pattern(
    "(i|we) (want|need|wish|expect|would like|'d like) [you|the system|the box|watchword] to (get|receive|have|see|be) [an|a] [immediate]",
  ),
  pattern("(i'd|we'd) (like|love|want|prefer) [you|the system|the box] to [get|receive|have|see] [an|a]"),
  pattern('(i|we) (want|need|would like|wish|would love|would prefer) (you|the system|the box|watchword) to'),
  pattern('(i|we) (want|need|would like|wish for|get|should get|must get|expect) (a|an)'),
  pattern('(,|-|–|—|!|:|.|…|")'),
]);

const VERB =
  '(alert|notify|warn|tell|inform|message|text|email|mail|ping|call|page|remind|signal|buzz|alarm|phone|sms)';
const KNOW = '(know|be told|be notified|be alerted|be informed|be warned|be aware|get told|hear|find out|see)';

const ALERTS = [
  pattern('let <who> know', readers),
  pattern('let (me|us|them|everyone|security|staff) know'),
  pattern(
    `(i|we) (want|need|wish|have|would like|would love|like|must) [you] to ${KNOW} [immediately|at once|right away]`,
  ),
  pattern(`(i'd|we'd) (like|love|want|prefer) to ${KNOW} [immediately|at once|right away]`),
  pattern(
    '(i|we) (want|need|should|must|would like|have) [to] (be|get) (alerted|notified|warned|told|informed|called|paged)',
  ),
  pattern(
    `(send|raise|trigger|create|issue|give|fire|generate|sound|ring|push|post|publish|set off|open|make|produce) [out] [me|us|security|<few>] [a|an|the|any] [<few>] ${ALERT_NOUN} [to <who>]`,
    readers,
  ),
  pattern(`(send|give) (me|us|<few>) [a|an] [<few>] ${ALERT_NOUN}`, readers),
  pattern('give (me|us) (a shout|a call|a heads up)'),
  pattern('(get|receive) [a|an|the] [<few>] (alert|notification|message|warning|alarm)', readers),
  pattern('be (alerted|notified|warned|told|informed)'),
  pattern(`${VERB} <who>`, readers),
  pattern(VERB),
  pattern(`[a|an|the] ${ALERT_NOUN} [is] [needed|wanted|required|please]`),
];
const LOGS = firstOf([
  pattern('(log|record|note|register) [it|this|down] [an event|the event|an entry|a note]'),
  pattern('(keep|make|take) a (log|record|note)'),
]);
const LABEL = pattern('(alert|alarm|rule|warning|condition|notify|event|trigger|question|watch|note) (:|-|–|—)');
const WATCHES = firstOf([
  pattern('(watch|look) [out] for'),
  pattern('(be on|keep) (the|a) (lookout|watch) for'),
  pattern('keep (an eye|a close eye|watch|a watch|a lookout) [out] (for|on)'),
  pattern(
    '(detect|spot|find|report|flag|identify|notice|recognise|recognize|catch|monitor|search|scan|check) [for|whether|if|when|on|any time|it if|it when|out for|to see if|to see whether]',
  ),
  pattern('(see|find out|determine|establish|decide|work out|figure out) (if|whether|when)'),
  pattern('show (me|us) (when|if|whenever)'),
]);
const ENSURES = firstOf([
  pattern('(make|be) [absolutely|always] (sure|certain) [that]'),
  pattern('(ensure|guarantee|verify|confirm|assure|see to it|take care) [that]'),
  pattern('(check|monitor|watch|keep checking) that'),
  pattern('it is (important|essential|critical|required|necessary|vital|mandatory) that'),
]);
const CONNECT = firstOf([
  pattern(
    '(whenever|if ever|when|if|once|in case|whether|that|where|should|every time that|every time|each time that|each time|any time that|any time|anytime|as soon as|the moment that|the moment|the minute|the instant|the second|in the event that|provided that|provided|only when|only if|on the condition that)',
  ),
]);
const ABOUT = pattern('(in the event of|in case of|about|regarding|concerning|of|to|for|on) [any time|every time]');
const SEES = pattern(
  '[that] (you|we|i|it|the camera|a camera|any camera|the cameras|cameras|the picture|the image|the box|watchword|the system) [can|could|ever|happen to|is able to|are able to] (see|sees|spot|spots|notice|notices|detect|detects|find|finds|observe|observes|recognise|recognises|recognize|recognizes|show|shows) [that]',
);
const SEES_NOT = pattern(
  '(you|we|i|it|the camera|the cameras|the box|the system) [<denial>] (see|spot|notice|detect|find|show) [that|any]',
  { denial: readDenial },
);
const SEEMS = pattern(
  'it (looks like|looks as if|looks as though|seems that|seems like|appears that|seems|is the case that|is true that|happens that|turns out that)',
);

function readDenial(tokens: readonly Token[], at: number): { end: number; value: number } | undefined {
  const word = tokens[at]?.lower ?? '';
  if (["don't", "doesn't", 'cannot', "can't", 'never'].includes(word)) return { end: at + 1, value: at };
  if (['do', 'does', 'can'].includes(word) && tokens[at + 1]?.lower === 'not') return { end: at + 2, value: at + 1 };
  return undefined;
}

/** Reads the lead-in at the start of the free tokens; undefined when the sentence has none. */
export function readOpening(tokens: readonly Token[]): Opening | undefined {
  let at = skip(POLITE, tokens, 0);
  const ensures = ENSURES(tokens, at);
  if (ensures) return opening(tokens, ensures.end, { ensures: true, wantsClause: true });
  const label = LABEL(tokens, at);
  if (label) at = skip(POLITE, tokens, label.end);
  const logs = LOGS(tokens, at);
  for (const verb of [LOGS, ...ALERTS]) {
    const match = verb(tokens, at);
    if (!match) continue;
    const connected = connect(tokens, skip(POLITE, tokens, match.end));
    if (connected) return opening(tokens, connected.end, { ...connected, logs: logs !== undefined });
    if (tokens[match.end] === undefined) return opening(tokens, match.end, { logs: logs !== undefined });
  }
  if (logs) return opening(tokens, logs.end, { logs: true });
  const watches = WATCHES(tokens, at);
  if (watches) {
    const last = tokens[watches.end - 1]?.lower ?? '';
    return opening(tokens, watches.end, { wantsClause: ['whether', 'if', 'when', 'whenever', 'time'].includes(last) });
  }
  const bare = connect(tokens, at);
  if (bare?.wantsClause) return opening(tokens, bare.end, { ...bare, bare: true });
  return at > 0 ? opening(tokens, at, {}) : undefined;
}

function connect(
  tokens: readonly Token[],
  at: number,
): { end: number; wantsClause: boolean; denial: number | undefined } | undefined {
  if (tokens[at]?.lower === 'unless') return { end: at + 1, wantsClause: true, denial: at };
  const clause = CONNECT(tokens, at);
  if (clause) return { end: clause.end, wantsClause: true, denial: undefined };
  const about = ABOUT(tokens, at);
  return about && { end: about.end, wantsClause: false, denial: undefined };
}

/** Adds what may follow the connector and is not looked at either: `if [you see] a spill`, `when [it looks like]`. */
function opening(tokens: readonly Token[], from: number, found: Partial<Opening>): Opening {
  let end = from;
  while (tokens[end] && ['please', ',', ':', '"', '“'].includes(tokens[end]?.lower ?? '')) end++;
  const seems = SEEMS(tokens, end);
  if (seems) end = seems.end;
  const sees = SEES(tokens, end);
  const seesNot = sees ? undefined : SEES_NOT(tokens, end);
  const notAt = seesNot?.found.denial as number | undefined;
  if (sees) end = sees.end;
  else if (notAt !== undefined && seesNot) end = seesNot.end;
  const things = sees !== undefined || notAt !== undefined;
  return {
    end,
    wantsClause: things ? false : (found.wantsClause ?? false),
    ensures: found.ensures ?? false,
    denial: found.denial ?? notAt,
    logs: found.logs ?? false,
    bare: found.bare ?? false,
  };
}

function skip(
  glue: (tokens: readonly Token[], at: number) => { end: number } | undefined,
  tokens: readonly Token[],
  from: number,
): number {
  let at = from;
  for (let match = glue(tokens, at); match; match = glue(tokens, at)) at = match.end;
  return at;
}

const CLOSING = firstOf([
  pattern(
    `[,|;|–|—|-] [and] [then] [please] ${VERB} (me|us|them|him|her|security|staff|everyone|someone|the <few>|<few>) [immediately|right away|at once|please|about it|of it]`,
    readers,
  ),
  pattern(
    '[,|;|–|—|-] [and] [then] [please] let (me|us|them|<few>) know [immediately|right away|at once|please|about it]',
    readers,
  ),
  pattern(
    `[,|;|–|—|-] [and] [then] [please] (send|raise|trigger|create|issue|give|fire|generate|sound) [me|us] [a|an|the|any] [<few>] ${ALERT_NOUN} [to <few>]`,
    readers,
  ),
  pattern(`[,|;|–|—|-] [then] (i|we) (want|need|would like) to ${KNOW} [about it]`),
  pattern('[,|;|–|—|-] [and] [then] [please] (alert|notify|warn|log it|record it)'),
]);

/** Where the lead-in at the end begins (`When a robot falls over, [alert me]`), if there is one. */
export function readClosing(tokens: readonly Token[], from: number): number | undefined {
  let last = tokens.length;
  while (last > from && !isWord(tokens[last - 1] as Token)) last--;
  for (let at = Math.max(from, last - 12); at < last; at++) {
    const match = CLOSING(tokens.slice(0, last), at);
    if (match?.end === last) return at;
  }
  return undefined;
}
