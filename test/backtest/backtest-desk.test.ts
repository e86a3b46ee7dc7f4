import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Backtests } from '../../src/backtest/backtest-desk.ts';
import { ModelTurns } from '../../src/desks/model-turns.ts';
import { createRuleDesk } from '../../src/desks/rule-desk.ts';
import { PictureIndex } from '../../src/history/picture-index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { contextOf } from '../../src/rules/context.ts';
import { readRuleFile } from '../../src/rules/file.ts';
import { RuleFiles } from '../../src/rules/rule-files.ts';
import type { BacktestOrder, BacktestView } from '../../src/web/backtests.ts';
import { commitOf, ended, eventOf, START, tempStore } from '../store/temp-store.ts';
import { ScriptedModel } from '../support/scripted-model.ts';
import { until } from '../support/until.ts';

const MINUTE = 60_000;
const BOX = {
  site: { timeZone: 'UTC' },
  cameras: { 'aisle-1': { zones: {}, maxWidth: 1280 }, 'aisle-2': { zones: {}, maxWidth: 1280 } },
  calendars: {},
};
const FILE = '# keep me\nrule: Alert me when a shelf is empty\n';

/** A box with a past of pictures whose text is their score in hundredths; the desk works until the test ends. */
function boxWithPast(options: { minutes?: number; score?: (minute: number) => number } = {}) {
  const { minutes = 40, score = (minute: number) => (minute % 10 === 5 ? 90 : 10) } = options;
  const { store, dataDir } = tempStore();
  const index = PictureIndex.open(dataDir);
  const now = START;
  for (let minute = 0; minute < minutes; minute++) {
    const capturedAt = now - (minutes - minute) * MINUTE;
    const picture = { cameraId: 'aisle-1', capturedAt, until: capturedAt + 58_000, trouble: null };
    const text = `${score(minute)} ${minute}`;
    mkdirSync(join(index.pathOf(picture), '..'), { recursive: true });
    writeFileSync(index.pathOf(picture), text);
    index.add({ ...picture, bytes: text.length, width: 320, height: 180 });
  }
  const rules = join(dataDir, 'rules');
  mkdirSync(rules);
  writeFileSync(join(rules, 'empty-shelf.yaml'), FILE);
  const context = () => contextOf(BOX);
  const files = new RuleFiles(rules);
  const ruleDesk = createRuleDesk({
    ...{ files, versions: store.ruleVersions, context, clock: systemClock, logger: silentLogger },
  });
  const ruleNow = () =>
    readRuleFile(readFileSync(join(rules, 'empty-shelf.yaml'), 'utf8'), 'empty-shelf.yaml', context());
  const model = new ScriptedModel((picture) => ({ score: Number.parseInt(picture, 10) / 100 }));
  const turns = new ModelTurns({ model, clock: systemClock });
  const desk = new Backtests({
    ...{ dataDir, turns, ruleDesk, clock: systemClock, logger: silentLogger, box: () => BOX },
    model: () => model.identity,
    rules: () => [ruleNow().rule].flatMap((rule) => rule ?? []),
    events: store.log,
  });
  const stopping = new AbortController();
  const running = desk.run(stopping.signal);
  onTestFinished(async () => {
    stopping.abort();
    await running;
    index.close();
  });
  const order: BacktestOrder = { rule: 'empty-shelf', cameraId: 'aisle-1', since: now - minutes * MINUTE, until: now };
  const done = async (more: Partial<BacktestOrder> = {}): Promise<BacktestView> => {
    const { id } = await desk.start({ ...order, ...more }, 'olga');
    await until(() => desk.get(id)?.state !== 'waiting' && desk.get(id)?.state !== 'running', 'the end of a backtest');
    const view = desk.get(id);
    if (!view) throw new Error('it is gone');
    return view;
  };
  return {
    desk,
    order,
    done,
    model,
    store,
    dataDir,
    turns,
    text: () => readFileSync(join(rules, 'empty-shelf.yaml'), 'utf8'),
  };
}

const looks = (model: ScriptedModel): number => model.calls.filter((call) => call.startsWith('look')).length;

