import { readFileSync } from 'node:fs';
import { Camera } from '../../../src/cameras/camera.ts';
import { cpuTimeMs } from '../../../src/cameras/cpu-time.ts';
import { cameraSettingsSchema } from '../../../src/cameras/settings.ts';
import { createSource } from '../../../src/cameras/sources.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { Health } from '../../../src/platform/health.ts';
import { silentLogger } from '../../../src/platform/logger.ts';

/** What a process with cameras has used and done so far. */
export interface SamplerUse {
  readonly at: number;
  /** CPU time of the process itself and of its decoders, ms. */
  readonly ownMs: number;
  readonly decoderMs: number;
  /** Frames of each camera so far. */
  readonly frames: readonly number[];
  readonly notes: readonly string[];
  /** Resident memory, and each process' proportional share of what it shares with others, MB. */
  readonly ownRssMb: number;
  readonly decoderRssMb: readonly number[];
  readonly decoderPssMb: readonly number[];
}

/** A process of its own with cameras at one frame per 2 s, and nothing else: `sampler.ts COUNT URL`. Tells its use when asked. */
const [count = '0', source = ''] = process.argv.slice(2);
const settings = cameraSettingsSchema.parse({ source, every: '2s' });
const sampling = Array.from({ length: Number(count) }, (_, i) => {
  const from = createSource(settings, { clock: systemClock, demoFolder: '', baseFolder: '' });
  const camera = new Camera({
    id: `cam-${i}`,
    settings,
    source: from,
    clock: systemClock,
    logger: silentLogger,
    health: new Health(() => systemClock.now()),
    random: Math.random,
  });
  camera.start();
  return { from, camera };
});

process.on('message', () => process.send?.(use()));
process.once('disconnect', async () => {
  await Promise.all(sampling.map(({ camera }) => camera.stop()));
  process.exit(0);
});
process.send?.('ready');

function use(): SamplerUse {
  const pids = sampling.flatMap(({ from }) => from.pid ?? []);
  const { user, system } = process.cpuUsage();
  return {
    at: systemClock.monotonic(),
    ownMs: (user + system) / 1_000,
    decoderMs: pids.reduce((sum, pid) => sum + (cpuTimeMs(pid) ?? 0), 0),
    frames: sampling.map(({ camera }) => camera.status().frames),
    notes: sampling.flatMap(({ camera }) => camera.status().notes),
    ownRssMb: process.memoryUsage.rss() / 2 ** 20,
    decoderRssMb: pids.flatMap((pid) => megabytes(`/proc/${pid}/status`, 'VmRSS')),
    decoderPssMb: pids.flatMap((pid) => megabytes(`/proc/${pid}/smaps_rollup`, 'Pss')),
  };
}

/** Nothing of a process that has just ended. */
function megabytes(file: string, field: string): number[] {
  try {
    const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'))?.[1];
    return kilobytes === undefined ? [] : [Number(kilobytes) / 1024];
  } catch {
    return [];
  }
}
