import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeSchedule } from '../../src/rules/schedule-text.ts';
import { compile } from './box.ts';

const WORDS = 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen'.split(' ');
const UNITS = [
  { ms: 1_000, names: ['s', 'sec', 'secs', 'second', 'seconds'] },
  { ms: 60_000, names: ['min', 'mins', 'minute', 'minutes'] },
  { ms: 3_600_000, names: ['h', 'hr', 'hrs', 'hour', 'hours'] },
] as const;
const HELD =
  `for %|for more than %|for at least %|for over %|for longer than %|for % or more|for % or longer|for about %|longer than %|
  for > %|for >%|(%)|for a minimum of %|for % straight|for % continuously|for more than % at a time|for % in a row|for at least % without interruption`
    .split('|')
    .map((how) => how.trim());

const amount = fc
  .record({ unit: fc.constantFrom(...UNITS), count: fc.integer({ min: 1, max: 45 }) })
  .chain(({ unit, count }) => {
    const long = unit.names.slice(-2);
    const forms = [
      ...unit.names.flatMap((name) => [`${count} ${name}`, `${count}${name}`]),
      ...long.map((name) => `${count}-${name}`),
    ];
    const spoken = WORDS[count - 1];
    const all = spoken === undefined ? forms : [...forms, ...long.map((name) => `${spoken} ${name}`)];
    return fc.record({ text: fc.constantFrom(...all), ms: fc.constant(count * unit.ms) });
  });

const pad = (value: number): string => String(value).padStart(2, '0');
const clock = (minute: number): string => `${pad(Math.floor(minute / 60))}:${pad(minute % 60)}`;

/** A quarter of an hour as people write it, beyond doubt which half of the day. */
const time = fc.integer({ min: 0, max: 95 }).chain((quarter) => {
  const minute = quarter * 15;
  const [hour, rest] = [Math.floor(minute / 60), minute % 60];
  const half = hour < 12 ? 'am' : 'pm';
  const short = rest === 0 ? `${hour % 12 || 12}` : `${hour % 12 || 12}:${pad(rest)}`;
  const forms = [`${short}${half}`, `${short} ${half}`, `${short}${half.toUpperCase()}`, `${short} ${half[0]}.m.`];
  if (hour === 0 || hour > 12) forms.push(clock(minute), `${hour}h${rest === 0 ? '' : pad(rest)}`);
  return fc.record({ text: fc.constantFrom(...forms), minute: fc.constant(minute) });
});
const SPANS =
  `between F and T|from F to T|from F until T|F to T|F-T|F - T|from F till T|only between F and T|every day between F and T|from F through T`
    .split('|')
    .map((how) => how.trim());

describe('lengths of time and times of day, however they are written', () => {
  it('hold the event back for just as long', () => {
    fc.assert(
      fc.property(amount, fc.constantFrom(...HELD), ({ text, ms }, how) => {
        const words = `Alert me when a shelf is empty ${how.replace('%', text)}`;
        const { errors, understood } = compile(words);
        const { question, forMs } = understood;
        expect({ words, question, forMs, errors }).toEqual({
          words,
          question: 'Is a shelf empty?',
          forMs: ms,
          errors: [],
        });
      }),
      { numRuns: 400 },
    );
  });

  it('make the rule on from the one to the other', () => {
    fc.assert(
      fc.property(time, time, fc.constantFrom(...SPANS), (from, to, how) => {
        fc.pre(from.minute !== to.minute);
        const words = `Alert me when a shelf is empty ${how.replace('F', from.text).replace('T', to.text)}`;
        const { errors, understood } = compile(words);
        const schedule = describeSchedule(understood.schedule).replace('-24:00', '-00:00');
        const expected = `daily ${clock(from.minute)}-${clock(to.minute)}`;
        expect({ words, question: understood.question, schedule, errors }).toEqual({
          words,
          question: 'Is a shelf empty?',
          schedule: expected,
          errors: [],
        });
      }),
      { numRuns: 400 },
    );
  });

  it.each([
    ['8:30 to 10pm', '20:30-22:00'],
    ['from 11:45 until 8:45 am', '23:45-08:45'],
    ['between 9:30pm and 10:45', '21:30-22:45'],
    ['from 9 to 5', '09:00-17:00'],
  ])('%s is read as %s, with a doubt', (span, expected) => {
    const { understood, warnings } = compile(`Alert me when a shelf is empty ${span}`);
    expect(describeSchedule(understood.schedule)).toBe(`daily ${expected}`);
    expect(warnings.map(({ code }) => code)).toEqual(['ambiguous-clock']);
  });
});
