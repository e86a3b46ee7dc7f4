import type { Understanding } from './compile.ts';
import { readAmount } from './grammar/amounts.ts';
import { readDays } from './grammar/days.ts';
import { isAuxiliary } from './grammar/finite-verb.ts';
import { DETERMINERS, isPlural, isPluralNoun } from './grammar/noun-phrase.ts';
import { readNumber } from './grammar/numbers.ts';
import { firstOf, type Pattern, pattern } from './grammar/pattern.ts';
import { unknownSite } from './grammar/place.ts';
import type { Token } from './grammar/tokens.ts';
import { PREPOSITIONS, verbIn } from './grammar/verbs.ts';
import { made } from './grammar/words.ts';
import type { SentenceIssue } from './rule.ts';
import { minuteOf } from './schedule.ts';
import type { SentenceReading } from './sentence.ts';
import type { KnownWorld } from './world.ts';

interface WordRule {
  readonly code: string;
  readonly words: Pattern;
  readonly message: string;
}

const NOT_VISIBLE = 'A camera cannot see this';

/** Words of a question that ask for more than one picture can show. */
const WORD_RULES: readonly WordRule[] = [
  {
    code: 'sound',
    words: pattern(
      '(hear|hears|heard|sound|sounds|noise|noises|noisy|loud|loudly|quiet|scream|screams|screaming|shout|shouts|shouting|yell|yells|yelling|bang|bangs|music|beep|beeps|beeping|ringing|rings|siren|sirens|talking|speaking|speaks|barking|barks|crying|whistle|whistling|audible|gunshot|gunshots)',
    ),
    message: `${NOT_VISIBLE}: it is a sound; say what it looks like`,
  },
  {
    code: 'smell',
    words: pattern(
      '(smell|smells|smelling|smelly|stink|stinks|odor|odors|odour|odours|stench|scent|gas leak|leaking gas|carbon monoxide|smells of)',
    ),
    message: `${NOT_VISIBLE}: it is a smell; say what it looks like, such as smoke or a puddle`,
  },
  {
    code: 'temperature',
    words: firstOf([
      pattern(
        '(temperature|temperatures|degrees|celsius|fahrenheit|overheats|overheat|overheated|overheating|warm|warmer|humid|humidity|freezing cold)',
      ),
      pattern('(too|very|getting|gets|is|are|feels|becomes|how) (hot|cold|warm|chilly|hotter|colder)'),
    ]),
    message: `${NOT_VISIBLE}: it is a temperature; use a thermometer, or say what it looks like`,
  },
  {
    code: 'identity',
    words: pattern(
      '(employee|employees|employee named|manager|owner|stranger|strangers|intruder|intruders|unauthorised|unauthorized|authorised|authorized|authorised person|unknown person|the same person|same customer|same man|same woman|regular customer|known shoplifter|shoplifter|shoplifters|thief|thieves|burglar|burglars|criminal|criminals|supervisor|colleague|visitor|visitors|contractor|contractors|minor|minors|teenager|teenagers|underage|years old|nationality|who does not work here|who works here|someone i know|family member)',
    ),
    message: `${NOT_VISIBLE}: who somebody is; say what they wear or do`,
  },
  {
    code: 'intent',
    words: pattern(
      '(steal|steals|stealing|stole|shoplift|shoplifts|shoplifting|theft|thefts|rob|robs|robbing|robbery|burglary|intends|intend|intending|intent|intention|plans to|planning to|wants|want to|wants to|trying to|tries to|tries|attempts to|attempting to|about to|going to|threatening|threatens|pretends|pretending|angry|happy|unhappy|sad|upset|bored|confused|satisfied|dissatisfied|friendly|rude|lying to|cheating|cheats|aggressive|drunk)',
    ),
    message: `${NOT_VISIBLE}: what somebody intends or feels; say what they do, such as "puts a product into a bag"`,
  },
  {
    code: 'vague',
    words: firstOf([
      pattern(
        '(suspicious|suspiciously|unusual|unusually|strange|strangely|weird|odd|abnormal|abnormally|anomaly|anomalies|anomalous|irregular|irregularity|unexpected|wrong|something wrong|something bad|something is off|funny|normal|normally|properly|correctly|appropriately|appropriate|inappropriate|acceptable|reasonable|nice|good|bad|badly|interesting|important|relevant|significant|too many|too much|too few|too little|too long|too short|too close|too near|too far|too fast|too high|too big|too full|enough|a lot|lots|plenty|many|several|few|a few|somewhat|rather|quite|almost|nearly|probably|maybe|perhaps|possibly|soon|often|sometimes|usually|occasionally|frequently|problem|problems|issue|issues|trouble|incident|incidents|anything|whatever|etc|safely|unsafe|unsafely|emergency situation|out of place|as usual)',
      ),
    ]),
    message: 'This word means something else to everybody, and to the model; say what exactly should be seen',
  },
  {
    code: 'superlative',
    words: firstOf([
      superlative,
      pattern(
        '(most|least|best|worst|biggest|largest|smallest|longest|shortest|highest|lowest|fastest|slowest|busiest|fullest|emptiest|oldest|newest|cheapest|heaviest|nearest|closest|more and more|less and less)',
      ),
    ]),
    message: 'A comparison needs something to compare with, which one picture does not show; say what should be seen',
  },
  {
    code: 'motion',
    words: pattern(
      '(moving|moves|move|motionless|speeding|speeds|speed|fast|faster|slowly|slow|accelerates|accelerating|spinning|rotating|flashing|blinking|vibrating|flickering|flickers|approaching|approaches|suddenly|increases|increasing|decreases|decreasing|getting longer|gets longer|getting worse|growing|grows|changes|changed|disappears|disappeared|vanishes|vanished)',
    ),
    message: 'One picture shows no movement and no change; say what it looks like at one moment',
  },
  {
    code: 'measure',
    words: pattern(
      '(% full|percent|%|meters|metres|meter|metre|cm|centimeters|centimetres|inches|inch|feet|kg|kilograms|kilos|pounds|tons|tonnes|litres|liters|km / h|mph|heavier|weighs|weight|euros|dollars|price|expired|expiry|best before)',
    ),
    message: 'A model cannot measure this in a picture; say what it looks like, such as "half empty"',
  },
];

