import type { Frame } from './frame.ts';
import { bestShift, correlation, featuresOf, halved, type PictureFeatures } from './picture-features.ts';
import type { PictureProblem } from './settings.ts';
import { type Thumbnail, thumbnailOf } from './thumbnail.ts';

/*
 * Thresholds, measured on the demo clips and real footage with each fault painted into them. The comments give how far the
 * clean and the faulty pictures lie apart.
 */

/** Faulty 8..11, clean at least 91. */
const DARK_MEAN = 20;
const DARK_BRIGHT = 45;
/** Share of burnt-out pixels. Faulty at least 0.74, clean 0. */
const BURNT = 0.6;
/** Sharpness against the reference. Blurred by 0.8 % of the width at most 0.53, clean at least 0.89. */
const BLURRED = 0.68;
/** Share of textured cells that went flat. Covered at least 0.77, moved at most 0.73, clean at most 0.36 (a hand close by). */
const COVERED_CELLS = 0.75;
const FLAT_CELL = 0.35;
const TEXTURED_CELL = 6;
/** Correlation of brightness. A blurred picture keeps at least 0.74 of it, a covered one at most 0.50. */
const SAME_SCENE = 0.6;
/** Correlation of edges. Moved at most 0.41, clean at least 0.57; between, a better match elsewhere decides. */
const SAME_EDGES = 0.55;
const OTHER_EDGES = 0.47;
const SHIFT_GAIN = 0.12;
const SHIFT_REACH = 0.25;
/** In pixels of the halved thumbnail: 2.5 % of the width. */
const LEAST_SHIFT = 2;

/** Healthy samples before a picture is compared with its past. */
const LEARN = 3;
const LEARN_RATE = 0.05;
/** Suspect samples in a row that make a problem, so that a hand before the lens for a moment is none. */
const CONFIRM = 2;
/** Identical pictures in a row that make a frozen camera, and how long they must last at least. */
const IDENTICAL = 3;
const IDENTICAL_MS = 1_500;

/** What a camera's pictures usually look like. */
export interface Reference {
  readonly grey: Float32Array;
  readonly gradient: Float32Array;
  readonly texture: Float32Array;
  readonly sharpness: number;
  /** Healthy samples it was learnt from. */
  readonly samples: number;
}

/** What is wrong with a picture as far as it alone and its camera's reference tell; undefined when nothing is. Pure. */
export function suspect(
  features: PictureFeatures,
  reference: Reference | undefined,
): Exclude<PictureProblem, 'frozen'> | undefined {
  if (features.mean < DARK_MEAN && features.bright < DARK_BRIGHT) return 'dark';
  if (features.burnt > BURNT) return 'overexposed';
  if (!reference || reference.samples < LEARN) return undefined;
  const isSameScene = correlation(reference.grey, features.grey) >= SAME_SCENE;
  if (!isSameScene && flatCells(features, reference) >= COVERED_CELLS) return 'covered';
  if (isSameScene && features.sharpness < BLURRED * reference.sharpness) return 'blurred';
  return hasMoved(features, reference) ? 'moved' : undefined;
}

function flatCells(features: PictureFeatures, reference: Reference): number {
  let textured = 0;
  let flat = 0;
  reference.texture.forEach((usual, cell) => {
    if (usual < TEXTURED_CELL) return;
    textured++;
    if ((features.texture[cell] ?? 0) < FLAT_CELL * usual) flat++;
  });
  return textured === 0 ? 0 : flat / textured;
}

function hasMoved(features: PictureFeatures, reference: Reference): boolean {
  const edges = correlation(reference.gradient, features.gradient);
  if (edges >= SAME_EDGES) return false;
  if (edges < OTHER_EDGES) return true;
  const width = features.width;
  const before = halved(reference.gradient, width);
  const now = halved(features.gradient, width);
  const best = bestShift(before, now, Math.floor(width / 2), SHIFT_REACH);
  return best.score - correlation(before, now) > SHIFT_GAIN && Math.hypot(best.dx, best.dy) >= LEAST_SHIFT;
}

/** The reference with one more healthy picture in it: an average at first, then a slow follower. Pure. */
export function learn(reference: Reference | undefined, features: PictureFeatures): Reference {
  if (!reference) return { ...pick(features), samples: 1 };
  const rate = Math.max(LEARN_RATE, 1 / (reference.samples + 1));
  const blend = (before: Float32Array, now: Float32Array): Float32Array => {
    const next = new Float32Array(before.length);
    // A loop: with `map` this alone took a quarter of what is done to each frame.
    for (let at = 0; at < next.length; at++) {
      const value = before[at] ?? 0;
      next[at] = value + rate * ((now[at] ?? value) - value);
    }
    return next;
  };
  return {
    grey: blend(reference.grey, features.grey),
    gradient: blend(reference.gradient, features.gradient),
    texture: blend(reference.texture, features.texture),
    sharpness: reference.sharpness + rate * (features.sharpness - reference.sharpness),
    samples: reference.samples + 1,
  };
}

function pick({ grey, gradient, texture, sharpness }: PictureFeatures): Omit<Reference, 'samples'> {
  return { grey, gradient, texture, sharpness };
}

/**
 * Judges one camera's frames, in order. A problem stands until a healthy frame comes; `frozen`, `dark` and `overexposed` are
 * seen from the start, the others once three healthy frames have shown what is usual.
 */
export class PictureHealth {
  readonly #ignore: ReadonlySet<PictureProblem>;
  #reference: Reference | undefined;
  #size = '';
  #last: { thumbnail: Thumbnail; since: number; count: number } | undefined;
  #suspected: { problem: PictureProblem; count: number } | undefined;

  /** `ignore`: problems that are normal for this camera. */
  constructor(options: { ignore?: readonly PictureProblem[] } = {}) {
    this.#ignore = new Set(options.ignore);
  }

  /** What is wrong with the frame, or undefined. Rejects with `corrupt` for a damaged picture. */
  async judge(frame: Pick<Frame, 'jpeg' | 'at' | 'width' | 'height'>): Promise<PictureProblem | undefined> {
    return this.judgeThumbnail(await thumbnailOf(frame.jpeg), frame);
  }

  /** The same for a thumbnail that is there already. */
  judgeThumbnail(thumbnail: Thumbnail, frame: Pick<Frame, 'at' | 'width' | 'height'>): PictureProblem | undefined {
    const size = `${frame.width}x${frame.height}`;
    if (size !== this.#size) this.relearn();
    this.#size = size;
    const features = featuresOf(thumbnail);
    const problem = suspect(features, this.#reference);
    if (this.#isFrozen(thumbnail, frame.at)) return this.#ignore.has('frozen') ? undefined : 'frozen';
    if (problem === undefined) {
      this.#suspected = undefined;
      this.#reference = learn(this.#reference, features);
      return undefined;
    }
    const count = this.#suspected?.problem === problem ? this.#suspected.count + 1 : 1;
    this.#suspected = { problem, count };
    return count >= CONFIRM && !this.#ignore.has(problem) ? problem : undefined;
  }

  /** Takes what the camera shows from now on as usual: after someone has moved it on purpose. */
  relearn(): void {
    this.#reference = undefined;
    this.#suspected = undefined;
  }

  #isFrozen(thumbnail: Thumbnail, at: number): boolean {
    const last = this.#last;
    const isSame = last !== undefined && Buffer.compare(last.thumbnail.grey, thumbnail.grey) === 0;
    this.#last = isSame ? { ...last, count: last.count + 1 } : { thumbnail, since: at, count: 1 };
    return this.#last.count >= IDENTICAL && at - this.#last.since >= IDENTICAL_MS;
  }
}
