import { firstOf, type Pattern, pattern, type Reader } from './pattern.ts';
import type { Token } from './tokens.ts';

/** The wordings of lead-ins. What they mean is in lead-in.ts. */

export const CONNECT: Pattern = firstOf([
  pattern(
    '(whenever|if ever|only when|only if|when|if|once|in case|whether|that|where|should|every time that|every time|each time that|each time|any time that|any time|anytime|as soon as|the moment that|the moment|as long as|so long as|while|the minute|the instant|the second|in the event that|in the event|provided that|provided|on the condition that)',
  ),
]);
export const ABOUT: Pattern = pattern(
  '(in the event of|in case of|about|regarding|concerning|of|to|for|on) [any time|every time]',
);
const ENDS_NAME = pattern('(after|before|unless|while|until|because|so)');

const ALERT_NOUN =
  '(alert|alarm|event|message|notification|warning|email|mail|sms|text|ping|push|push notification|whatsapp|telegram|slack message|page|note|report|heads up|heads - up|reminder|ticket|incident|entry)';
const ALERT_NOUNS = new Set(ALERT_NOUN.slice(1, -1).split('|'));

// Names of people and teams are free words, so they end where a connector begins.
const readWho: Reader<string> = (tokens, at) => readName(tokens, at, 6);
const readFew: Reader<string> = (tokens, at) => readName(tokens, at, 3);
const readers = { who: readWho, few: readFew };

function readName(tokens: readonly Token[], at: number, most: number): { end: number; value: string } | undefined {
  let end = at;
  // `me` is whole: what follows is no more of a name.
  if (/^(me|us)$/.test(tokens[at]?.lower ?? '') && !/^(and|or|,|both|all)$/.test(tokens[at + 1]?.lower ?? ''))
    return { end: at + 1, value: '' };
  while (end < at + most) {
    const word = tokens[end];
    // `the manager on duty`
    if (
      /^(on|in|at)$/.test(word?.lower ?? '') &&
      /^(duty|call|shift|charge|site)$/.test(tokens[end + 1]?.lower ?? '')
    ) {
      end += 2;
      continue;
    }
    // `ops@store.example`, `@anna`
    if (
      word?.kind === 'sign' &&
      /^[@._+-]$/.test(word.lower) &&
      (word.glued || word.lower === '@') &&
      tokens[end + 1]?.glued
    ) {
      end += 2;
      continue;
    }
    if (word?.kind !== 'word' || CONNECT(tokens, end) || ABOUT(tokens, end) || ENDS_NAME(tokens, end)) break;
    if (most <= 3 && ALERT_NOUNS.has(word.lower)) break;
    end++;
  }
  return end > at ? { end, value: '' } : undefined;
}

export const POLITE = firstOf([
  pattern(
    '(please|kindly|hey|hi|hello|ok|okay|so|also|and|watchword|system|dear|just|now|then|always|only|would you mind|do you mind|can you|could you|would you|will you|can u|could u|can we|could we|you should|you must|you need to|go ahead and|be sure to|try to)',
  ),
  pattern(
    "(i|we) (want|need|wish|expect|would like|'d like) [you|the system|the box|watchword] to (get|receive|have|see) [an|a] [immediate]",
  ),
  pattern("(i'd|we'd) (like|love|want|prefer) [you|the system|the box] to (get|receive|have|see) [an|a]"),
  pattern("(i'd|we'd) (like|love|want|prefer|need|appreciate) (a|an)"),
  pattern(
    "(it would be|it'd be|would be) (great|nice|good|helpful|useful|best) (to|if you could|if i could|if we could)",
  ),
  pattern('(can|could|may|would) (i|we|someone|somebody) (get|have|receive) (a|an)'),
  pattern('(i|we) (want|need|would like|wish|would love|would prefer) (you|the system|the box|watchword) to'),
  pattern("(i'd|we'd) (like|love|want|prefer) (you|the system|the box|watchword) to"),
  pattern('(i|we) (want|need|would like|wish for|get|should get|must get|expect) (a|an)'),
  pattern('[rule|nr|no] <number> (.|:)', { number: readListNumber }),
  pattern('(,|-|–|—|!|:|.|…)'),
]);

const VERB =
  '(alert|notify|warn|tell|inform|message|text|email|mail|ping|call|page|remind|signal|buzz|alarm|phone|sms|ring|contact|radio|nudge)';
const KNOW =
  '(know|be told|be notified|be alerted|be informed|be warned|be aware|be made aware|get told|get notified|get alerted|hear|find out|see)';
const AT_ONCE = '[immediately|at once|right away|please]';

