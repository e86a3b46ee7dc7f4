import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { OPERATIONS } from '../../src/web/api/operations.ts';
import { errorSchema, eventPageSchema, ruleSchema, scoresSchema } from '../../src/web/api/schemas.ts';
import { STATUS_OF } from '../../src/web/errors.ts';
import { cutSentence, spanLook } from '../../src/web/sentence.ts';
import { fakeStore, NOW } from './fixture.ts';
import { openWeb, type Visit, type Visitor } from './visitor.ts';

const parameters = z.array(z.object({ name: z.string(), in: z.string(), required: z.boolean() }));
const openApi = z.looseObject({
  openapi: z.string(),
  paths: z.record(z.string(), z.partialRecord(z.enum(['get', 'post', 'delete']), z.object({ parameters }))),
});

describe('the API', () => {
  let visit: Visit;
  let operator: Visitor;
  let admin: Visitor;

  beforeAll(async () => {
    const store = fakeStore();
    store.takePictures();
    store.health.report('broker', 'down', 'away');
    visit = await openWeb(store);
    operator = await visit.visitor('operator');
    admin = await visit.visitor('admin');
  });

  // Backtests come and go: see backtest.test.ts.
  const standing = OPERATIONS.filter(({ path }) => !path.startsWith('/backtests'));
  test.for(standing.filter(({ answer }) => typeof answer !== 'string'))(
    '$method $path answers as it is described',
    async ({ method, path, answer, role }) => {
      const address = `/api/v1${path.replace(':id', 'mm8x1-shelf')}`;
      const who = role === 'admin' ? admin : operator;
      const body = { mark: 'right', note: 'seen', id: 'dock', address: '10.0.0.9' };
      const response = method === 'get' ? await who.get(address) : await who.send(address, body);
      expect(response.status).toBe(200);
      const answered: unknown = await response.json();
      expect(answered).toBeTruthy();
      const schema = answer as z.ZodType;
      // Strict: a field that is answered but not described fails too.
      expect(strict(schema).safeParse(answered).error).toBeUndefined();
    },
  );

  test('tells which pictures a rule shows the model', async () => {
    const { store, visitor } = await openWeb(fakeStore());
    const examples = [{ picture: 'examples/full.jpg', says: 'This shelf is full.' }];
    const [plain, moving] = store.rules;
    if (!plain || !moving) throw new Error('the store has too few rules');
    store.rules = [plain, { ...moving, overMs: 10_000, examples }];
    const rules = z.array(ruleSchema).parse(await (await (await visitor('viewer')).get('/api/v1/rules')).json());
    expect(rules).toMatchObject([
      { id: plain.id, overMs: null, examples: [] },
      { id: moving.id, overMs: 10_000, examples },
    ]);
  });

  test('describes itself as OpenAPI 3.1', async () => {
    const api = openApi.parse(await (await operator.get('/api/v1/openapi.json')).json());
    expect(api.openapi).toBe('3.1.0');
    expect(Object.keys(api.paths)).toHaveLength(new Set(OPERATIONS.map(({ path }) => path)).size);
    const list = api.paths['/api/v1/events']?.get;
    expect(list?.parameters.map(({ name }) => name)).toContain('cursor');
    expect(api.paths['/api/v1/events/{id}']?.get?.parameters[0]).toMatchObject({
      name: 'id',
      in: 'path',
      required: true,
    });
    expect(JSON.stringify(api)).not.toContain('$schema');
  });

  test('pages through events', async () => {
    const first = eventPageSchema.parse(await (await operator.get('/api/v1/events?limit=2')).json());
    expect(first.events.map(({ id }) => id)).toEqual(['mm8w8-exit', 'mm8x1-shelf']);
    const next = await operator.get(`/api/v1/events?limit=2&cursor=${first.next}`);
    const second = eventPageSchema.parse(await next.json());
    expect(second.events[0]?.id).toBe('mm8x0-robot');
    for (const limit of ['0', '201', 'x'])
      expect((await operator.get(`/api/v1/events?limit=${limit}`)).status).toBe(400);
  });

  test('gives pictures; the newest is never cached, a named one is', async () => {
    const newest = await operator.get('/api/v1/cameras/aisle-3/snapshot.jpg');
    expect(newest.headers.get('Content-Type')).toBe('image/jpeg');
    expect(newest.headers.get('Cache-Control')).toBe('no-store');
    expect(
      Buffer.from(await newest.arrayBuffer())
        .subarray(0, 2)
        .toString('hex'),
    ).toBe('ffd8');
    const named = await operator.get(`/api/v1/cameras/aisle-3/snapshot.jpg?at=${NOW - 3_000}-41`);
    expect(named.headers.get('Cache-Control')).toContain('immutable');
    expect((await operator.get('/api/v1/cameras/loading-dock/snapshot.jpg')).status).toBe(404);
    expect((await operator.get('/api/v1/cameras/..%2F..%2Fetc%2Fpasswd/snapshot.jpg')).status).toBe(404);
  });

  test('gives the scores around an event with the lines to draw', async () => {
    const scores = scoresSchema.parse(await (await operator.get('/api/v1/events/mm8x1-shelf/scores')).json());
    expect(scores).toMatchObject({ raise: 0.65, clear: 0.4, endedAt: null });
    expect(scores.points.length).toBeGreaterThan(100);
    expect(scores.points.filter(({ value }) => value === 'unknown')[0]).toMatchObject({
      score: null,
      cause: 'dark',
    });
    const ended = scoresSchema.parse(await (await operator.get('/api/v1/events/mm8w7-road/scores')).json());
    expect(ended.points).toEqual([]);
  });

  test('answers every error with kind, message and hint', async () => {
    const missing = await operator.get('/api/v1/events/none');
    expect(missing.status).toBe(404);
    expect(await missing.json()).toEqual({
      error: { kind: 'not-found', message: 'there is no such event', hint: 'It may have been removed by retention' },
    });
    const wrong = await operator.send('/api/v1/events/mm8x1-shelf/mark', { mark: 'maybe' });
    expect(errorSchema.parse(await wrong.json()).error.kind).toBe('invalid-input');
    const broken = await operator.send('/api/v1/events/mm8x1-shelf/mark', '', {
      'Content-Type': 'application/json; charset=utf-8',
    });
    expect(broken.status).toBe(400);
    expect(Object.values(STATUS_OF).every((status) => status >= 400 && status < 600)).toBe(true);
  });

  test('tells machines whether it lives and is ready without saying anything else', async () => {
    const nobody = await visit.visitor();
    expect(await (await nobody.get('/healthz')).json()).toEqual({ status: 'ok' });
    expect((await nobody.get('/readyz')).status).toBe(200);
    visit.store.ready = false;
    expect((await nobody.get('/readyz')).status).toBe(503);
    visit.store.ready = true;
    expect(await (await operator.get('/metrics')).text()).toContain('watchword_frames_total');
  });
});

