import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Cost {
  /** User and system CPU time of the whole process, all threads, ms. */
  readonly cpuMs: number;
  readonly wallMs: number;
  /** Longest time in which the main thread's event loop did not turn, ms. */
  readonly loopDelayMs: number;
}

/** The monitor's own timer period, which its readings contain. */
const RESOLUTION_MS = 1;

setFlagsFromString('--expose-gc');
const gc: unknown = runInNewContext('gc');

/** Collects this thread's garbage now. */
export function collectGarbage(): void {
  if (typeof gc === 'function') gc();
}

/** What `work` costs. Garbage of what ran before is collected first, so that nobody pays for another. */
export async function measure(work: () => Promise<unknown>): Promise<Cost> {
  collectGarbage();
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  await new Promise((resolve) => setImmediate(resolve));
  delay.enable();
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const wallMs = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  return { cpuMs: (user + system) / 1000, wallMs, loopDelayMs: Math.max(0, delay.max / 1e6 - RESOLUTION_MS) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = Number.NaN] = [sorted[(sorted.length - 1) >> 1], sorted[middle]];
  return (low + high) / 2;
}

/** Theil-Sen slope of y over x: the median over all pairs, which one jump of the allocator does not turn. */
export function slope(points: ReadonlyArray<readonly [x: number, y: number]>): number {
  const slopes = points.flatMap(([x, y], at) =>
    points.slice(at + 1).map(([laterX, laterY]) => (laterY - y) / (laterX - x)),
  );
  return median(slopes);
}

export function rssMb(): number {
  return process.memoryUsage.rss() / 1024 / 1024;
}
