import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeSchedule } from '../../src/rules/schedule-text.ts';
import { compile } from './box.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const OPENINGS =
  `Alert me when|Let me know if|Notify the shift lead whenever|Tell us when|Send me a message if|I want to know when|Please warn me if|
  text me when|Ping security as soon as|Can you tell me when|Raise an alert if|Report when|lmk if|I'd like to be notified when|
  Warn the team leader if|Make me aware if|Give me a heads up when|Let the night guard know when|An alert when|Inform the manager on duty when`
    .split('|')
    .map((opening) => opening.trim());
const CLOSINGS = [
  'alert me',
  'let me know',
  'please tell security',
  'notify the shift lead',
  'ping me',
  'I want to know',
];

type Condition = readonly [words: string, question: string, expects: 'yes' | 'no'];
const CONDITIONS: readonly Condition[] = [
  ['a shelf is empty', 'Is a shelf empty?', 'yes'],
  ['the emergency exit is blocked', 'Is the emergency exit blocked?', 'yes'],
  ['there is a spill on the floor', 'Is there a spill on the floor?', 'yes'],
  ['nobody is at the service desk', 'Is anybody at the service desk?', 'no'],
  ['a forklift blocks the walkway', 'Is a forklift blocking the walkway?', 'yes'],
  ['more than three people are waiting at the till', 'Are more than three people waiting at the till?', 'yes'],
  ['the gate is not closed', 'Is the gate closed?', 'no'],
  ['a robot falls over', 'Has a robot fallen over?', 'yes'],
  ['a worker without a helmet is on the platform', 'Is a worker without a helmet on the platform?', 'yes'],
  ['there are no trolleys at the entrance', 'Are there any trolleys at the entrance?', 'no'],
  ['the bin overflows', 'Is the bin overflowing?', 'yes'],
];

/** A phrase and what it sets of a rule. */
type Said = readonly [words: string, value: string | number];
const SAID: Readonly<Record<string, readonly Said[]>> = {
  forMs: [
    ['for 5 minutes', 5 * MINUTE],
    ['for more than 30 seconds', 30_000],
    ['for at least half an hour', 30 * MINUTE],
    ['for over an hour', HOUR],
    ['for 90s', 90_000],
    ['for 10+ minutes', 10 * MINUTE],
    ['for > 3 min', 3 * MINUTE],
    ['for two and a half minutes', 150_000],
    ['longer than 15 minutes', 15 * MINUTE],
    ['for 1 min 30 sec', 90_000],
    ['for ten minutes straight', 10 * MINUTE],
    ['for an hour and a half', 90 * MINUTE],
  ],
  schedule: [
    ['during opening hours', 'during opening hours'],
    ['after closing', 'outside opening hours'],
    ['when we are closed', 'outside opening hours'],
    ['at night', 'during night'],
    ['overnight', 'during night'],
    ['but not at night', 'outside night'],
    ['on weekdays', 'mon-fri 00:00-24:00'],
    ['except on Sundays', 'mon-sat 00:00-24:00'],
    ['only on weekends', 'sat,sun 00:00-24:00'],
    ['Mon, Wed and Fri', 'mon,wed,fri 00:00-24:00'],
    ['between 8am and 10pm', 'daily 08:00-22:00'],
    ['from 22:00 to 06:00', 'daily 22:00-06:00'],
    ['between 9:30 pm and 5:15 am', 'daily 21:30-05:15'],
    ['Mon-Sat 8-20', 'mon-sat 08:00-20:00'],
    ['Monday to Friday from 9am to 5pm', 'mon-fri 09:00-17:00'],
    ['on Friday evenings', 'fri 18:00-22:00'],
    ['after 6 pm', 'daily 18:00-24:00'],
    ['all day long', 'always'],
    ['24/7', 'always'],
    ['during the delivery window', 'during delivery window'],
  ],
  severity: [
    ['this is critical', 'critical'],
    ['with high priority', 'critical'],
    ['urgent', 'critical'],
    ['treat it as urgent', 'critical'],
    ['low priority', 'info'],
    ['just for information', 'info'],
  ],
  cooldownMs: [
    ['at most once an hour', HOUR],
    ['no more than once every 30 minutes', 30 * MINUTE],
    ['but not more than once a day', 24 * HOUR],
    ['one alert per day at most', 24 * HOUR],
    ['with a cooldown of 5 minutes', 5 * MINUTE],
  ],
  remindMs: [
    ['and remind me every 10 minutes', 10 * MINUTE],
    ['repeat it every half hour', 30 * MINUTE],
    ['with a reminder every 20 minutes', 20 * MINUTE],
  ],
  everyMs: [
    ['check every 10 seconds', 10_000],
    ['checking every minute', MINUTE],
    ['ask every 15s', 15_000],
  ],
  overMs: [
    ['over the last 10 seconds', 10_000],
    ['judging by the last half a minute', 30_000],
    ['looking at the past 8 s', 8_000],
  ],
  cameras: [
    ['in aisle 3', 'aisle-3'],
    ['in aisles 1 and 2', 'aisle-1 aisle-2'],
    ['on camera yard', 'yard'],
    ['at the back door', 'door-2'],
    ['on the loading dock', 'dock-1 dock-2'],
  ],
};

