import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScheduleWindow } from '../../src/rules/rule.ts';
import { type Calendar, isOn, WEEKDAYS } from '../../src/rules/schedule.ts';
import { compile } from './box.ts';

const BERLIN = 'Europe/Berlin';
/** Berlin is UTC+1 in winter, UTC+2 in summer; 2026-03-02 is a Monday. */
const at = (text: string): number => Date.parse(text);
const calendars: Record<string, Calendar> = {
  'opening hours': { hours: [{ days: WEEKDAYS.slice(0, 6), from: '08:00', to: '20:00' }], closed: ['2026-03-04'] },
  night: { hours: [{ days: WEEKDAYS, from: '22:00', to: '06:00' }], closed: ['2026-03-04'] },
};
const on = (schedule: readonly ScheduleWindow[] | null, when: string, zone = BERLIN): boolean =>
  isOn(schedule, calendars, zone, at(when));

describe('a schedule', () => {
  it('without windows is always on', () => {
    expect(on(null, '2026-03-02T03:00:00Z')).toBe(true);
  });

  it('that is empty is never on', () => {
    expect(on([], '2026-03-02T03:00:00Z')).toBe(false);
  });

  it('goes by the clock of its time zone, from inclusive, to exclusive', () => {
    const day = [{ days: WEEKDAYS, from: '08:00', to: '20:00' }];
    expect(on(day, '2026-03-02T06:59:59Z')).toBe(false);
    expect(on(day, '2026-03-02T07:00:00Z')).toBe(true);
    expect(on(day, '2026-03-02T18:59:59Z')).toBe(true);
    expect(on(day, '2026-03-02T19:00:00Z')).toBe(false);
    expect(on(day, '2026-03-02T12:00:00Z', 'Asia/Tokyo')).toBe(false);
  });

  it('across midnight belongs to the day on which it begins', () => {
    const fridayNight: ScheduleWindow[] = [{ days: ['fri'], from: '22:00', to: '06:00' }];
    expect(on(fridayNight, '2026-03-06T20:59:00Z')).toBe(false);
    expect(on(fridayNight, '2026-03-06T21:00:00Z')).toBe(true);
    expect(on(fridayNight, '2026-03-07T04:59:00Z')).toBe(true);
    expect(on(fridayNight, '2026-03-07T05:00:00Z')).toBe(false);
    expect(on(fridayNight, '2026-03-06T03:00:00Z')).toBe(false);
    expect(on(fridayNight, '2026-03-07T21:30:00Z')).toBe(false);
  });

  it('of a whole day ends at 24:00', () => {
    const sunday: ScheduleWindow[] = [{ days: ['sun'], from: '00:00', to: '24:00' }];
    expect(on(sunday, '2026-03-07T22:59:00Z')).toBe(false);
    expect(on(sunday, '2026-03-07T23:00:00Z')).toBe(true);
    expect(on(sunday, '2026-03-08T22:59:00Z')).toBe(true);
    expect(on(sunday, '2026-03-08T23:00:00Z')).toBe(false);
  });
});

describe('the days on which clocks change', () => {
  it('skip what the clock skips: 02:00-03:00 does not exist on 29 March 2026', () => {
    const early = [{ days: WEEKDAYS, from: '02:00', to: '03:00' }];
    expect(on(early, '2026-03-29T00:59:59Z')).toBe(false);
    expect(on(early, '2026-03-29T01:00:00Z')).toBe(false);
    const later = [{ days: WEEKDAYS, from: '02:30', to: '05:00' }];
    expect(on(later, '2026-03-29T00:59:59Z')).toBe(false);
    expect(on(later, '2026-03-29T01:00:00Z')).toBe(true);
    expect(on(later, '2026-03-29T03:00:00Z')).toBe(false);
  });

  it('repeat what the clock repeats: 02:00-03:00 lasts two hours on 25 October 2026', () => {
    const early = [{ days: WEEKDAYS, from: '02:00', to: '03:00' }];
    const minutes = Array.from({ length: 300 }, (_, minute) => at('2026-10-24T22:00:00Z') + minute * 60_000);
    const onFor = minutes.filter((ms) => isOn(early, calendars, BERLIN, ms)).length;
    expect(onFor).toBe(120);
  });

  it('keep opening at the hour on the wall', () => {
    const day = [{ days: WEEKDAYS, from: '08:00', to: '20:00' }];
    expect(on(day, '2026-03-28T07:00:00Z')).toBe(true);
    expect(on(day, '2026-03-29T05:59:00Z')).toBe(false);
    expect(on(day, '2026-03-29T06:00:00Z')).toBe(true);
  });
});