describe('backtests ordered on the page', () => {
  test('tell events, alerts a day and the frames to mark, and ask the model once for all thresholds', async () => {
    const { desk, done, model } = boxWithPast();
    const view = await done();
    expect(view).toMatchObject({
      state: 'done',
      ruleId: 'empty-shelf',
      orderedBy: 'olga',
      progress: { asked: 40, toAsk: 40 },
    });
    expect(view.result).toMatchObject({ eventCount: 4, alertCount: 4, alertsPerDay: 144, looks: { asked: 40 } });
    const frames = view.result?.frames ?? [];
    expect(frames.filter(({ role }) => role === 'deciding').map(({ score }) => score)).toEqual([0.9, 0.9, 0.9, 0.9]);
    expect(frames.filter(({ role }) => role === 'near').length).toBeGreaterThan(10);
    expect(Buffer.from((await desk.picture(view.id, frames[0]?.at ?? 0)) ?? []).toString()).toMatch(/^\d+ \d+$/);
    expect(await desk.picture(view.id, 1)).toBeUndefined();
    expect(looks(model)).toBe(40);
    const stricter = await done({ changes: { raise: 0.95 } });
    expect(stricter.result).toMatchObject({ eventCount: 0, looks: { asked: 0 } });
    expect((await done({ changes: { forMs: 3 * MINUTE } })).result).toMatchObject({
      eventCount: 0,
      looks: { asked: 0 },
    });
    expect(looks(model)).toBe(40);
    expect(model.held).toBe(0);
  });

  test('run one after the other, are cancelled, and go on where they were', async () => {
    const { desk, order, done, model } = boxWithPast();
    let release: (() => void) | undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const look = model.look.bind(model);
    model.look = async (picture, options) => {
      if (looks(model) === 10) await held;
      return look(picture, options);
    };
    const first = await desk.start(order, 'olga');
    const second = await desk.start(order, 'olga');
    await until(() => desk.get(first.id)?.progress?.asked === 10, 'ten pictures');
    expect(desk.get(second.id)).toMatchObject({ state: 'waiting', ahead: 1 });
    desk.cancel(second.id);
    expect(desk.get(second.id)?.state).toBe('cancelled');
    desk.cancel(first.id);
    release?.();
    await until(() => desk.get(first.id)?.state === 'cancelled', 'the end');
    desk.cancel(first.id);
    expect(desk.list().map(({ id }) => id)).toEqual([second.id]);
    const asked = (await done()).result?.looks.asked ?? 0;
    expect(asked).toBeGreaterThanOrEqual(29);
    expect(asked).toBeLessThanOrEqual(31);
  });

  test('are refused with what is wrong, and when too many wait', async () => {
    const { desk, order, model } = boxWithPast();
    const refusal = (more: Partial<BacktestOrder>): Promise<string> =>
      desk.start({ ...order, ...more }, 'olga').then(
        () => 'accepted',
        (error) => `${error.kind}: ${error.message}`,
      );
    expect(await refusal({ cameraId: 'aisle-9' })).toBe('not-found: there is no camera "aisle-9"');
    expect(await refusal({ rule: 'gone' })).toBe('not-found: there is no rule "gone"');
    expect(await refusal({ until: order.since })).toMatch(/^invalid-input: the time/);
    expect(await refusal({ since: order.until - 32 * 1440 * MINUTE })).toMatch(/^invalid-input: .*31 days/);
    expect(await refusal({ changes: { raise: 0.3, clear: 0.5 } })).toMatch(/^invalid-input: clear 0.5 is above/);
    expect(await refusal({ changes: { schedule: 'whenever' } })).toMatch(/^invalid-input: the schedule "whenever"/);
    const draft = { words: 'Alert me when it smells twice a day', cameras: [] };
    expect(await refusal({ draft })).toMatch(/^invalid-input: it is refused/);
    model.look = () => new Promise(() => undefined);
    const answers = await Promise.all(Array.from({ length: 7 }, () => refusal({})));
    expect(answers.filter((answer) => answer.startsWith('too-many')).length).toBeGreaterThanOrEqual(1);
    expect(answers.filter((answer) => answer === 'accepted').length).toBeLessThanOrEqual(5);
  });

  test('a sentence that is not saved can be tried, but no thresholds are written for it', async () => {
    const { desk, done } = boxWithPast();
    const view = await done({ draft: { words: 'Alert me when a crate is empty', cameras: [] } });
    expect(view).toMatchObject({
      draft: { cameras: [] },
      rule: { question: 'Is a crate empty?' },
      result: { eventCount: 4 },
    });
    await expect(desk.applyFit(view.id, 0.7, 'olga')).rejects.toMatchObject({ kind: 'conflict' });
  });

  test('never hold up a live look for more than the one picture that is at work', async () => {
    const { desk, order, turns, model } = boxWithPast({ minutes: 60 });
    const { id } = await desk.start(order, 'olga');
    await until(() => (desk.get(id)?.progress?.asked ?? 0) >= 3, 'three pictures');
    for (let turn = 0; turn < 10; turn++) {
      const before = looks(model);
      const live = await turns.live.look(Buffer.from('10 live'));
      // The look that was under way, and the one for the live camera.
      expect(looks(model) - before).toBeLessThanOrEqual(2);
      await turns.live.score(live, ['Is a shelf empty?']);
      await turns.live.release(live);
    }
    await until(() => desk.get(id)?.state === 'done', 'the end');
  });
});