export const ALERTS: readonly Pattern[] = [
  pattern('let <who> know', { who: knowing }),
  pattern('(make|keep) <aware> (aware|informed|posted|updated)', { aware }),
  pattern(`(i|we) (want|need|wish|have|would like|would love|like|must) [you] to ${KNOW} ${AT_ONCE}`),
  pattern(`(i'd|we'd) (like|love|want|prefer) to ${KNOW} ${AT_ONCE}`),
  pattern(
    '(i|we) (want|need|should|must|would like|have) [to] (be|get) (alerted|notified|warned|told|informed|called|paged)',
  ),
  pattern(
    `(send|raise|trigger|create|issue|give|fire|generate|sound|ring|push|post|publish|set off|open|make|produce) [out] [me|us|security|<few>] [a|an|the|any] [<few:what>] ${ALERT_NOUN} [to <who>]`,
    readers,
  ),
  pattern(`(send|give) (me|us|<few>) [a|an] [<few:what>] ${ALERT_NOUN}`, readers),
  pattern(`give (me|us) [a|an] [<few:what>] (notice|signal|hint|sign|info)`, readers),
  pattern('(get|fetch|wake|grab) (me|us|security|staff|the manager)'),
  pattern('give (me|us) (a shout|a call|a heads up|a ring|a buzz|a bell|a nudge|a ping)'),
  pattern('drop (me|us) (a line|a message|a note|a text|an email|a mail)'),
  pattern('(shout|holler|lmk|wake me up|wake me|wake us up|buzz me|beep)'),
  pattern('(telling|letting|notifying|alerting|warning|informing|messaging|texting) (me|us) [know]'),
  pattern(`(get|receive) [a|an|the] [<few>] ${ALERT_NOUN}`, readers),
  pattern(`(would like|want|need|like) to ${KNOW}`),
  pattern(`(my|our|the) <wanting> to ${KNOW}`, { wanting }),
  pattern('be (alerted|notified|warned|told|informed)'),
  pattern(`${VERB} <who>`, readers),
  pattern(VERB),
  pattern(`[a|an|the] ${ALERT_NOUN} [is] [needed|wanted|required|please]`),
];
export const TELL_ME = firstOf([
  pattern('lmk'),
  pattern(`${VERB} (me|us|security|staff|everyone) ${AT_ONCE}`),
  pattern('let (me|us) know'),
]);
export const LOGS = firstOf([
  pattern('(log|record|note|register) [it|this|down] [an event|the event|an entry|a note]'),
  pattern('(keep|make|take) a (log|record|note)'),
]);
export const LABEL = pattern('(alert|alarm|rule|warning|condition|notify|event|trigger|question|watch|note) (:|-|–|—)');
export const NEVER = firstOf([pattern("(never|do not|don't|no need to|you need not|stop|please do not|please don't)")]);
export const WATCHES = firstOf([
  pattern('(watch|look) [out] for'),
  pattern('(be on|keep) (the|a) (lookout|watch) for'),
  pattern('keep (an eye|a close eye|watch|a watch|a lookout|tabs) [out] (for|on)'),
  pattern(
    '(detect|spot|find|report|flag|identify|notice|recognise|recognize|catch|monitor|search|scan|check) [for|whether|if|when|on|any time|it if|it when|out for|to see if|to see whether]',
  ),
  pattern('(see|find out|determine|establish|decide|work out|figure out) (if|whether|when)'),
  pattern('show (me|us) (when|if|whenever)'),
  pattern('(watch|look) (whether|if|when)'),
  pattern('(it|this) (should|must|may|can) (never|not) (happen|occur|be) (that|if|when)'),
]);
export const WATCH_AREA = firstOf([
  pattern('(watch|monitor|check|scan|observe|search|supervise|survey|inspect|look at)'),
  pattern('keep (an eye|a close eye|watch|a watch|tabs) on'),
]);
export const AND_TELL = firstOf([
  pattern(`[,] and [please] ${VERB} [me|us|security|staff|<few>] (if|when|whenever|as soon as|once|in case)`, readers),
  pattern('[,] and [please] let (me|us|<few>) know (if|when|whenever|as soon as|once)', { few: knowing }),
  pattern(`[,] and [please] (send|raise|trigger|give) [me|us] [a|an] ${ALERT_NOUN} (if|when|whenever|as soon as|once)`),
]);
/** `Can you see a spill?` is a question already, `Can you tell me when` is not. */
export const ASKS = pattern('(can|could|do|does) (you|we|it|the camera) (see|spot|notice|detect|recognise|recognize)');
export const ENSURES = firstOf([
  pattern('(make|be|making) [absolutely|always] (sure|certain) [that]'),
  pattern('(ensure|guarantee|verify|confirm|assure|see to it|take care) [that]'),
  pattern('(check|monitor|watch|keep checking) that'),
  pattern('it is (important|essential|critical|required|necessary|vital|mandatory) that'),
]);
export const SEES = pattern(
  '[that] (you|we|i|it|the camera|a camera|any camera|the cameras|cameras|the picture|the image|the box|watchword|the system) [can|could|ever|happen to|is able to|are able to] (see|sees|spot|spots|notice|notices|detect|detects|find|finds|observe|observes|recognise|recognises|recognize|recognizes|show|shows) [that]',
);
export const SEES_NOT = pattern(
  '(you|we|i|it|the camera|the cameras|the box|the system) [<denial>] (see|spot|notice|detect|find|show) [that]',
  { denial: readDenial },
);
/** `can't see the fire extinguisher` */
export const CANNOT_SEE = pattern("[i|we|you] (can't|cannot|cant|can not) see");
/** `Keep the exit clear`: what is kept, and how, follow. */
export const KEEPS = pattern('(keep|leave) (the|this|that|our|all|every|each|these|those)');
/** `Don't let pallets stand in the lane`, `Never leave the door open`: what must not be follows. */
export const FORBIDS = pattern(
  "(never|do not|don't|do never|not|we must not|you must not) (let|allow|permit|leave|keep)",
);
const KEPT = new Set(
  'clear closed shut open empty free locked unlocked tidy clean unobstructed dry lit off on unattended alone running blocked'.split(
    ' ',
  ),
);

