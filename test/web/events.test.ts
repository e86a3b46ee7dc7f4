import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventSchema } from '../../src/web/api/schemas.ts';
import { csvCell } from '../../src/web/event-export.ts';
import { filterQuery, readFilter, toEventFilter } from '../../src/web/event-filter.ts';
import { TimeText } from '../../src/web/time-text.ts';
import { demoEvent, fakeStore, NOW } from './fixture.ts';
import { openWeb } from './visitor.ts';

describe('the Events page', () => {
  test('filters by what its address says, and the address says all of it', async () => {
    const { visitor } = await openWeb();
    const viewer = await visitor('viewer');
    const idsAt = async (query: string): Promise<string[]> =>
      [...(await (await viewer.get(`/events?${query}`)).text()).matchAll(/<li id="event-([\w-]+)"/g)].map(
        ([, id]) => id ?? '',
      );
    expect(await idsAt('')).toHaveLength(5);
    expect(await idsAt('camera=entrance')).toEqual(['mm8w9-spill']);
    expect(await idsAt('state=open&severity=critical')).toEqual(['mm8w8-exit']);
    expect(await idsAt('mark=wrong')).toEqual(['mm8w7-road']);
    expect(await idsAt('text=WHEEL')).toEqual(['mm8x0-robot']);
    expect(await idsAt('from=2026-03-01&to=2026-03-01')).toEqual(['mm8w7-road']);
    expect(await idsAt('from=2026-03-02')).toHaveLength(4);
    expect((await viewer.get('/events?severity=loud')).status).toBe(400);
    expect((await viewer.get('/events?from=2026-13-41')).status).toBe(400);
  });

  test('names today and yesterday by the site’s own days, also when the clocks change', () => {
    const dayAt = (at: string, daysAgo: number): string =>
      new TimeText('en', 'Europe/Berlin', Date.parse(at)).day(daysAgo);
    expect([dayAt('2026-03-02T09:00:00Z', 0), dayAt('2026-03-02T09:00:00Z', 1)]).toEqual(['2026-03-02', '2026-03-01']);
    // Half past midnight in Berlin, still the day before in UTC.
    expect([dayAt('2026-03-01T23:30:00Z', 0), dayAt('2026-03-01T23:30:00Z', 1)]).toEqual(['2026-03-02', '2026-03-01']);
    // The day of 23 hours, and the one of 25.
    expect([dayAt('2026-03-29T22:30:00Z', 1), dayAt('2026-03-30T21:59:00Z', 1)]).toEqual(['2026-03-29', '2026-03-29']);
    expect([dayAt('2026-10-25T23:30:00Z', 1), dayAt('2026-01-01T12:00:00Z', 1)]).toEqual(['2026-10-25', '2025-12-31']);
  });

  test('keeps the rest of the filter when a day is chosen, and shows each part with a way to take it away', async () => {
    const { visitor } = await openWeb();
    const html = await (await (await visitor('viewer')).get('/events?rule=spill&camera=entrance')).text();
    expect(html).toContain('href="/events?camera=entrance&amp;rule=spill&amp;from=2026-03-01&amp;to=2026-03-01"');
    expect(html).toMatch(/href="\/events\?camera=entrance"[^>]*title="Take this filter away: Rule"/);
    expect(html).toMatch(/href="\/events\?rule=spill"[^>]*title="Take this filter away: Camera"/);
  });

  test('goes on to older events with a cursor and keeps the filter', async () => {
    const store = fakeStore();
    store.events = Array.from({ length: 120 }, (_, i) =>
      demoEvent({ id: `e${i}`, startedAt: NOW - i * 1_000, severity: 'info' }),
    );
    const { visitor } = await openWeb(store);
    const viewer = await visitor('viewer');
    const first = await (await viewer.get('/events?severity=info')).text();
    const older = /hx-get="([^"]+)"/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(older).toBe('/events?severity=info&cursor=50');
    const second = await (await viewer.get(older, { 'HX-Request': 'true' })).text();
    expect(second).toMatch(/^<li id="event-e50"/);
    expect(second).not.toContain('<html');
    const third = await (await viewer.get('/events?severity=info&cursor=100', { 'HX-Request': 'true' })).text();
    expect(third.match(/<li id="event-/g)).toHaveLength(20);
    expect(third).not.toContain('id="older"');
  });

  test('an action gives back the piece it came from, or the event’s page without scripts', async () => {
    const { store, visitor } = await openWeb();
    const operator = await visitor('operator');
    const row = await operator.post(
      '/events/mm8w9-spill/mark',
      { mark: 'wrong', place: 'row' },
      { 'HX-Request': 'true' },
    );
    expect(await row.text()).toMatch(/^<li id="event-mm8w9-spill" class="row .*aria-pressed="true"/s);
    expect(store.events[3]?.review).toMatchObject({ mark: 'wrong', markedBy: 'operator' });
    await operator.post('/events/mm8w9-spill/mark', { mark: 'none', place: 'row' });
    expect(store.events[3]?.review).toMatchObject({ mark: null, markedBy: null });
    const noted = await operator.post('/events/mm8w9-spill/note', { note: '  mopped  ' });
    expect([noted.status, noted.headers.get('Location')]).toEqual([303, '/events/mm8w9-spill']);
    expect(store.events[3]?.review.note).toBe('mopped');
    await operator.post('/events/mm8w9-spill/acknowledge');
    expect(store.events[3]?.review).toMatchObject({ acknowledgedAt: NOW, acknowledgedBy: 'operator' });
    expect((await operator.post('/events/none/mark', { mark: 'wrong' })).status).toBe(404);
    expect((await operator.post('/events/mm8w9-spill/mark', { mark: 'maybe' })).status).toBe(400);
  });

  test('exports everything that matches, over all pages, as CSV and as JSON', async () => {
    const store = fakeStore();
    store.events = Array.from({ length: 450 }, (_, i) =>
      demoEvent({ id: `e${i}`, words: i === 0 ? '=cmd|"x", 1' : 'words' }, { note: 'a\nb' }),
    );
    const { visitor } = await openWeb(store);
    const viewer = await visitor('viewer');
    const csv = await viewer.get('/events/export.csv?severity=warning');
    expect(csv.headers.get('Content-Disposition')).toBe('attachment; filename="events-filtered.csv"');
    const text = await csv.text();
    expect(text.match(/\r\n/g)).toHaveLength(451);
    expect(text).toContain(`e0,empty-shelf,"'=cmd|""x"", 1"`);
    const json = eventSchema.array().parse(await (await viewer.get('/events/export.json')).json());
    expect(json).toHaveLength(450);
    expect(json[449]).toMatchObject({
      id: 'e449',
      rule: 'empty-shelf',
      startedAt: '2026-03-02T08:48:00.000Z',
      endedAt: null,
    });
    expect(await (await viewer.get('/events/export.json?camera=none')).json()).toEqual([]);
  });
});

describe('the filter', () => {
  test('survives the way into an address and back', () => {
    const value = fc.string({ maxLength: 60 }).map((text) => text.trim());
    fc.assert(
      fc.property(value, value, fc.constantFrom('', 'open', 'ended'), (text, camera, state) => {
        const form = readFilter({ text, camera, state });
        expect(readFilter(Object.fromEntries(new URLSearchParams(filterQuery(form))))).toEqual(form);
      }),
    );
  });

  test('takes days as the site’s days, both included, also when the clocks change', () => {
    const berlin = new TimeText('en', 'Europe/Berlin', NOW);
    const span = (form: Record<string, string>, times = berlin) => {
      const { since, until } = toEventFilter(readFilter(form), times);
      return [since, until].map((at) => (at === undefined ? at : new Date(at).toISOString()));
    };
    expect(span({ from: '2026-03-29', to: '2026-03-29' })).toEqual([
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ]);
    expect(span({ from: '2026-10-25', to: '2026-10-25' })).toEqual([
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T23:00:00.000Z',
    ]);
    const auckland = new TimeText('en', 'Pacific/Auckland', NOW);
    expect(span({ from: '2026-01-01' }, auckland)[0]).toBe('2025-12-31T11:00:00.000Z');
    const honolulu = new TimeText('en', 'Pacific/Honolulu', NOW);
    expect(span({ from: '2026-01-01' }, honolulu)[0]).toBe('2026-01-01T10:00:00.000Z');
  });

  test('a cell of a spreadsheet is never a formula', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(csvCell(text)).not.toMatch(/^"?[=+\-@\t\r]/);
      }),
    );
  });
});

describe('times', () => {
  const times = new TimeText('en', 'UTC', NOW);

  test('tell ages and durations in at most two units', () => {
    expect([1_000, 59_000, 61_000, 3_599_000, 7_200_000, 90_000_000].map((ms) => times.age(NOW - ms))).toEqual([
      '1 sec. ago',
      '59 sec. ago',
      '1 min. ago',
      '59 min. ago',
      '2 hr. ago',
      'yesterday',
    ]);
    expect([0, 42_000, 90_000, 2_520_000, 3_900_000, 90_061_000].map((ms) => times.duration(ms))).toEqual([
      '0 sec',
      '42 sec',
      '1 min 30 sec',
      '42 min',
      '1 hr 5 min',
      '1 day 1 hr',
    ]);
    expect(times.roughly(751_000)).toBe('12 min');
  });

  test('in the future count as now: clocks of cameras and box differ', () => {
    expect(times.age(NOW + 5_000)).toBe('now');
  });
});