const NO_SUPERLATIVES = new Set(
  'vest chest forest rest test guest west nest pest request protest interest honest harvest arrest contest digest invest suggest modest quest crest zest jest lest'.split(
    ' ',
  ),
);

/** `tallest`, `emptiest`; not `vest`. */
function superlative(tokens: readonly Token[], at: number): { end: number; found: Record<string, never> } | undefined {
  const word = tokens[at]?.lower ?? '';
  return /[a-z]{3}est$/.test(word) && !NO_SUPERLATIVES.has(word) ? { end: at + 1, found: {} } : undefined;
}

const OPEN_QUESTION = pattern('(how many|how much|how long|how often|how|what|which|who|whose|where|why|when) ');
const COMMAND = pattern('(count|describe|list|tell|show|explain|measure|read|track|identify)');
const LATER = pattern('(after|since|before|until|till|then|afterwards|previously|earlier|later|first)');
const TIME_UNIT = pattern('(second|seconds|minute|minutes|hour|hours|hrs|mins|secs|oclock|am|pm|day|days|week|weeks)');

/** What is doubtful or impossible in the question, for the person who wrote it. Refusals are errors. */
export function lint(
  reading: SentenceReading,
  understood: Pick<Understanding, 'zone' | 'cameras' | 'schedule' | 'forMs' | 'expects'>,
  world: KnownWorld,
): { errors: SentenceIssue[]; warnings: SentenceIssue[] } {
  const tokens = reading.words.flatMap((word) => {
    const token = reading.tokens[word.token];
    return token ? [token] : [];
  });
  const unique = [...new Set(tokens)];
  const errors = [
    ...openQuestions(unique),
    ...leftOverTimes(unique),
    ...otherMoments(unique),
    ...secondConditions(unique),
  ];
  const warnings = [
    ...wordIssues(unique),
    ...names(reading, unique),
    ...counts(unique),
    ...negations(reading),
    ...emptyScene(reading, understood),
    ...twoQuestions(reading),
    ...sites(unique),
    ...small(unique, understood, world),
    ...neverLongEnough(reading, understood),
  ];
  return { errors, warnings };
}

