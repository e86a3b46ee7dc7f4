import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connectAsync } from 'mqtt';
import { startApp } from '../../src/app.ts';
import { loadSettings } from '../../src/config/load.ts';
import type { Judgement } from '../../src/pipeline.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { type AlertMessage, logIn, startDaemon, subscribe, temporaryFolder } from '../support/daemon.ts';
import { isScripted, writeDemoConfig } from './demo-cameras.ts';
import { percentile, residentMb, trendOf } from './process-use.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CAMERAS = 8;

/**
 * `npm run bench -- pipeline [--json] [--minutes N]`: eight demo cameras at one frame per 2 s with the real model.
 *
 * 1. In this process, for two rounds of the clips: from a frame being offered to its alert at a subscriber (so the way
 *    through the broker is counted too), less the time the model worked meanwhile, its own look and others' before it.
 * 2. The real program in a process of its own for N minutes (default 3; 30 for the release figure): resident memory, its
 *    slope, event-loop delay, and events that the script does not have.
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { json: { type: 'boolean' }, minutes: { type: 'string', default: '3' } },
  });
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Error(`--minutes takes a number above 0, not "${values.minutes}"`);
  const overheads = await measureOverhead();
  const memory = await measureMemory(minutes);
  const summary = {
    overheadP95Ms: round(percentile(overheads, 0.95)),
    loopDelayP99Ms: round(memory.loopDelayP99Ms),
    rssMb: round(memory.rssMb),
    rssSlopeMbPerHour: round(memory.slopeMbPerHour),
    rssSlopeMarginMbPerHour: round(memory.slopeMarginMbPerHour),
    alerts: overheads.length,
    minutes,
    falseEvents: memory.falseEvents,
  };
  if (!values.json) process.stdout.write(`overhead per alert, ms: ${overheads.map(round).join(' ')}\n`);
  process.stdout.write(`${JSON.stringify({ summary })}\n`);
}

async function measureOverhead(): Promise<number[]> {
  const folder = temporaryFolder('watchword-bench-');
  const judgements: Judgement[] = [];
  const stopped = new AbortController();
  const app = await startApp(
    {
      settings: loadSettings(writeDemoConfig(folder.path, { cameras: CAMERAS })),
      version: 'bench',
      clock: systemClock,
      logger: silentLogger,
      demoFolder: join(ROOT, 'models/watchword-tiny/demo'),
      bundledModel: join(ROOT, 'models/watchword-tiny'),
      baseFolder: folder.path,
      onJudgement: (judgement) => judgements.push(judgement),
    },
    stopped.signal,
  );
  const client = await connectAsync(app.mqttUrl);
  const overheads: number[] = [];
  client.on('message', (_topic, payload) => {
    const receivedAt = systemClock.monotonic();
    const { type, event } = JSON.parse(payload.toString()) as AlertMessage & { event: { changedAt: string } };
    if (type !== 'new') return;
    const deciding = judgements.find(
      ({ frame }) => frame.cameraId === event.camera && frame.capturedAt === Date.parse(event.changedAt),
    );
    if (deciding)
      overheads.push(receivedAt - deciding.offeredAt - modelTimeBetween(judgements, deciding.offeredAt, receivedAt));
  });
  await client.subscribeAsync(`${app.topicBase}/events`, { qos: 1 });
  progress('overhead: two rounds of the clips, 165 s');
  await systemClock.sleep(165_000);
  await client.endAsync(true);
  await app.stop();
  folder.remove();
  return overheads;
}

/** Model time of all looks within a stretch; the looks run one after the other. */
function modelTimeBetween(judgements: readonly Judgement[], from: number, to: number): number {
  let sum = 0;
  for (const { startedAt, finishedAt, modelMs } of judgements) {
    // The look ends its judgement, save for the verdicts; where in it the model worked is not recorded.
    const overlap = Math.min(finishedAt, to) - Math.max(startedAt, from);
    if (overlap > 0) sum += Math.min(modelMs, overlap);
  }
  return sum;
}

async function measureMemory(minutes: number) {
  const folder = temporaryFolder('watchword-bench-');
  const daemon = await startDaemon({
    dataDir: join(folder.path, 'data'),
    config: writeDemoConfig(folder.path, { cameras: CAMERAS }),
  });
  const subscriber = await subscribe(daemon.ready);
  const get = await logIn(daemon);
  const samples: Array<[hours: number, mb: number]> = [];
  const began = systemClock.monotonic();
  progress(`memory: the program with ${CAMERAS} cameras for ${minutes} min`);
  // What a start allocates is not growth, nor is what V8 compiles until all that is often run is compiled: heap snapshots of
  // eight cameras grew by 1.3 MB of code in the first nine minutes, by 0.3 MB in the next fourteen. So a third is left out.
  const settledMs = Math.max(60_000, minutes * 20_000);
  let rssMb = 0;
  const lags: number[] = [];
  while (systemClock.monotonic() - began < minutes * 60_000 + 1_000) {
    await systemClock.sleep(10_000);
    const ms = systemClock.monotonic() - began;
    const mb = residentMb(daemon.child.pid ?? 0);
    rssMb = Math.max(rssMb, mb);
    lags.push(await loopDelayP99Ms(get));
    if (ms >= settledMs) samples.push([ms / 3_600_000, mb]);
    progress(`${Math.round(ms / 1_000)} s  ${mb.toFixed(1)} MB  p99 loop delay ${lags.at(-1)?.toFixed(1)} ms`);
  }
  const falseEvents = subscriber.messages.filter(
    ({ type, event }) => type === 'new' && !isScripted(event.camera, event.rule),
  );
  for (const { event } of falseEvents) progress(`not in the script: ${event.rule} on ${event.camera}`);
  await subscriber.stop();
  await daemon.stop();
  folder.remove();
  const { slope, margin } = trendOf(samples);
  return {
    rssMb,
    loopDelayP99Ms: percentile(lags, 0.5),
    slopeMbPerHour: slope,
    slopeMarginMbPerHour: margin,
    falseEvents: falseEvents.length,
  };
}

/** The daemon's own measure since the last time it was asked: its histogram starts anew with each scrape. */
async function loopDelayP99Ms(get: (path: string) => Promise<Response>): Promise<number> {
  const text = await (await get('/metrics')).text();
  return Number(/^watchword_nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(text)?.[1] ?? Number.NaN) * 1_000;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
