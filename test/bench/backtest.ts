import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Backtests } from '../../src/backtest/backtest-desk.ts';
import { CapacityLedger } from '../../src/capacity.ts';
import { ModelTurns } from '../../src/desks/model-turns.ts';
import { createRuleDesk } from '../../src/desks/rule-desk.ts';
import { PictureIndex } from '../../src/history/picture-index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { Health } from '../../src/platform/health.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { planOf } from '../../src/rules/capacity.ts';
import { contextOf } from '../../src/rules/context.ts';
import { RuleFiles } from '../../src/rules/rule-files.ts';
import { openStore } from '../../src/store/store.ts';
import { loadVisionModel } from '../../src/vision/load.ts';
import type { BacktestView } from '../../src/web/backtests.ts';
import { temporaryFolder } from '../support/daemon.ts';
import { writeDay } from '../support/demo-world/day.ts';
import { Footage } from '../support/demo-world/footage.ts';
import { LiveBox, type LiveDelays } from '../support/demo-world/live-box.ts';
import { SIZE } from '../support/demo-world/scene.ts';
import { demoStore, Watching } from '../support/demo-world/watching.ts';

const PACKAGE = fileURLToPath(new URL('../../models/watchword-tiny', import.meta.url));
const CAMERA = 'yard';
const RULE = 'traffic-hazard';
const BEGAN = Date.parse('2026-03-02T08:00:00Z');
const SEED = 9_330_005;
/** How long the live box is measured alone. */
const ALONE_MS = 60_000;

/**
 * `npm run bench -- backtest [--frames N] [--busy] [--json]`: a backtest over 10,000 stored frames of one camera beside a live box of six
 * cameras at one frame per two seconds, all with the bundled model. Every stored frame is put to the model. Printed: what live
 * frames waited for alone and beside it, against the delay that the capacity plan gives; how progress was told; how soon
 * another one was cancelled; how long the same past takes with other thresholds; and whether its events are those of a live run
 * on the same frames. `--busy`: the live box as if every rule were about to fire, so that the change gate spares nothing.
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { frames: { type: 'string', default: '10000' }, busy: { type: 'boolean' }, json: { type: 'boolean' } },
  });
  const frames = Number(values.frames);
  const { settings, rules } = demoStore();
  const folder = temporaryFolder('watchword-bench-');
  const dataDir = folder.path;
  const model = await loadVisionModel({ packageDir: PACKAGE, clock: systemClock, logger: silentLogger });
  const store = openStore({ dataDir, clock: systemClock, logger: silentLogger, version: '0', channels: [] });
  try {
    progress(`${frames} frames are stored and watched live`);
    const live = await storeFrames(dataDir, frames, model);
    const turns = new ModelTurns({ model, clock: systemClock });
    const health = new Health(() => systemClock.now());
    const cameras = Object.entries(settings.cameras).map(([id, camera]) => ({ id, settings: camera }));
    const ledger = new CapacityLedger({ dataDir, cameras, clock: systemClock, logger: silentLogger, health });
    const context = () => contextOf(settings);
    const files = new RuleFiles(settings.rules);
    const ruleDesk = createRuleDesk({
      ...{ files, versions: store.ruleVersions, context, clock: systemClock, logger: silentLogger },
    });
    const desk = new Backtests({
      ...{ dataDir, turns, ruleDesk, clock: systemClock, logger: silentLogger, box: () => settings },
      ...{ model: () => model.identity, rules: () => rules, events: store.log },
    });
    const stopping = new AbortController();
    const working = desk.run(stopping.signal);
    const box = new LiveBox({ settings, rules, model: ledger.metered(turns.live), busy: values.busy ?? false });
    await box.start();
    progress(`the live box alone for ${ALONE_MS / 1_000} s`);
    await systemClock.sleep(ALONE_MS);
    const alone = box.delays();
    const order = { rule: RULE, cameraId: CAMERA, since: BEGAN, until: BEGAN + frames * 2_000 };
    progress('the backtest beside it');
    const first = await measured(desk, order);
    const beside = box.delays();
    const other = await measured(desk, { ...order, changes: { forMs: 10_000 } });
    const cancelledMs = await cancelOne(desk, {
      ...order,
      draft: { words: 'Alert me when a car is red', cameras: [CAMERA] },
    });
    const load = ledger.load(box.assignments);
    const planned = load && Math.min(...rules.map((rule) => planOf(rule, load).delayMs));
    await box.stop();
    stopping.abort();
    await working;
    const told = (view: BacktestView) => view.result?.events.map(({ startedAt, endedAt }) => [startedAt, endedAt]);
    const same = JSON.stringify(told(first.view)) === JSON.stringify(live);
    const summary = {
      frames,
      asked: first.view.result?.looks.asked,
      seconds: Math.round(first.ms / 1_000),
      progressSteps: first.steps,
      events: live.length,
      sameEventsAsLive: same,
      ...{ alone, beside, plannedDelayMs: planned && Math.round(planned) },
      otherDurationMs: Math.round(other.ms),
      askedAgain: other.view.result?.looks.asked,
      cancelledMs: Math.round(cancelledMs),
    };
    if (!values.json) print(summary);
    process.stdout.write(`${JSON.stringify({ summary })}\n`);
  } finally {
    store.close();
    await model.close();
    folder.remove();
  }
}

/**
 * Every frame becomes a picture of the history, and is put to the model by the live pipeline. The live events' beginnings and
 * ends. (test/demo/backtest.test.ts compares the two with the change gates of both on.)
 */