describe('marks', () => {
  test('make precision and recall with intervals, hold for other thresholds, and can be taken back', async () => {
    const { desk, done, dataDir } = boxWithPast();
    const { id, result } = await done();
    const deciding = result?.frames.filter(({ role }) => role === 'deciding') ?? [];
    const near = result?.frames.filter(({ role }) => role === 'near') ?? [];
    for (const [index, { at }] of deciding.entries()) await desk.mark(id, at, index === 0 ? 'wrong' : 'right', 'olga');
    const marked = await desk.mark(id, near[0]?.at ?? 0, 'wrong', 'olga');
    expect(marked.result?.figures).toMatchObject({
      marked: 5,
      precision: { share: 0.75, of: 4 },
      recall: { share: 0.75, of: 4 },
    });
    expect(marked.result?.figures.precision?.low).toBeCloseTo(0.3006, 3);
    expect(marked.result?.figures.precision?.high).toBeCloseTo(0.9544, 3);
    expect(readFileSync(join(dataDir, 'labels', 'aisle-1', `${deciding[0]?.at}.jpg`), 'utf8')).toMatch(/^90 /);
    // What is true of a picture stays true; whether the rule reads it right changes with its thresholds.
    const stricter = await done({ changes: { raise: 0.95 } });
    const markOf = (view: BacktestView, at = 0) => view.result?.frames.find((frame) => frame.at === at)?.mark;
    expect(markOf(stricter, near[0]?.at)).toBe('wrong');
    const again = await desk.mark(id, near[0]?.at ?? 0, null, 'olga');
    expect(markOf(again, near[0]?.at)).toBe(null);
    expect(again.result?.figures.recall).toMatchObject({ share: 1, of: 3 });
    await expect(desk.mark(id, 5, 'right', 'olga')).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('few marks are no reason for other thresholds', async () => {
    const { desk, done } = boxWithPast();
    const { id, result } = await done();
    await desk.mark(id, result?.frames[0]?.at ?? 0, 'right', 'olga');
    expect((await desk.fit(id, 2)).fit?.outcome).toMatchObject({ refused: 'marks' });
    await expect(desk.applyFit(id, 0.7, 'olga')).rejects.toMatchObject({ kind: 'conflict' });
  });

  test('become thresholds that are better on what was not marked, are written with who, and can be taken back', async () => {
    // It shows it from 80 on; what does not reaches 70, above the default of 60.
    const truth = (minute: number): number =>
      minute % 8 === 3 ? 80 + (minute % 10) : minute % 8 === 6 ? 70 - (minute % 7) : 8;
    const box = boxWithPast({ minutes: 200, score: truth });
    const { desk, done, store, text } = box;
    const { id, result } = await done();
    for (const { at, score, value } of result?.frames ?? []) {
      await desk.mark(id, at, (value === 'yes') === score >= 0.8 ? 'right' : 'wrong', 'olga');
    }
    const { fit } = await desk.fit(id, 2);
    expect(fit?.now).toMatchObject({ raise: 0.6, clear: 0.4 });
    if (!fit || 'refused' in fit.outcome) throw new Error(`no fit: ${JSON.stringify(fit)}`);
    const { raise, clear, before, after, heldOut } = fit.outcome;
    expect(raise).toBeGreaterThan(0.7);
    expect(raise).toBeLessThan(0.81);
    expect(before.balancedAccuracy).toBeLessThan(1);
    expect([after.balancedAccuracy, heldOut]).toEqual([1, 1]);
    expect(before.falseAlarmsPerWeek).toBeGreaterThan(100);
    expect(after.falseAlarmsPerWeek).toBeLessThanOrEqual(2);
    // What was tried beside the thresholds does not count: the rule as it is is fitted, and compared with.
    const tried = await done({ changes: { raise: 0.9, forMs: 5 * MINUTE } });
    expect((await desk.fit(tried.id, 2)).fit).toMatchObject({ now: fit.now, outcome: { before, raise } });
    await desk.applyFit(id, raise, 'olga');
    expect(text()).toMatch(
      /^# keep me\nrule: Alert me when a shelf is empty\nfitted:\n {2}aisle-1:\n {4}- \{ ?raise: 0\.7/,
    );
    expect(text()).toContain(`clear: ${clear}`);
    expect(store.ruleVersions.list('empty-shelf').map(({ savedBy, text: kept }) => [savedBy, kept === FILE])).toEqual([
      ['olga', false],
      [null, true],
    ]);
    // In force: the same past without the false alarms, and nothing is asked for it.
    expect((await done()).result).toMatchObject({ eventCount: 25, looks: { asked: 0 } });
  }, 60_000);

  test('on events of the live rule count as well', async () => {
    const { desk, done, store } = boxWithPast();
    const { id } = await done();
    for (let index = 0; index < 12; index++) {
      const event = eventOf({ startedAt: START - index * 3 * MINUTE, score: index % 2 === 0 ? 0.9 : 0.62 });
      store.events.commit(commitOf('new', event));
      store.events.commit(commitOf('end', ended(event)));
      store.log.mark(event.id, index % 2 === 0 ? 'right' : 'wrong', 'olga', START);
    }
    expect((await desk.fit(id, 1_000)).fit?.outcome).toMatchObject({ right: 6, wrong: 6, heldOut: 1 });
  });
});
