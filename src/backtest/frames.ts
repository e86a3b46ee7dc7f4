import type { Replay } from '../events/replay.ts';
import type { KeptPicture } from '../history/picture-index.ts';
import type { CompiledRule } from '../rules/rule.ts';
import { judge, type Verdict } from '../rules/verdict.ts';
import type { Past } from './backtest.ts';

/** A picture of a backtest that is worth a person's look. */
export interface ChosenFrame {
  /** Wall-clock ms of the picture: its name within the backtest. */
  readonly at: number;
  /** `deciding`: it is where an event began; `near`: of its part of the time, the one closest to the threshold. */
  readonly role: 'deciding' | 'near';
  readonly value: Verdict['value'];
  /** Of the expected answer. */
  readonly score: number;
}

/** More than a person marks at a sitting. */
const MOST_DECIDING = 48;
const PARTS = 24;

export interface FrameChoice {
  readonly past: Pick<Past, 'all'>;
  readonly rule: CompiledRule;
  readonly cameraId: string;
  /** Wall-clock ms. */
  readonly since: number;
  readonly until: number;
  readonly replayed: Pick<Replay, 'events' | 'openedAt'>;
  /** Oldest first. */
  readonly pictures: readonly KeptPicture[];
}

/**
 * The frames that decided, and of each part of the time the one nearest to the threshold: that is where a mark teaches most.
 * Only pictures that stood when their score was given: score and picture belong together. Pure. Oldest first.
 */
export function chooseFrames({ past, rule, cameraId, since, until, replayed, pictures }: FrameChoice): ChosenFrame[] {
  if (pictures.length === 0) return [];
  const events = spread(
    replayed.events.map(({ startedAt: from, endedAt }, index) => {
      return { from, opened: replayed.openedAt[index] ?? from, to: endedAt ?? until };
    }),
    MOST_DECIDING,
  );
  const deciding: ChosenFrame[] = [];
  const nearest = new Map<number, ChosenFrame & { readonly far: number }>();
  const standing = new Standing(pictures);
  const from = Math.max(since, pictures[0]?.capturedAt ?? since);
  const width = Math.max(1, (until - from) / PARTS);
  let next = 0;
  let decided = -1;
  for (const { capturedAt, outcome } of past.all()) {
    const picture = standing.at(capturedAt);
    if (!picture) continue;
    const { value, score } = judge(rule, { cameraId, seq: 0, capturedAt, at: capturedAt }, outcome);
    if (score === undefined) continue;
    for (let event = events[next]; event && event.to < capturedAt; event = events[next]) next++;
    const event = events[next];
    const frame = { at: picture.capturedAt, value, score };
    if (event && event.from <= capturedAt) {
      if (value === 'yes' && event.opened <= capturedAt && decided < next) {
        deciding.push({ ...frame, role: 'deciding' });
        decided = next;
      }
      continue;
    }
    const part = Math.floor((capturedAt - from) / width);
    const far = Math.abs(score - rule.raise);
    if (far < (nearest.get(part)?.far ?? Number.POSITIVE_INFINITY)) nearest.set(part, { ...frame, role: 'near', far });
  }
  const taken = new Set(deciding.map(({ at }) => at));
  const near = [...nearest.values()].filter(({ at }) => !taken.has(at) && taken.add(at));
  return [...deciding, ...near.map(({ far: _, ...frame }) => frame)].sort((a, b) => a.at - b.at);
}

/** The picture that stood at an instant: asked in order of time. */
class Standing {
  readonly #pictures: readonly KeptPicture[];
  #next = 0;

  constructor(pictures: readonly KeptPicture[]) {
    this.#pictures = pictures;
  }

  at(instant: number): KeptPicture | undefined {
    while ((this.#pictures[this.#next]?.capturedAt ?? Number.POSITIVE_INFINITY) <= instant) this.#next++;
    const picture = this.#pictures[this.#next - 1];
    return picture && picture.until >= instant && picture.trouble === null ? picture : undefined;
  }
}

/** At most so many, evenly over all. */
function spread<T>(all: readonly T[], most: number): T[] {
  if (all.length <= most) return [...all];
  return Array.from({ length: most }, (_, index) => all[Math.floor((index * all.length) / most)]).filter(
    (each) => each !== undefined,
  );
}
