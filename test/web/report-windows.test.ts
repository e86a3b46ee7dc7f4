import { expect, test } from 'vitest';
import { ReportWindows } from '../../src/web/report-windows.ts';

const shifts = [
  { name: 'early', startsAt: 6 * 60 },
  { name: 'night', startsAt: 22 * 60 },
];
const berlin = new ReportWindows({ shifts, timeZone: () => 'Europe/Berlin' });
const at = (iso: string): number => Date.parse(iso);
const text = (window: ReturnType<typeof berlin.window>) =>
  window && [window.date, window.name, new Date(window.from).toISOString(), new Date(window.until).toISOString()];

test('a day is the day of the site, with 23 or 25 hours when its clocks change', () => {
  expect(text(berlin.window('day', '2026-03-02'))).toEqual([
    ...['2026-03-02', null, '2026-03-01T23:00:00.000Z', '2026-03-02T23:00:00.000Z'],
  ]);
  const hours = (date: string): number => {
    const { from = 0, until = 0 } = berlin.window('day', date) ?? {};
    return (until - from) / 3_600_000;
  };
  expect([hours('2026-03-29'), hours('2026-10-25')]).toEqual([23, 25]);
});

test('the last shift of a day goes on until the first of the next one', () => {
  expect(text(berlin.window('shift', '2026-03-28', 'night'))).toEqual([
    ...['2026-03-28', 'night', '2026-03-28T21:00:00.000Z', '2026-03-29T04:00:00.000Z'],
  ]);
  expect(berlin.at('shift', at('2026-03-02T02:00:00Z'))).toMatchObject({ name: 'night', date: '2026-03-01' });
  expect(berlin.endedBy('shift', at('2026-03-02T02:00:00Z'))).toMatchObject({ name: 'early', date: '2026-03-01' });
  expect(berlin.endedBy('day', at('2026-03-02T02:00:00Z'))).toMatchObject({ date: '2026-03-01' });
});

test('there is no such day, no such shift, and no shift at all', () => {
  expect(berlin.window('day', '2026-02-30x')).toBeUndefined();
  expect(berlin.window('day', 'today')).toBeUndefined();
  expect(berlin.window('shift', '2026-03-02', 'noon')).toBeUndefined();
  const none = new ReportWindows({ shifts: [], timeZone: () => 'UTC' });
  expect([none.at('shift', 0), none.endedBy('shift', 0)]).toEqual([undefined, undefined]);
});
