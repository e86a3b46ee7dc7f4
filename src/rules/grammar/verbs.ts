/**
 * How a verb of the sentence is asked of one picture:
 * `state`: Does the shelf need restocking? · `activity`: Is someone entering the storeroom? ·
 * `change`: Has a robot fallen over? (one picture shows what came of it) ·
 * `link`: "stays open", "becomes empty" ask for the state itself: Is the door open? ·
 * `existence`: "smoke appears in the hall" asks: Is there smoke in the hall?
 */
export type VerbClass = 'state' | 'activity' | 'change' | 'link' | 'existence';

export type VerbForm = 's' | 'base' | 'past' | 'participle' | 'ing';

export interface Verb {
  readonly base: string;
  readonly ing: string;
  readonly past: string;
  readonly participle: string;
  readonly kind: VerbClass;
}

// base, or base/past/participle where the verb is irregular.
const LEXICON: Readonly<Record<VerbClass, string>> = {
  state:
    'hear/heard/heard say/said/said smell need contain lack look seem show require exceed reach fit match resemble belong include appear want have/had/had hold/held/held display',
  activity: `enter walk run/ran/run climb stand/stood/stood sit/sat/sat sleep/slept/slept lie/lay/lain block obstruct carry wear/wore/worn use
    smoke drive/drove/driven park wait queue fight/fought/fought push pull lift load unload cross ride/rode/ridden work eat/ate/eaten
    drink/drank/drunk play talk touch open close move burn drip flash blink glow shine/shone/shone cook clean sweep/swept/swept mop stack
    store stock restock pick put/put/put place throw/threw/thrown kick hit/hit/hit jump dance swim/swam/swum crawl kneel/knelt/knelt bend/bent/bent
    lean point wave watch read/read/read write/wrote/written type call phone shop browse buy/bought/bought pay/paid/paid scan steal/stole/stolen hide/hid/hidden
    follow approach pass exit rotate spin/spun/spun tow hang/hung/hung rest jam clog cover flood gather crowd loiter linger
    reverse overtake/overtook/overtaken step trespass spray paint weld grind/ground/ground cut/cut/cut drill dig/dug/dug operate handle stick/stuck/stuck
    protrude overflow leak steam rise/rose/risen grow/grew/grown form build/built/built lock unlock cycle skate shout scream wash unpack pack
    wrap chase hurt/hurt/hurt bleed/bled/bled spread/spread/spread pour flow squat crouch attack hug guard patrol inspect repair charge drag roll slide/slid/slid
    swing/swung/swung dangle bulge surround shelter idle occupy face come/came/come go/went/gone wander roam prop litter pile bring/brought/brought
    take/took/taken tamper serve help tailgate speed race peel make/made/made cause produce emit ring/rang/rung beep bark fill work do/did/done give/gave/given send/sent/sent speak/spoke/spoken wrestle bend/bent/bent vomit dance rain snow hail dump argue gesture smash vandalise vandalize`,
  change: `fall/fell/fallen tip topple collapse crash collide break/broke/broken spill burst/burst/burst drop shatter stall stop arrive disappear
    vanish leave/left/left forget/forgot/forgotten overturn derail explode ignite happen occur finish slip trip faint crack snap escape
    land arrive lose/lost/lost start begin/began/begun abandon`,
  link: 'stay remain become/became/become get/got/got turn keep/kept/kept',
  existence: 'emerge exist',
};

const LINK_ADVERBS = ['empty', 'out', 'low', 'dry', 'short'];

function addE(base: string, ending: string): string {
  return base.endsWith('e') ? base.slice(0, -1) + ending : base + ending;
}

function doubled(base: string): string {
  return /^[^aeiou]*[aeiou][^aeiouwxy]$/.test(base) || base === 'unplug' ? base + base.at(-1) : base;
}

function ingOf(base: string): string {
  if (base.endsWith('ie')) return `${base.slice(0, -2)}ying`;
  return base.endsWith('ee') ? `${base}ing` : addE(doubled(base), 'ing');
}

function pastOf(base: string): string {
  if (/[^aeiou]y$/.test(base)) return `${base.slice(0, -1)}ied`;
  return addE(doubled(base), 'ed');
}

function sOf(base: string): string {
  if (base === 'have') return 'has';
  if (/[^aeiou]y$/.test(base)) return `${base.slice(0, -1)}ies`;
  return /(s|x|z|ch|sh|o)$/.test(base) ? `${base}es` : `${base}s`;
}

const FORMS = new Map<string, Map<VerbForm, Verb>>();

function add(form: VerbForm, word: string, verb: Verb): void {
  const forms = FORMS.get(word) ?? new Map<VerbForm, Verb>();
  if (!forms.has(form)) forms.set(form, verb);
  FORMS.set(word, forms);
}

for (const [kind, words] of Object.entries(LEXICON) as Array<[VerbClass, string]>) {
  for (const entry of words.trim().split(/\s+/)) {
    const [base = '', past = pastOf(base), participle = past] = entry.split('/');
    const verb: Verb = { base, ing: ingOf(base), past, participle, kind };
    add('s', sOf(base), verb);
    add('base', base, verb);
    add('past', past, verb);
    add('participle', participle, verb);
    add('ing', verb.ing, verb);
  }
}

/** The verb that `word` is a given form of, if it is one that the lexicon knows. */
export function verbIn(word: string, form: VerbForm): Verb | undefined {
  return FORMS.get(word)?.get(form);
}

/** The class in this sentence: `runs empty` is a change, `appears in the hall` existence, `stays` without more existence. */
export function classIn(verb: Verb, next: string | undefined): VerbClass {
  if ((verb.base === 'run' || verb.base === 'go') && LINK_ADVERBS.includes(next ?? '')) return 'change';
  if (verb.base === 'appear') return next === undefined || PREPOSITIONS.has(next) ? 'existence' : 'state';
  if (verb.base === 'show' && next === 'up') return 'existence';
  if (verb.base === 'look' && (next === 'at' || next === 'into')) return 'activity';
  if (verb.base === 'go' && next !== undefined && /^(dark|red|green|missing|unattended|bad|wrong|off)$/.test(next))
    return 'link';
  if (
    verb.base === 'get' &&
    next !== undefined &&
    /^(a|an|the|into|onto|in|on|off|out|up|down|to|too|close|near|closer)$/.test(next)
  )
    return 'activity';
  if (
    verb.base === 'turn' &&
    next !== undefined &&
    !/^(red|green|yellow|orange|dark|black|white|blue|on|off|over)$/.test(next)
  )
    return 'activity';
  if (verb.base === 'keep' && next !== undefined && !/(ing|open|shut|closed|empty)$/.test(next)) return 'activity';
  if (verb.base === 'hold' && next !== undefined && /^(a|an|the|any|his|her|their|something)$/.test(next))
    return 'activity';
  return verb.kind;
}

export const PREPOSITIONS: ReadonlySet<string> = new Set(
  `in on at by near beside inside outside under below above over behind between within into onto from to across along around against
   through off of for with without next among towards toward during before after up down beneath beyond opposite`
    .trim()
    .split(/\s+/),
);
