import { firstOf, type Pattern, pattern } from './grammar/pattern.ts';
import type { Token } from './grammar/tokens.ts';

export interface WordRule {
  readonly code: string;
  readonly words: Pattern;
  readonly message: string;
}

export const NOT_VISIBLE = 'A camera cannot see this';

/** Words of a question that ask for more than one picture can show. */
export const WORD_RULES: readonly WordRule[] = [
  {
    code: 'sound',
    words: pattern(
      '(hear|hears|heard|sound|sounds|noise|noises|noisy|loud|loudly|quiet|scream|screams|screaming|shout|shouts|shouting|yell|yells|yelling|bang|bangs|music|beep|beeps|beeping|ringing|rings|siren|sirens|talking|speaking|speaks|barking|barks|crying|whistle|whistling|audible|gunshot|gunshots)',
    ),
    message: `${NOT_VISIBLE}: it is a sound; say what it looks like`,
  },
  {
    code: 'conduct',
    words: pattern('(mandatory|compulsory|obligatory)'),
    message:
      'That something is a duty shows in no picture; say what is then not to be seen, such as "a person without a vest"',
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
      '(employee|employees|employee named|manager|owner|stranger|strangers|intruder|intruders|unauthorised|unauthorized|authorised|authorized|authorised person|unknown person|the same person|same customer|same man|same woman|regular customer|known shoplifter|shoplifter|shoplifters|thief|thieves|burglar|burglars|criminal|criminals|supervisor|colleague|visitor|visitors|contractor|contractors|minor|minors|teenager|teenagers|underage|permission|authorisation|authorization|years old|nationality|who does not work here|who works here|someone i know|family member)',
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
        '(suspicious|suspiciously|unusual|unusually|strange|strangely|weird|odd|abnormal|abnormally|anomaly|anomalies|anomalous|irregular|irregularity|unexpected|wrong|something wrong|something bad|something is off|funny|normal|normally|properly|correctly|appropriately|appropriate|inappropriate|acceptable|reasonable|nice|good|bad|badly|interesting|important|relevant|significant|too many|too much|too few|too little|too long|too short|too close|too near|too far|too fast|too high|too big|too full|enough|a lot|lots|plenty|many|several|few|a few|somewhat|rather|quite|almost|nearly|hardly|barely|scarcely|probably|maybe|perhaps|possibly|soon|often|sometimes|usually|occasionally|frequently|problem|problems|issue|issues|trouble|incident|incidents|whatever|etc|safely|unsafe|unsafely|emergency situation|out of place|as usual)',
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
      '(moving|moves|move|moved|movement|motion|motionless|speeding|speeds|speed|fast|faster|slowly|slow|accelerates|accelerating|spinning|rotating|flashing|blinking|vibrating|flickering|flickers|approaching|approaches|suddenly|increases|increasing|decreases|decreasing|getting longer|gets longer|getting worse|growing|grows|changes|changed|disappears|disappeared|vanishes|vanished)',
    ),
    message:
      'One picture shows no movement and no change; say what it looks like at one moment, or add "over the last 10 seconds"',
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