interface Sentence {
  readonly text: string;
  readonly expected: Readonly<Record<string, string | number>>;
}

const aspects = fc
  .shuffledSubarray(Object.keys(SAID))
  .chain((keys) =>
    fc.tuple(...keys.map((key) => fc.tuple(fc.constant(key), fc.constantFrom(...(SAID[key] ?? [])), fc.boolean()))),
  );

/** A lead-in at either end, a condition, and any phrases in any order, with or without commas, in any case. */
const sentence: fc.Arbitrary<Sentence> = fc
  .record({
    opening: fc.constantFrom(...OPENINGS),
    closing: fc.option(fc.constantFrom(...CLOSINGS)),
    condition: fc.constantFrom(...CONDITIONS),
    aspects,
    scheduleFirst: fc.boolean(),
    letters: fc.constantFrom('as written', 'as written', 'small', 'CAPITAL'),
    end: fc.constantFrom('', '.'),
  })
  .map(({ opening, closing, condition, aspects: said, scheduleFirst, letters, end }) => {
    const [words, question, expects] = condition;
    const expected: Record<string, string | number> = { question, expects };
    let text = closing === null ? `${opening} ${words}` : `Whenever ${words}`;
    for (const [key, [phrase, value], comma] of said) {
      expected[key] = value;
      const inFront = key === 'schedule' && scheduleFirst && !/^(but|except|only)/.test(phrase);
      text = inFront ? `${phrase}, ${text}` : `${text}${comma ? ',' : ''} ${phrase}`;
    }
    if (closing !== null) text += `, ${closing}`;
    const cased = letters === 'small' ? text.toLowerCase() : letters === 'CAPITAL' ? text.toUpperCase() : text;
    return { text: `${cased}${end}`, expected };
  });

describe('phrases put together', () => {
  it('mean what each means alone, in any order, and leave the question as it is', () => {
    fc.assert(
      fc.property(sentence, ({ text, expected }) => {
        const { errors, understood } = compile(text);
        const { expects, forMs, severity, cooldownMs, remindMs, everyMs, overMs, schedule, cameras } = understood;
        const got: Record<string, unknown> = { expects, forMs, severity, cooldownMs, remindMs, everyMs, overMs };
        // A question about several pictures says so itself.
        got.question = understood.question?.replace(/ over the last \d+ seconds\?$/, '?');
        got.schedule = describeSchedule(schedule);
        got.cameras = cameras.join(' ');
        const read = Object.fromEntries(Object.keys(expected).map((key) => [key, got[key]]));
        expect({ text, errors, ...read }).toEqual({ text, errors: [], ...expected });
      }),
      { numRuns: 300 },
    );
  });
});

/** Ways to say that something certain is so (yes), or is not so (no), of a subject and what it should or should not be. */
const WAYS: ReadonlyArray<readonly [way: string, expects: 'yes' | 'no']> = [
  ['Alert me when S is P', 'yes'],
  ["Alert me when S isn't P", 'no'],
  ['Alert me when S is no longer P', 'no'],
  ['Alert me unless S is P', 'no'],
  ['Make sure S is P', 'no'],
  ['Make sure S is not P', 'yes'],
  ['S must be P', 'no'],
  ['S must not be P', 'yes'],
  ['S should never be P', 'yes'],
  ['S has to be P', 'no'],
  ['S is supposed to be P', 'no'],
  ['It should never happen that S is P', 'yes'],
  ['Alert me if S has been P for 5 minutes', 'yes'],
  ['Alert me if S has not been P for 5 minutes', 'no'],
  ['Alert me when S becomes P', 'yes'],
  ['Alert me if S stays P for 5 minutes', 'yes'],
  ['Alert me when S is still P after closing', 'yes'],
  ['Alert me while S is P', 'yes'],
  ['Notify me should S be P', 'yes'],
  ['If S is P then alert me', 'yes'],
  ['Is S P?', 'yes'],
  ['S is P', 'yes'],
];
const SUBJECTS = [
  'the exit',
  'the gate',
  'door 5',
  'the cold room door',
  'the loading bay',
  'this machine',
  'our entrance',
];
const STATES = ['open', 'blocked', 'clear', 'empty', 'on', 'wet', 'locked', 'free of pallets', 'occupied', 'clean'];

describe('the same said in another way', () => {
  it.each(WAYS)('%s: asks one question and expects %s', (way, expects) => {
    for (const subject of SUBJECTS) {
      for (const state of STATES) {
        const words = way.replace('S', subject).replace('P', state);
        const { errors, understood } = compile(words);
        const read = { words, question: understood.question, expects: understood.expects, errors };
        expect(read).toEqual({ words, question: `Is ${subject} ${state}?`, expects, errors: [] });
      }
    }
  });
});
