import { readFileSync, writeFileSync } from 'node:fs';
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

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CLIPS = ['shelf_runs_empty', 'spill_cleaned', 'robot_falls', 'exit_blocked', 'no_vest', 'road_incident'];
/** Which rule may fire on which clip; anything else is a false event. */
const SCRIPTED: Record<string, string> = {
  shelf_runs_empty: 'empty-shelf',
  spill_cleaned: 'spill',
  robot_falls: 'fallen-robot',
  exit_blocked: 'blocked-exit',
  no_vest: 'no-vest',
  road_incident: 'traffic-hazard',
};
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
    rssSlopeErrorMbPerHour: round(memory.slopeErrorMbPerHour),
    alerts: overheads.length,
    minutes,
    falseEvents: memory.falseEvents,
  };
  if (!values.json) process.stdout.write(`overhead per alert, ms: ${overheads.map(round).join(' ')}\n`);
  process.stdout.write(`${JSON.stringify({ summary })}\n`);
}

/** Eight cameras over six clips; ids say which clip each plays. */
function writeConfig(folder: string): string {
  const cameras = Array.from({ length: CAMERAS }, (_, i) => {
    const clip = CLIPS[i % CLIPS.length] ?? '';
    return `  ${idOf(clip)}${i < CLIPS.length ? '' : '-2'}: { source: "demo:${clip}" }`;
  });
  for (const [clip, rule] of Object.entries(SCRIPTED)) {
    // The shipped rules name the demo store's cameras; here each watches all that play a clip of its kind of place.
    const text = readFileSync(join(ROOT, 'rules', `${rule}.yaml`), 'utf8').replace(
      /^cameras:.*$/m,
      `cameras: [${placesLike(clip).join(', ')}]`,
    );
    writeFileSync(join(folder, `${rule}.yaml`), text);
  }
  const file = join(folder, 'watchword.conf');
  writeFileSync(
    file,
    `site: { id: bench, timeZone: UTC }\ncameras:\n${cameras.join('\n')}\nrules: .\ndata: ./data\nweb: { port: 0 }\nmqtt: { port: 0 }\n`,
  );
  return file;
}

const idOf = (clip: string): string => clip.replaceAll('_', '-');

function placesLike(clip: string): string[] {
  const places = [['shelf_runs_empty', 'spill_cleaned'], ['robot_falls', 'exit_blocked', 'no_vest'], ['road_incident']];
  return (places.find((place) => place.includes(clip)) ?? []).map((each) => `${idOf(each)}*`);
}

async function measureOverhead(): Promise<number[]> {
  const folder = temporaryFolder('watchword-bench-');
  const judgements: Judgement[] = [];
  const stopped = new AbortController();
  const app = await startApp(
    {
      settings: loadSettings(writeConfig(folder.path)),
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
  const daemon = await startDaemon({ dataDir: join(folder.path, 'data'), config: writeConfig(folder.path) });
  const subscriber = await subscribe(daemon.ready);
  const get = await logIn(daemon);
  const samples: Array<{ hours: number; mb: number }> = [];
  const began = systemClock.monotonic();
  progress(`memory: the program with ${CAMERAS} cameras for ${minutes} min`);
  // What start-up allocates is not growth: the slope is taken after the first fifth, at least a minute.
  const settledMs = Math.max(60_000, minutes * 12_000);
  let rssMb = 0;
  const lags: number[] = [];
  while (systemClock.monotonic() - began < minutes * 60_000 + 1_000) {
    await systemClock.sleep(10_000);
    const ms = systemClock.monotonic() - began;
    const mb = residentMb(daemon.child.pid ?? 0);
    rssMb = Math.max(rssMb, mb);
    lags.push(await loopDelayP99Ms(get));
    if (ms >= settledMs) samples.push({ hours: ms / 3_600_000, mb });
    progress(`${Math.round(ms / 1_000)} s  ${mb.toFixed(1)} MB  p99 loop delay ${lags.at(-1)?.toFixed(1)} ms`);
  }
  const falseEvents = subscriber.messages.filter(
    ({ type, event }) => type === 'new' && !isScripted(event.camera, event.rule),
  );
  for (const { event } of falseEvents) progress(`not in the script: ${event.rule} on ${event.camera}`);
  await subscriber.stop();
  await daemon.stop();
  folder.remove();
  const { slope, error } = fitSlope(samples);
  return {
    rssMb,
    loopDelayP99Ms: percentile(lags, 0.5),
    slopeMbPerHour: slope,
    slopeErrorMbPerHour: error,
    falseEvents: falseEvents.length,
  };
}

function isScripted(camera: string, rule: string): boolean {
  return SCRIPTED[camera.replace(/-2$/, '').replaceAll('-', '_')] === rule;
}

/** The daemon's own measure since the last time it was asked: its histogram starts anew with each scrape. */
async function loopDelayP99Ms(get: (path: string) => Promise<Response>): Promise<number> {
  const text = await (await get('/metrics')).text();
  return Number(/^watchword_nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(text)?.[1] ?? Number.NaN) * 1_000;
}

function residentMb(pid: number): number {
  const kb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kb) / 1024;
}

/** Least squares, with the slope's standard error. */
function fitSlope(samples: ReadonlyArray<{ hours: number; mb: number }>): { slope: number; error: number } {
  const n = samples.length;
  const meanX = samples.reduce((sum, { hours }) => sum + hours, 0) / n;
  const meanY = samples.reduce((sum, { mb }) => sum + mb, 0) / n;
  const sxx = samples.reduce((sum, { hours }) => sum + (hours - meanX) ** 2, 0);
  const slope = samples.reduce((sum, { hours, mb }) => sum + (hours - meanX) * (mb - meanY), 0) / sxx;
  const residual = samples.reduce((sum, { hours, mb }) => sum + (mb - meanY - slope * (hours - meanX)) ** 2, 0);
  return { slope, error: Math.sqrt(residual / Math.max(1, n - 2) / sxx) };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