function issue(code: string, message: string, tokens: readonly Token[], from: number, to: number): SentenceIssue {
  return { code, message, start: tokens[from]?.start ?? 0, end: tokens[to - 1]?.end ?? 0 };
}

function wordIssues(tokens: readonly Token[]): SentenceIssue[] {
  const found: SentenceIssue[] = [];
  for (let at = 0; at < tokens.length; at++) {
    for (const { code, words, message } of WORD_RULES) {
      const match = words(tokens, at);
      if (
        !match ||
        found.some((one) => one.code === code) ||
        (code === 'superlative' && tokens[at - 1]?.lower === 'at')
      )
        continue;
      found.push(issue(code, message, tokens, at, match.end));
    }
  }
  return found;
}

function names(reading: SentenceReading, tokens: readonly Token[]): SentenceIssue[] {
  const subject = reading.clause?.subject ?? [];
  const isName = (text: string): boolean => /^\p{Lu}\p{Ll}+$/u.test(text);
  if (subject.length === 0 || subject.length > 2 || !subject.every((word) => isName(word.text))) return [];
  const at = tokens.findIndex((token) => token === reading.tokens[subject[0]?.token ?? -1]);
  if (at < 0) return [];
  return [
    issue('identity', `${NOT_VISIBLE}: who somebody is; say what they wear or do`, tokens, at, at + subject.length),
  ];
}

function counts(tokens: readonly Token[]): SentenceIssue[] {
  for (const [at, token] of tokens.entries()) {
    const number = readNumber(tokens, at);
    const noun = number && tokens[number.end];
    if (!number || !noun || noun.kind !== 'word' || !isPluralNoun(made(noun.text))) continue;
    if (
      /^(degrees|percent|met(er|re)s|feet|inches|centimet(er|re)s|kilos|kilograms|pounds|tons|tonnes|lit(er|re)s|years|euros|dollars)$/.test(
        noun.lower,
      )
    )
      continue;
    const above = /^(than|over|above|exceeding)$/.test(tokens[at - 1]?.lower ?? '') ? 1 : 0;
    if (number.value.amount + above <= 5) continue;
    const message =
      'Models count reliably up to about five; ask for a smaller number, a smaller zone, or whether it is crowded';
    return [issue('count', message, tokens, at, number.end + 1)].filter(() => token !== undefined);
  }
  return [];
}

function negations(reading: SentenceReading): SentenceIssue[] {
  const kept = reading.clause?.kept ?? [];
  const indexes = kept.filter((index) => index >= 0);
  if (indexes.length === 0) return [];
  const from = Math.min(...indexes);
  const message =
    'Small models answer negated questions badly, and turning this one round would also fire when nobody is there; say it as a thing, such as "a person without a vest"';
  return [issue('negated-question', message, reading.tokens, from, Math.max(...indexes) + 1)];
}

/** "Everyone must wear a helmet": the answer is no as well when nobody is there. */
function emptyScene(reading: SentenceReading, { expects }: Pick<Understanding, 'expects'>): SentenceIssue[] {
  const subject = reading.clause?.subject ?? [];
  const first = subject[0];
  if (expects === 'yes' || !first || reading.clause?.existence || reading.split) return [];
  const all = /^(every|everyone|everybody|all|each|both)$/.test(first.lower);
  const some = reading.demanded && isPlural(subject) && !DETERMINERS.has(first.lower);
  if (!all && !some) return [];
  const message =
    'The answer may be no as well when nobody is there; say what should not be, such as "a worker without a helmet"';
  const indexes = subject.map((word) => word.token).filter((index) => index >= 0);
  return [issue('empty-scene', message, reading.tokens, Math.min(...indexes), Math.max(...indexes) + 1)];
}

