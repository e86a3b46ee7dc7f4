import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import {
  backtestSchema,
  backtestScoresSchema,
  coverageSchema,
  falseAlarmsSchema,
} from '../../src/web/api/backtest-schemas.ts';
import { NOW } from './fixture.ts';
import { DONE, FRAME_AT } from './memory-backtests.ts';
import { openWeb } from './visitor.ts';

const HOUR = 3_600_000;

/** The answer, held to the schema that describes it: no key more, no key less. */
async function answer<T>(response: Response, schema: z.ZodType<T>): Promise<T> {
  expect(response.status).toBe(200);
  const body = await response.json();
  const parsed = schema.parse(body);
  expect(parsed).toEqual(body);
  return parsed;
}

describe('the API of backtests', () => {
  test('starts one with changes, shows where it stands, and cancels it', async () => {
    const { visitor, store } = await openWeb();
    const operator = await visitor('operator');
    const since = new Date(NOW - 24 * HOUR).toISOString();
    const order = { rule: 'empty-shelf', camera: 'aisle-3', since, raise: 0.8, forMs: 60_000 };
    const started = await answer(await operator.send('/api/v1/backtests', order), backtestSchema);
    expect(started).toMatchObject({
      ...{ rule: 'empty-shelf', state: 'waiting', ahead: 1, raise: 0.8, forMs: 60_000, orderedBy: 'operator' },
      ...{ since, until: new Date(NOW).toISOString(), result: null },
    });
    const listed = await answer(await operator.get('/api/v1/backtests'), backtestSchema.array());
    expect(listed.map(({ id, result }) => [id, result])).toEqual([
      [started.id, null],
      [DONE, null],
    ]);
    expect((await operator.get(`/api/v1/backtests/${started.id}/scores`)).status).toBe(409);
    expect((await operator.remove(`/api/v1/backtests/${started.id}`)).status).toBe(200);
    expect((await answer(await operator.get(`/api/v1/backtests/${started.id}`), backtestSchema)).state).toBe(
      'cancelled',
    );
    await operator.remove(`/api/v1/backtests/${started.id}`);
    expect((await operator.get(`/api/v1/backtests/${started.id}`)).status).toBe(404);
    expect(store.backtests.acts[0]).toContain('"changes":{"raise":0.8,"forMs":60000}');
  });

  test('tries a sentence that is not saved', async () => {
    const { visitor } = await openWeb();
    const order = {
      words: 'Alert me when a door is open',
      camera: 'entrance',
      since: new Date(NOW - HOUR).toISOString(),
    };
    const started = await answer(await (await visitor('operator')).send('/api/v1/backtests', order), backtestSchema);
    expect(started).toMatchObject({ rule: null, question: 'Is a door open?', words: 'Alert me when a door is open' });
  });

  test('gives result, timeline and pictures of one that is done', async () => {
    const { visitor } = await openWeb();
    const viewer = await visitor('viewer');
    const { result } = await answer(await viewer.get(`/api/v1/backtests/${DONE}`), backtestSchema);
    expect(result).toMatchObject({ eventCount: 1, alertsPerDay: 1, figures: { recall: { low: 0.3, of: 4 } } });
    const frame = result?.frames[0];
    expect(frame).toMatchObject({ at: FRAME_AT, role: 'deciding', value: 'yes', mark: null });
    const picture = await viewer.get(frame?.snapshotUrl ?? '');
    expect([picture.status, picture.headers.get('Content-Type')]).toEqual([200, 'image/jpeg']);
    expect((await viewer.get(`/api/v1/backtests/${DONE}/frames/1/snapshot.jpg`)).status).toBe(404);
    const scores = await answer(await viewer.get(`/api/v1/backtests/${DONE}/scores`), backtestScoresSchema);
    expect(scores.points.map(({ value, score }) => [value, score])).toEqual([
      ['no', 0.2],
      ['unknown', null],
      ['yes', 0.91],
    ]);
    expect(scores.bands).toHaveLength(1);
  });

  test('marks frames, proposes thresholds and applies what was proposed', async () => {
    const { visitor, store } = await openWeb();
    const operator = await visitor('operator');
    const path = `/api/v1/backtests/${DONE}`;
    const marked = await answer(
      await operator.send(`${path}/frames/${FRAME_AT}/mark`, { mark: 'wrong' }),
      backtestSchema,
    );
    expect(marked.result?.frames[0]).toMatchObject({ mark: 'wrong', markedBy: 'operator' });
    expect((await operator.send(`${path}/fit/apply`, { raise: 0.74 })).status).toBe(409);
    const { fit } = await answer(await operator.send(`${path}/fit`, { target: 3 }), backtestSchema);
    expect(fit).toMatchObject({
      target: 3,
      refused: null,
      fitted: { raise: 0.74, heldOut: 0.93, after: { falseAlarmsPerWeek: 1.4 } },
    });
    expect(await (await operator.send(`${path}/fit/apply`, { raise: 0.74 })).json()).toEqual({ rule: 'empty-shelf' });
    expect(store.backtests.acts.at(-1)).toBe('operator apply 0.74');
  });

  test('says which part of an order is wrong', async () => {
    const { visitor } = await openWeb();
    const operator = await visitor('operator');
    const since = new Date(NOW - HOUR).toISOString();
    const problem = async (order: unknown): Promise<string> => {
      const response = await operator.send('/api/v1/backtests', order);
      const { error } = (await response.json()) as { error: { message: string } };
      return `${response.status} ${error.message}`;
    };
    expect(await problem({ camera: 'aisle-3', since })).toMatch(/^400 "rule": name a rule or write a sentence/);
    expect(await problem({ rule: 'empty-shelf', camera: 'aisle-3', since: 'yesterday' })).toMatch(/^400 "since"/);
    expect(await problem({ rule: 'empty-shelf', camera: 'aisle-3', since, raise: 60 })).toMatch(/^400 "raise"/);
    expect(await problem({ rule: 'no-such', camera: 'aisle-3', since })).toMatch(/^404/);
  });
});