/** Whether the last word says how something is to be kept. */
export function isKept(last: Token | undefined): boolean {
  return last !== undefined && KEPT.has(last.lower);
}

export const SEEMS = pattern(
  'it (looks like|looks as if|looks as though|seems that|seems like|appears that|seems|is the case that|is true that|happens that|turns out that)',
);

function readDenial(tokens: readonly Token[], at: number): { end: number; value: number } | undefined {
  const word = tokens[at]?.lower ?? '';
  if (["don't", "doesn't", 'cannot', "can't", 'never'].includes(word)) return { end: at + 1, value: at };
  if (['do', 'does', 'can'].includes(word) && tokens[at + 1]?.lower === 'not') return { end: at + 2, value: at + 1 };
  return undefined;
}

/** Who is made aware: the words up to it. */
function aware(tokens: readonly Token[], at: number): { end: number; value: string } | undefined {
  for (let end = at + 1; end <= at + 5; end++)
    if (/^(aware|informed|posted|updated)$/.test(tokens[end]?.lower ?? '')) return { end, value: '' };
  return undefined;
}

/** Who wants to know: the words up to `wants`, and it. */
function wanting(tokens: readonly Token[], at: number): { end: number; value: string } | undefined {
  for (let end = at + 1; end <= at + 4; end++) {
    if (/^(wants|want|needs|need|likes)$/.test(tokens[end]?.lower ?? '')) return { end: end + 1, value: '' };
  }
  return undefined;
}

/** `1. Alert me when ...` */
function readListNumber(tokens: readonly Token[], at: number): { end: number; value: string } | undefined {
  return at <= 1 && /^\d{1,3}$/.test(tokens[at]?.lower ?? '') ? { end: at + 1, value: '' } : undefined;
}

/** Who is let know: the words up to `know`. */
function knowing(tokens: readonly Token[], at: number): { end: number; value: string } | undefined {
  for (let end = at + 1; end <= at + 6; end++) if (tokens[end]?.lower === 'know') return { end, value: '' };
  return undefined;
}

const PAUSE =
  '(,|;|–|—|-|, in which case|in which case|in that case|, if so|if so|, and|, then|, please|then|and then|and|please)';
const LATER = '[immediately|right away|at once|please|about it|of it]';
export const CLOSINGS: readonly Pattern[] = [
  pattern(
    `${PAUSE} [then] [please] ${VERB} (me|us|them|him|her|security|staff|everyone|someone|<few>) ${LATER}`,
    readers,
  ),
  pattern(`${VERB} (me|us|security|the <few>) ${LATER}`, readers),
  pattern(`[${PAUSE}] [please] let <few> know ${LATER}`, { few: knowing }),
  pattern(
    `[${PAUSE}] [then] [please] (send|raise|trigger|create|issue|give|fire|generate|sound) [me|us] [a|an|the|any] [<few:what>] ${ALERT_NOUN} [to <few>]`,
    readers,
  ),
  pattern(`[${PAUSE}] (i|we) (want|need|would like) to ${KNOW} [about it]`),
  pattern(`${PAUSE} [please] (alert|notify|warn|log it|record it) ${LATER}`),
];