function twoQuestions(reading: SentenceReading): SentenceIssue[] {
  const { split } = reading;
  if (!split) return [];
  const message = `These are two questions, and models answer two at once badly; write two rules: "${split.parts[0]}" and "${split.parts[1]}"`;
  return [{ code: 'two-questions', message, start: split.start, end: split.end }];
}

function sites(tokens: readonly Token[]): SentenceIssue[] {
  for (const [at, token] of tokens.entries()) {
    if (!/^(in|on|at|near|inside|by)$/.test(token.lower)) continue;
    const from = tokens[at + 1]?.lower === 'the' ? at + 2 : at + 1;
    const end = unknownSite(tokens, from);
    if (end === undefined) continue;
    const name = tokens
      .slice(from, end)
      .map(({ lower }) => lower)
      .join(' ');
    const message = `No camera, group or zone is called "${name}", so it is left to the model to see it in the picture; name a camera or zone if you mean one`;
    return [issue('unknown-site', message, tokens, at, end)];
  }
  return [];
}

/** Metres: how high the thing is in the picture. */
const SMALL_THINGS: Readonly<Record<string, number>> = {
  key: 0.06,
  keys: 0.06,
  badge: 0.08,
  badges: 0.08,
  label: 0.06,
  labels: 0.06,
  tag: 0.05,
  tags: 0.05,
  cigarette: 0.08,
  cigarettes: 0.08,
  screw: 0.03,
  screws: 0.03,
  coin: 0.02,
  coins: 0.02,
  pen: 0.1,
  ring: 0.02,
  padlock: 0.06,
  needle: 0.04,
  nail: 0.05,
  nails: 0.05,
  card: 0.06,
  glasses: 0.05,
  goggles: 0.06,
  earplugs: 0.02,
  phone: 0.14,
  phones: 0.14,
  lighter: 0.06,
  button: 0.03,
  barcode: 0.04,
  battery: 0.05,
  batteries: 0.05,
  pill: 0.01,
  mouse: 0.05,
  insect: 0.02,
  fly: 0.01,
  cockroach: 0.03,
  crumbs: 0.01,
  sticker: 0.06,
};
/** A store camera shows about this much height in the middle of its picture. */
const SCENE_METRES = 4;
/** One tile of the usual vision encoders. */
const TILE_PX = 384;
const LEAST_PX = 12;
const LEAST_ZONE_PX = 64;

function small(
  tokens: readonly Token[],
  understood: Pick<Understanding, 'zone' | 'cameras'>,
  world: KnownWorld,
): SentenceIssue[] {
  const cameras = world.cameras.filter((camera) => understood.cameras.includes(camera.id));
  for (const camera of cameras) {
    const zone = camera.zones?.find(({ name }) => name === understood.zone);
    const zonePx = zone?.heightPx;
    if (zone && zonePx !== undefined && zonePx < LEAST_ZONE_PX) {
      const message = `The zone ${zone.name} is ${zonePx} pixels high at ${camera.id}, too few to tell much; draw it larger or bring the camera closer`;
      return [issue('small-zone', message, tokens, 0, tokens.length)];
    }
    const heightPx = camera.heightPx;
    if (heightPx === undefined) continue;
    const scale = Math.min(1, TILE_PX / (zonePx ?? heightPx));
    for (const [at, token] of tokens.entries()) {
      const metres = Object.hasOwn(SMALL_THINGS, token.lower) ? SMALL_THINGS[token.lower] : undefined;
      const px = metres === undefined ? LEAST_PX : Math.round((metres / SCENE_METRES) * heightPx * scale);
      if (px >= LEAST_PX || modifies(tokens, at)) continue;
      const where = zone ? `zone ${zone.name}` : 'whole picture';
      const message = `A ${token.lower} is likely about ${Math.max(1, px)} pixels high in the ${where} of ${camera.id}; use a zone that shows it larger`;
      return [issue('small-object', message, tokens, at, at + 1)];
    }
  }
  return [];
}