async function storeFrames(dataDir: string, frames: number, model: Awaited<ReturnType<typeof loadVisionModel>>) {
  const { settings, rules } = demoStore();
  const script = writeDay({
    family: 'road',
    seed: SEED,
    hours: (frames * 2) / 3_600,
    startHour: 8,
    incidentShare: 0.3,
  });
  const footage = new Footage(script);
  const index = PictureIndex.open(dataDir);
  const watching = new Watching({ cameraId: CAMERA, settings, rules, model, began: BEGAN, ungated: true });
  for (let frame = 0; frame < frames; frame++) {
    const at = frame * 2_000;
    const jpeg = await footage.picture(at / 1_000);
    const picture = { cameraId: CAMERA, capturedAt: BEGAN + at, until: BEGAN + at, trouble: null };
    const file = index.pathOf(picture);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, jpeg);
    index.add({ ...picture, ...SIZE, bytes: jpeg.byteLength });
    await watching.show(jpeg, at);
  }
  index.close();
  await watching.stop();
  return watching.events.map(({ startedAt, endedAt }) => [startedAt, endedAt]);
}

type Order = Parameters<Backtests['start']>[0];

/** Runs it to its end, looking at it ten times a second as a page might. */
async function measured(desk: Backtests, order: Order): Promise<{ view: BacktestView; ms: number; steps: number }> {
  const began = systemClock.monotonic();
  const { id } = await desk.start(order, 'bench');
  const seen = new Set<number>();
  for (;;) {
    const view = desk.get(id);
    if (!view) throw new Error('the backtest is gone');
    const { asked, toAsk } = view.progress ?? { asked: 0, toAsk: 0 };
    if (!seen.has(asked) && seen.size % 200 === 0) progress(`${asked} of ${toAsk}`);
    seen.add(asked);
    if (view.state === 'done') return { view, ms: systemClock.monotonic() - began, steps: seen.size };
    if (view.state === 'failed' || view.state === 'cancelled') throw new Error(`it ${view.state}: ${view.problem}`);
    await systemClock.sleep(100);
  }
}

/** From the cancel to its end, after some pictures, ms. */
async function cancelOne(desk: Backtests, order: Order): Promise<number> {
  const { id } = await desk.start(order, 'bench');
  while ((desk.get(id)?.progress?.asked ?? 0) < 50) await systemClock.sleep(50);
  const began = systemClock.monotonic();
  desk.cancel(id);
  while (desk.get(id)?.state !== 'cancelled') await systemClock.sleep(5);
  return systemClock.monotonic() - began;
}

interface Summary {
  readonly frames: number;
  readonly seconds: number;
  readonly alone: LiveDelays;
  readonly beside: LiveDelays;
  readonly plannedDelayMs: number | undefined;
  readonly sameEventsAsLive: boolean;
  readonly events: number;
  readonly otherDurationMs: number;
  readonly cancelledMs: number;
  readonly progressSteps: number;
}

function print(summary: Summary): void {
  const { frames, seconds, alone, beside, plannedDelayMs, sameEventsAsLive, events } = summary;
  const delays = ({ judged, dropped, p50Ms, p95Ms, maxMs, longestGapMs, worstAlertMs }: LiveDelays): string =>
    `${judged} frames judged, ${dropped} dropped; a frame waits ${p50Ms} ms (p95 ${p95Ms}, most ${maxMs}); longest time between two looks ${longestGapMs} ms; an alert at worst after ${worstAlertMs} ms`;
  const lines = [
    `${frames} frames in ${seconds} s, told in ${summary.progressSteps} steps; ${events} events, ${sameEventsAsLive ? 'the same as live' : 'NOT the same as live'}`,
    `live box alone   ${delays(alone)}`,
    `live box beside  ${delays(beside)}`,
    `planned: an alert at worst after ${plannedDelayMs} ms`,
    `another duration on the same past ${summary.otherDurationMs} ms; cancelled after ${summary.cancelledMs} ms`,
  ];
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