describe('a calendar', () => {
  const open: ScheduleWindow[] = [{ calendar: 'opening hours', negate: false }];
  const closed: ScheduleWindow[] = [{ calendar: 'opening hours', negate: true }];

  it('is on in its hours and its negation outside them', () => {
    expect([on(open, '2026-03-03T12:00:00Z'), on(closed, '2026-03-03T12:00:00Z')]).toEqual([true, false]);
    expect([on(open, '2026-03-03T21:00:00Z'), on(closed, '2026-03-03T21:00:00Z')]).toEqual([false, true]);
  });

  it('is closed all day on a closed date', () => {
    expect([on(open, '2026-03-04T12:00:00Z'), on(closed, '2026-03-04T12:00:00Z')]).toEqual([false, true]);
  });

  it('finishes on a closed date what began the day before, and begins nothing', () => {
    const night: ScheduleWindow[] = [{ calendar: 'night', negate: false }];
    expect(on(night, '2026-03-04T03:00:00Z')).toBe(true);
    expect(on(night, '2026-03-04T22:00:00Z')).toBe(false);
    expect(on(night, '2026-03-05T03:00:00Z')).toBe(false);
  });

  it('is narrowed to days: the night of Friday ends on Saturday', () => {
    const fridayNight: ScheduleWindow[] = [{ calendar: 'night', negate: false, days: ['fri'] }];
    expect(on(fridayNight, '2026-03-07T03:00:00Z')).toBe(true);
    expect(on(fridayNight, '2026-03-08T03:00:00Z')).toBe(false);
  });

  it('is narrowed to clock times', () => {
    const evening: ScheduleWindow[] = [{ calendar: 'opening hours', negate: false, from: '18:00', to: '24:00' }];
    expect(on(evening, '2026-03-03T12:00:00Z')).toBe(false);
    expect(on(evening, '2026-03-03T18:00:00Z')).toBe(true);
    expect(on(evening, '2026-03-03T20:00:00Z')).toBe(false);
  });

  it('that nobody knows is never on, not even negated', () => {
    expect(on([{ calendar: 'stocktaking', negate: true }], '2026-03-03T12:00:00Z')).toBe(false);
  });
});

describe('phrases put together', () => {
  const clock = fc.integer({ min: 0, max: 23 }).map((hour) => `${String(hour).padStart(2, '0')}:00`);

  it('are on exactly when the sentence says so, at any instant of a year', () => {
    fc.assert(
      fc.property(clock, clock, fc.integer({ min: 0, max: 8_783 }), (from, to, hours) => {
        fc.pre(from !== to);
        const { schedule } = compile(`Alert me when a shelf is empty from ${from} to ${to} on weekdays`).understood;
        const inside = compile(`Alert me when a shelf is empty except between ${from} and ${to}`).understood.schedule;
        const ms = at('2026-01-01T00:00:00Z') + hours * 3_600_000;
        const plain: ScheduleWindow[] = [{ days: WEEKDAYS.slice(0, 5), from, to: to === '00:00' ? '24:00' : to }];
        const all: ScheduleWindow[] = [{ days: WEEKDAYS, from, to: to === '00:00' ? '24:00' : to }];
        expect(isOn(schedule, {}, BERLIN, ms)).toBe(isOn(plain, {}, BERLIN, ms));
        expect(isOn(inside, {}, BERLIN, ms)).toBe(!isOn(all, {}, BERLIN, ms));
      }),
      { numRuns: 200 },
    );
  });
});
