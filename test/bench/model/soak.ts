import type { VisionModel } from '../../../src/vision/model.ts';
import { QUESTIONS } from '../shape/questions.ts';
import { collectGarbage, rssMb, slope } from './measure.ts';

export interface SoakOptions {
  readonly frames: number;
  readonly pictures: readonly Uint8Array[];
  readonly say: (line: string) => void;
}

/** Points of the curve that are printed. */
const POINTS = 20;
/** Frames until pools and caches have their size: not part of the slope. */
const WARM_UP_SHARE = 0.2;
const QUESTIONS_PER_FRAME = 4;

/** Looks at frame after frame and watches the memory of the whole process. Flat is what it must be. */
export async function soak(
  model: VisionModel,
  { frames, pictures, say }: SoakOptions,
): Promise<Record<string, number>> {
  const points: Array<[frame: number, mb: number]> = [];
  const every = Math.max(1, Math.floor(frames / (POINTS * 5)));
  for (let frame = 0; frame <= frames; frame++) {
    if (frame % every === 0) {
      // What the main thread merely has not collected yet is no growth; the engine's thread collects when it sees fit.
      collectGarbage();
      points.push([frame, rssMb()]);
    }
    if (frame % Math.max(1, Math.floor(frames / POINTS)) === 0)
      say(`  frame ${String(frame).padStart(6)}: RSS ${rssMb().toFixed(1)} MB`);
    if (frame === frames) break;
    const look = await model.look(pictures[frame % pictures.length] ?? new Uint8Array(0));
    const from = frame % (QUESTIONS.length - QUESTIONS_PER_FRAME);
    await model.score(look, QUESTIONS.slice(from, from + QUESTIONS_PER_FRAME));
    await model.release(look);
  }
  const warm = points.filter(([frame]) => frame >= frames * WARM_UP_SHARE);
  return {
    frames,
    rssStartMb: Math.round(points[0]?.[1] ?? 0),
    rssWarmMb: Math.round(warm[0]?.[1] ?? 0),
    rssEndMb: Math.round(points.at(-1)?.[1] ?? 0),
    // The most at any moment, between the points too.
    rssPeakMb: Math.round(process.resourceUsage().maxRSS / 1024),
    slopeMbPer1000Frames: Math.round(slope(warm) * 1000 * 100) / 100,
  };
}