describe('a sentence', () => {
  const span = (start: number, end: number, means = 'duration') => ({ start, end, means, value: '' });

  test('is cut without losing a sign, whatever the spans are', () => {
    const words = 'for 5 minutes or so';
    for (const spans of [
      [],
      [span(0, 13)],
      [span(4, 5), span(0, 13)],
      [span(10, 99)],
      [span(5, 5), span(7, 3)],
      [span(0, 4), span(3, 8)],
    ]) {
      expect(
        cutSentence(words, spans)
          .map(({ text }) => text)
          .join(''),
      ).toBe(words);
    }
    expect(cutSentence(words, [span(0, 13)])[0]).toMatchObject({ text: 'for 5 minutes', span: { means: 'duration' } });
  });

  test('shows kinds it does not know as understood, also odd ones', () => {
    expect([spanLook('duration'), spanLook('weather'), spanLook('constructor')]).toEqual([
      'duration',
      'other',
      'other',
    ]);
  });
});

/** The same schema, refusing what it does not name. */
function strict(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodArray) return z.array(strict(schema.element as z.ZodType));
  if (!(schema instanceof z.ZodObject)) return schema;
  const parts = Object.entries(schema.shape).map(([name, part]) => [name, strict(part as z.ZodType)]);
  return z.strictObject(Object.fromEntries(parts));
}
