import { join } from 'node:path';
import { systemClock } from '../../../src/platform/clock.ts';
import { logIn, type Subscriber, startDaemon, subscribe, temporaryFolder } from '../../support/daemon.ts';
import { isScripted, writeDemoConfig } from '../demo-cameras.ts';
import { type ProcessUse, percentile, processUse, trendOf } from '../process-use.ts';

const CAMERAS = 12;
const WITH_CLIPS = 2;
const SAMPLE_MS = 10_000;
const SAMPLES_PER_LINE = 6;
/** Start-up, caches and the first rounds of everything are not part of the trend. */
const SETTLING_SHARE = 0.25;
/** Leaks of a session show only where sessions end: the subscriber and the visitor come anew. */
const SUBSCRIBER_EVERY = 18;
const PAGES = ['/', '/events', '/rules', '/cameras', '/system', '/api/v1/events', '/api/v1/rules'];
const METRICS = { heapMb: 'heap_size_used', heapTotalMb: 'heap_size_total', externalMb: 'external_memory' } as const;

type Sample = ProcessUse & { readonly minutes: number } & Readonly<Record<keyof typeof METRICS, number>> & {
    readonly loopDelayMs: number;
  };

/** The program as it is with twelve cameras; returns the trends and what it did meanwhile. */
export async function soakReal(minutes: number, say: (line: string) => void) {
  const folder = temporaryFolder('watchword-soak-');
  const config = writeDemoConfig(folder.path, { cameras: CAMERAS, withClips: WITH_CLIPS });
  const daemon = await startDaemon({ dataDir: join(folder.path, 'data'), config });
  const pid = daemon.child.pid ?? 0;
  const alerts = new Map<string, { camera: string; rule: string }>();
  let subscriber: Subscriber | undefined;
  const reconnect = async (): Promise<void> => {
    for (const { key, event, type } of subscriber?.messages ?? []) if (type === 'new') alerts.set(key, event);
    await subscriber?.stop();
    subscriber = await subscribe(daemon.ready);
  };
  const samples: Sample[] = [];
  try {
    await reconnect();
    const get = await logIn(daemon);
    const began = systemClock.monotonic();
    say(`real: ${CAMERAS} cameras (${WITH_CLIPS} keep clips) for ${minutes} min`);
    say('minute    RSS   heap  (of)  external  descriptors  children  their RSS  p99 loop delay');
    for (let i = 1; systemClock.monotonic() - began < minutes * 60_000; i++) {
      await systemClock.sleep(Math.max(0, began + i * SAMPLE_MS - systemClock.monotonic()));
      await visit(get, i);
      if (i % SUBSCRIBER_EVERY === 0) await reconnect();
      const sample = { minutes: (systemClock.monotonic() - began) / 60_000, ...processUse(pid), ...(await own(get)) };
      samples.push(sample);
      if (i % SAMPLES_PER_LINE === 0) say(line(sample));
    }
    await reconnect();
  } finally {
    await subscriber?.stop();
    await daemon.stop();
    folder.remove();
  }
  const unscripted = [...alerts.values()].filter(({ camera, rule }) => !isScripted(camera, rule));
  for (const { camera, rule } of unscripted) say(`not in the script: ${rule} on ${camera}`);
  return { minutes, ...summarise(samples), events: alerts.size, falseEvents: unscripted.length };
}

/** A person who looks at the pages; one in each sample. */
async function visit(get: (path: string) => Promise<Response>, i: number): Promise<void> {
  const path = PAGES[i % PAGES.length] ?? '/';
  const answer = await get(path);
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
}

/** What the program says of itself. */
async function own(get: (path: string) => Promise<Response>) {
  const text = await (await get('/metrics')).text();
  const value = (name: string): number =>
    Number(new RegExp(`^watchword_nodejs_${name} (\\S+)`, 'm').exec(text)?.[1] ?? Number.NaN);
  const mb = (name: string): number => value(`${name}_bytes`) / 2 ** 20;
  return {
    heapMb: mb(METRICS.heapMb),
    heapTotalMb: mb(METRICS.heapTotalMb),
    externalMb: mb(METRICS.externalMb),
    loopDelayMs: value('eventloop_lag_p99_seconds') * 1_000,
  };
}

function line(sample: Sample): string {
  const { minutes, rssMb, heapMb, heapTotalMb, externalMb, descriptors, children, childrenMb, loopDelayMs } = sample;
  const pad = (value: number, width: number, digits = 1): string => value.toFixed(digits).padStart(width);
  return [
    pad(minutes, 6),
    pad(rssMb, 6),
    pad(heapMb, 6),
    pad(heapTotalMb, 5),
    pad(externalMb, 9),
    pad(descriptors, 12, 0),
    pad(children, 9, 0),
    pad(childrenMb, 10),
    pad(loopDelayMs, 15),
  ].join(' ');
}

function summarise(samples: readonly Sample[]) {
  const settled = samples.slice(Math.floor(samples.length * SETTLING_SHARE));
  const trend = (value: (sample: Sample) => number) => {
    const { slope, margin } = trendOf(settled.map((sample) => [sample.minutes / 60, value(sample)] as const));
    return { mbPerHour: round(slope), margin: round(margin) };
  };
  const range = (value: (sample: Sample) => number) => ({
    least: Math.min(...settled.map(value)),
    median: percentile(settled.map(value), 0.5),
    most: Math.max(...settled.map(value)),
  });
  return {
    settledMinutes: round(settled.length * (SAMPLE_MS / 60_000)),
    rss: trend(({ rssMb }) => rssMb),
    heap: trend(({ heapMb }) => heapMb),
    external: trend(({ externalMb }) => externalMb),
    decoders: trend(({ childrenMb }) => childrenMb),
    rssMostMb: round(Math.max(...samples.map(({ rssMb }) => rssMb))),
    rssMedianMb: round(
      percentile(
        settled.map(({ rssMb }) => rssMb),
        0.5,
      ),
    ),
    descriptors: range(({ descriptors }) => descriptors),
    children: range(({ children }) => children),
    loopDelayP99Ms: round(
      percentile(
        settled.map(({ loopDelayMs }) => loopDelayMs),
        0.5,
      ),
    ),
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