describe('the API of how rules did', () => {
  test('gives coverage by rule, camera and day, and false alarms with interval and trend', async () => {
    const { visitor } = await openWeb();
    const viewer = await visitor('viewer');
    const days = await answer(
      await viewer.get('/api/v1/coverage?rule=spill&from=2026-02-28&to=2026-03-02'),
      coverageSchema,
    );
    expect(days.map(({ rule, day, share }) => [rule, day, share])).toEqual([
      ['spill', '2026-02-28', 1],
      ['spill', '2026-03-01', 0.875],
      ['spill', '2026-03-02', 1],
    ]);
    expect(days[1]).toMatchObject({ lostMs: { dark: 90 * 60_000 }, longestGap: { ms: 80 * 60_000, cause: 'dark' } });
    const [alarms] = await answer(await viewer.get('/api/v1/rules/spill/false-alarms'), falseAlarmsSchema);
    expect(alarms).toMatchObject({ camera: 'aisle-3', wrong: 2, perDay: { rate: 0.67, high: 2.4 }, trend: 'falling' });
    expect((await viewer.get('/api/v1/coverage?from=monday')).status).toBe(400);
  });
});

describe('the pages', () => {
  test('a form with words that cannot be read is shown again with what was typed', async () => {
    const { visitor } = await openWeb();
    const operator = await visitor('operator');
    const form = { rule: 'empty-shelf', camera: 'entrance', period: '6', for: 'ages', raise: '80' };
    const response = await operator.post('/backtests', form);
    const html = await response.text();
    expect(response.status).toBe(400);
    expect(html).toContain('&quot;ages&quot; is no length of time');
    expect(html).toMatch(/<input name="raise" value="80"|<input[^>]*value="80"/);
    expect(html).toMatch(/<option value="entrance" selected/);
  });

  test('one that waits is cancelled on its page, which tells how it goes on', async () => {
    const { visitor } = await openWeb();
    const operator = await visitor('operator');
    const form = { rule: 'empty-shelf', camera: 'aisle-3', period: '6', raise: '80' };
    const page = (await operator.post('/backtests', form)).headers.get('Location') ?? '';
    expect(page).toMatch(/^\/rules\/empty-shelf\/backtest\?camera=aisle-3&run=run-1$/);
    const html = await (await operator.get(page)).text();
    expect(html).toContain('One other comes first.');
    expect(html).toMatch(/<progress[^>]*aria-label="Progress"/);
    const cancelled = await operator.post('/backtests/run-1/cancel');
    expect(cancelled.headers.get('Location')).toBe(page);
    expect(await (await operator.get(page)).text()).toContain('What the model said so far is kept');
  });

  test('viewers see results, and neither the form nor the buttons to mark', async () => {
    const { visitor } = await openWeb();
    const html = await (await (await visitor('viewer')).get('/rules/empty-shelf/backtest')).text();
    expect(html).toContain('An event began here');
    expect(html).toContain('needs the role operator');
    expect(html).not.toMatch(/action="\/backtests/);
  });

  test('the editor leads to a backtest of what stands there, and the address holds it', async () => {
    const { visitor } = await openWeb();
    const operator = await visitor('operator');
    const sent = await operator.post('/rules/backtest', { words: 'Alert me when a door is open', cameras: 'entrance' });
    expect(sent.headers.get('Location')).toBe('/rules/backtest?words=Alert+me+when+a+door+is+open&cameras=entrance');
    const html = await (await operator.get(sent.headers.get('Location') ?? '')).text();
    expect(html).toContain('This sentence is not saved.');
    expect(html).toContain('<input type="hidden" name="cameras" value="entrance"/>');
  });

  test('a frame that is marked comes back alone, with the figures', async () => {
    const { visitor } = await openWeb();
    const operator = await visitor('operator');
    const form = { at: String(FRAME_AT), mark: 'right' };
    const html = await (await operator.post(`/backtests/${DONE}/mark`, form, { 'HX-Request': 'true' })).text();
    expect(html).toContain(`id="frame-${FRAME_AT}"`);
    expect(html).toContain('1 of 3 marked');
    expect(html).not.toContain('<html');
  });

  test('how a rule did is told by day with its causes; of an unknown rule nothing', async () => {
    const { visitor } = await openWeb();
    const viewer = await visitor('viewer');
    const html = await (await viewer.get('/rules/empty-shelf/coverage?days=28')).text();
    for (const text of ['95.8', '87.5', 'too dark', '0.7', 'falling', '2 of 9 events marked wrong']) {
      expect(html.includes(text) ? text : `no ${text}`).toBe(text);
    }
    expect((await viewer.get('/rules/gone/coverage')).status).toBe(404);
    // Of many cameras the sums alone, and each by itself in full.
    const many = await (await viewer.get('/rules/road-hazard/coverage')).text();
    expect(many.match(/class="panel record"/g)).toHaveLength(8);
    expect(many).not.toContain('<table');
    const one = await (await viewer.get('/rules/road-hazard/coverage?camera=yard-3')).text();
    expect(one.match(/<table/g)).toHaveLength(1);
    expect((await viewer.get('/rules/empty-shelf/coverage?days=5')).status).toBe(400);
  });
});
