import { isAuxiliary } from './finite-verb.ts';
import * as words from './lead-in-words.ts';
import { isDash, isWord, type Token } from './tokens.ts';
import { verbIn } from './verbs.ts';

/** What opens the sentence and is not looked at: `Alert me when`, `Let us know if`, `Make sure that`, `Watch for`. */
export interface Opening {
  /** Index after its last token, among the tokens given. */
  readonly end: number;
  /** `when`, `if`: a clause follows. Otherwise a thing may follow (`watch for a spill`). */
  readonly wantsClause: boolean;
  /** `make sure that`: what follows is the wanted state, and the alert is about its opposite. */
  readonly ensures: boolean;
  /** `should a robot fall`: the verb that follows has no ending. */
  readonly should: boolean;
  /** `keep the exit clear`: the verb that says how it is comes before the last word. */
  readonly keeps: boolean;
  /** Somebody is to be told; without that, "the exit must be clear" is a demand. */
  readonly tells: boolean;
  /** Position of `unless`, or of the `not` in `if you don't see`: turns the expectation round. */
  readonly denial: number | undefined;
  /** `log when`: the verb asks for a record and no more. */
  readonly logs: boolean;
  /** `watch [the entrance] for people`: where, in words that stay in the question. */
  readonly area: readonly [from: number, to: number] | undefined;
  /** `watch the exit [and tell me if it] is blocked`: a second lead-in in the middle. */
  readonly middle: readonly [from: number, to: number] | undefined;
  /** `Never alert me when`: what was understood and cannot be done. */
  readonly suppresses: boolean;
}

const NOTHING: Omit<Opening, 'end'> = {
  wantsClause: false,
  ensures: false,
  should: false,
  keeps: false,
  tells: false,
  denial: undefined,
  logs: false,
  area: undefined,
  middle: undefined,
  suppresses: false,
};

/** Reads the lead-in at the start of the free tokens; undefined when the sentence has none. */
export function readOpening(tokens: readonly Token[]): Opening | undefined {
  if (words.ASKS(tokens, 0)) return undefined;
  let at = skipGlue(tokens, 0);
  const ensures = words.ENSURES(tokens, at);
  if (ensures) return opened(tokens, ensures.end, { ensures: true, wantsClause: true });
  if (words.KEEPS(tokens, at) && words.isKept(tokens.findLast(isWord)))
    return { ...opened(tokens, at + 1, { ensures: true, wantsClause: true }), keeps: true };
  const forbids = words.FORBIDS(tokens, at);
  if (forbids) return forbidden(tokens, forbids.end);
  const blind = words.CANNOT_SEE(tokens, at);
  if (blind) return { ...opened(tokens, blind.end, { tells: true }), denial: blind.end - 2 };
  const label = words.LABEL(tokens, at);
  if (label) at = skipGlue(tokens, label.end);
  const never = words.NEVER(tokens, at);
  if (never) at = never.end;
  const found = readTelling(tokens, at) ?? readWatching(tokens, at) ?? readBare(tokens, at);
  if (found) return never ? { ...found, suppresses: true } : found;
  return at > 0 ? opened(tokens, at, {}) : undefined;
}

/** `Alert me when`, `Send security a message if`, `Log when`; the connector decides between the readings. */
function readTelling(tokens: readonly Token[], at: number): Opening | undefined {
  const logs = words.LOGS(tokens, at);
  for (const verb of [words.LOGS, ...words.ALERTS]) {
    const match = verb(tokens, at);
    if (!match) continue;
    const found = { tells: true, logs: logs !== undefined };
    const connected = connect(tokens, skipGlue(tokens, match.end));
    if (connected) return opened(tokens, connected.end, { ...found, ...connected });
    // `alert me [when it is after 6pm] and the shelf is empty`: no name is a clause.
    const rest = tokens.slice(words.TELL_ME(tokens, at)?.end ?? tokens.length);
    const clause = rest.some(({ lower }) => /^(is|are|has|have|was|were|there)$/.test(lower));
    if (tokens[match.end] === undefined && !clause) return opened(tokens, match.end, found);
  }
  if (logs) return opened(tokens, logs.end, { logs: true, tells: true });
  const me = words.TELL_ME(tokens, at);
  return me && opened(tokens, me.end, { tells: true });
}

/** `don't let pallets stand here` as `pallets stand here`, `never leave the door open` as `the door is open`. */
function forbidden(tokens: readonly Token[], end: number): Opening {
  const found = { ...opened(tokens, end, { wantsClause: true }), tells: true };
  if (/^(leave|keep)$/.test(tokens[end - 1]?.lower ?? ''))
    return { ...found, wantsClause: false, keeps: words.isKept(tokens.findLast(isWord)) };
  const to = tokens.findIndex(
    ({ lower }, index) => index > end && lower === 'to' && bareVerbAt(['', tokens[index + 1]?.lower ?? '']) === 1,
  );
  return { ...found, should: true, middle: to < 0 ? undefined : [to, to + 1] };
}