/** `battery room`, `key cabinet`: the small thing only says which large one. */
function modifies(tokens: readonly Token[], at: number): boolean {
  const next = tokens[at + 1];
  return (
    next?.kind === 'word' &&
    !PREPOSITIONS.has(next.lower) &&
    !isAuxiliary(next.lower) &&
    verbIn(next.lower, 'ing') === undefined
  );
}

function neverLongEnough(
  reading: SentenceReading,
  understood: Pick<Understanding, 'schedule' | 'forMs'>,
): SentenceIssue[] {
  const { schedule, forMs } = understood;
  if (schedule === null || schedule.length === 0) return [];
  let longest = 0;
  for (const window of schedule) {
    if ('calendar' in window || (window.from === '00:00' && window.to === '24:00')) return [];
    const minutes = minuteOf(window.to) - minuteOf(window.from);
    longest = Math.max(longest, (minutes > 0 ? minutes : minutes + 1440) * 60_000);
  }
  if (forMs < longest) return [];
  const span = reading.spans.find(({ means }) => means === 'duration');
  const message = 'The rule is never on for that long, so it can never fire; shorten the time or widen the schedule';
  return [{ code: 'never-long-enough', message, start: span?.start ?? 0, end: span?.end ?? 0 }];
}

function openQuestions(tokens: readonly Token[]): SentenceIssue[] {
  const first = OPEN_QUESTION(tokens, 0);
  const counting = COMMAND(tokens, 0);
  if (!first && !counting) return [];
  const message =
    'A rule is a question that is answered with yes or no; write what should be seen, such as "more than 3 people wait at the till"';
  return [issue('open-question', message, tokens, 0, (first ?? counting)?.end ?? 1)];
}

/** A time that no phrase could read must not end up in the question. */
function leftOverTimes(tokens: readonly Token[]): SentenceIssue[] {
  for (let at = 0; at < tokens.length; at++) {
    const amount = readAmount(tokens, at);
    const unit = TIME_UNIT(tokens, at);
    const days = tokens[at]?.kind === 'word' && (tokens[at]?.lower.length ?? 0) > 4 ? readDays(tokens, at) : undefined;
    const clock = /^\d{1,2}:\d{2}$/.test(tokens[at]?.lower ?? '') ? { end: at + 1 } : undefined;
    const bare = /^(for|than)$/.test(tokens[at - 1]?.lower ?? '') && at > 0 ? readNumber(tokens, at) : undefined;
    const lone = bare && tokens[bare.end] === undefined && tokens[at - 1]?.lower === 'for' ? bare : undefined;
    const match = amount ?? unit ?? days ?? clock ?? lone;
    if (!match) continue;
    const message =
      'This time is not understood; write it as "for 5 minutes", "between 8am and 10pm", "on weekdays" or "check every 10 seconds"';
    return [issue('time-not-understood', message, tokens, at, match.end)];
  }
  return [];
}

function otherMoments(tokens: readonly Token[]): SentenceIssue[] {
  for (let at = 0; at < tokens.length; at++) {
    const match = LATER(tokens, at);
    if (!match || (tokens[at]?.lower === 'before' && /^(a|an)$/.test(tokens[at + 1]?.lower ?? ''))) continue;
    if (tokens[at]?.lower === 'till' || (tokens[at]?.lower === 'first' && at > 0)) continue;
    const message =
      'The box judges one picture at a time and cannot tell what was before or comes after; say what should be seen';
    return [issue('several-frames', message, tokens, at, match.end)];
  }
  return [];
}

function secondConditions(tokens: readonly Token[]): SentenceIssue[] {
  for (let at = 1; at < tokens.length; at++) {
    if (!/^(unless|except|although|whereas|if|when|whenever)$/.test(tokens[at]?.lower ?? '')) continue;
    const message = `A rule asks one question, and "${tokens[at]?.lower}" begins a second one; write what should be seen in one picture`;
    return [issue('two-conditions', message, tokens, at, tokens.length)];
  }
  return [];
}