function readWatching(tokens: readonly Token[], at: number): Opening | undefined {
  const area = readArea(tokens, at);
  if (area) return area;
  const watches = words.WATCHES(tokens, at);
  if (!watches) return undefined;
  const last = tokens[watches.end - 1]?.lower ?? '';
  const wantsClause = ['whether', 'if', 'when', 'whenever', 'time', 'that'].includes(last);
  return opened(tokens, watches.end, { wantsClause, tells: true });
}

/** `Watch the entrance for people`, `Keep an eye on the exit and tell me if it is blocked`. */
function readArea(tokens: readonly Token[], at: number): Opening | undefined {
  const watch = words.WATCH_AREA(tokens, at);
  if (!watch || /^(out|for)$/.test(tokens[watch.end]?.lower ?? 'for')) return undefined;
  for (let to = watch.end + 1; to < Math.min(tokens.length, watch.end + 7); to++) {
    const area = [watch.end, to] as const;
    if (tokens[to]?.lower === 'for') return { ...opened(tokens, to + 1, { tells: true }), area };
    const told = words.AND_TELL(tokens, to);
    if (!told) continue;
    const it = /^(it|they|this|that)$/.test(tokens[told.end]?.lower ?? '');
    if (it) return { ...NOTHING, end: watch.end, wantsClause: true, tells: true, middle: [to, told.end + 1] };
    return { ...opened(tokens, told.end, { wantsClause: true, tells: true }), area };
  }
  return undefined;
}

function readBare(tokens: readonly Token[], at: number): Opening | undefined {
  // `When was the shelf full?` is a question of its own.
  if (/^(when|where)$/.test(tokens[at]?.lower ?? '') && isAuxiliary(tokens[at + 1]?.lower ?? '')) return undefined;
  const bare = connect(tokens, at);
  if (bare && (bare.wantsClause || tokens[at]?.lower === 'in'))
    return opened(tokens, bare.end, { ...bare, tells: true });
  return undefined;
}

function connect(
  tokens: readonly Token[],
  at: number,
): Pick<Opening, 'end' | 'wantsClause' | 'denial' | 'should'> | undefined {
  const plain = { denial: undefined, should: tokens[at]?.lower === 'should' };
  if (tokens[at]?.lower === 'unless') return { ...plain, end: at + 1, wantsClause: true, denial: at };
  const about = words.ABOUT(tokens, at);
  if (about) return { ...plain, end: about.end, wantsClause: false };
  // `after it has been empty for 10 minutes` waits; `after the truck has left` compares two moments.
  const lasting = tokens
    .slice(at)
    .some(({ lower }, index, rest) => /^ha(s|ve)$/.test(lower) && rest[index + 1]?.lower === 'been');
  if (tokens[at]?.lower === 'after' && lasting) return { ...plain, end: at + 1, wantsClause: true };
  const clause = words.CONNECT(tokens, at);
  return clause && { ...plain, end: clause.end, wantsClause: true };
}

/** Adds what may follow the connector and is not looked at either: `if [you see] a spill`, `when [it looks like]`. */
function opened(tokens: readonly Token[], from: number, found: Partial<Opening>): Opening {
  let end = from;
  while (tokens[end] && ['please', ',', ':'].includes(tokens[end]?.lower ?? '')) end++;
  end = words.SEEMS(tokens, end)?.end ?? end;
  const sees = words.SEES(tokens, end);
  const seesNot = sees ? undefined : words.SEES_NOT(tokens, end);
  const notAt = seesNot?.found.denial as number | undefined;
  if (!sees && notAt === undefined) return { ...NOTHING, ...found, end };
  return {
    ...NOTHING,
    ...found,
    end: sees?.end ?? seesNot?.end ?? end,
    wantsClause: false,
    denial: found.denial ?? notAt,
  };
}

function skipGlue(tokens: readonly Token[], from: number): number {
  let at = from;
  for (let match = words.POLITE(tokens, at); match; match = words.POLITE(tokens, at)) {
    // `Hi-vis vests` greets nobody.
    if (isDash(tokens[match.end]) && tokens[match.end]?.glued && tokens[match.end + 1]?.glued) break;
    at = match.end;
  }
  return at;
}

/** Where the lead-in at the end begins (`When a robot falls over, [alert me]`), if there is one. */
export function readClosing(tokens: readonly Token[], from: number): number | undefined {
  let last = tokens.length;
  while (last > from && !isWord(tokens[last - 1] as Token)) last--;
  const until = tokens.slice(0, last);
  for (let at = Math.max(from, last - 12); at < last; at++) {
    if (words.CLOSINGS.some((closing) => closing(until, at)?.end === last)) return at;
  }
  return undefined;
}

/** `should a robot fall over` as `a robot falls over`: gives the position of the verb among the words after `should`. */
export function bareVerbAt(lowers: readonly string[]): number | undefined {
  const at = lowers.findIndex((lower, index) => {
    // `should the exit be open`: an exit is a thing here.
    const isNoun = /^(the|a|an|any|our|this|that|some|no)$/.test(lowers[index - 1] ?? '');
    return index > 0 && (lower === 'be' || (verbIn(lower, 'base') !== undefined && !isNoun));
  });
  return at < 0 ? undefined : at;
}
