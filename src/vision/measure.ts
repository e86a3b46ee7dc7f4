import type { LookParts, VisionModel } from './model.ts';

/** Questions asked of one picture. */
export const QUESTION_COUNTS = [1, 4, 8, 16] as const;

/** What a model costs on this box. Medians; wall-clock milliseconds. */
export interface MeasuredModel {
  /** A whole look, and where it goes. */
  readonly lookMs: number;
  readonly parts: Omit<LookParts, 'tiles' | 'tokens'> | null;
  readonly tokens: number | null;
  /** One question more about the same picture. */
  readonly questionMs: number;
  /** Rules judged per second where each picture has so many of them. */
  readonly rulesPerSecond: Readonly<Record<string, number>>;
}

export interface MeasureOptions {
  /** Encoded pictures, in turns. */
  readonly pictures: readonly Uint8Array[];
  readonly rounds: number;
  /** Monotonic ms. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly onRound?: (done: number) => void;
}

/**
 * Looks at pictures and asks 1, 4, 8 and 16 questions of each, as rules do, after one round that is not counted. Questions
 * differ, as those of rules do.
 */
export async function measureModel(
  model: Pick<VisionModel, 'look' | 'score' | 'release'>,
  options: MeasureOptions,
): Promise<MeasuredModel> {
  const { pictures, rounds, now, signal, onRound } = options;
  const looks: number[] = [];
  const questions: number[] = [];
  const parts: LookParts[] = [];
  const totals = new Map<number, number[]>(QUESTION_COUNTS.map((count) => [count, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const count of QUESTION_COUNTS) {
      signal.throwIfAborted();
      const started = now();
      const look = await model.look(pictures[round % pictures.length] ?? new Uint8Array(0), { signal });
      const answers = await model.score(look, QUESTIONS.slice(0, count), { signal });
      const ended = now();
      await model.release(look);
      if (round === 0) continue;
      looks.push(look.ms);
      if (look.parts) parts.push(look.parts);
      for (const { ms } of answers) questions.push(ms);
      totals.get(count)?.push(ended - started);
    }
    if (round > 0) onRound?.(round);
  }
  const part = (of: (each: LookParts) => number): number => median(parts.map(of));
  const perSecond = QUESTION_COUNTS.map((count) => [count, (count * 1000) / median(totals.get(count) ?? [])]);
  return {
    lookMs: median(looks),
    parts:
      parts.length === 0
        ? null
        : {
            decodeMs: part((each) => each.decodeMs),
            resizeMs: part((each) => each.resizeMs),
            encodeMs: part((each) => each.encodeMs),
            prefillMs: part((each) => each.prefillMs),
          },
    tokens: parts[0]?.tokens ?? null,
    questionMs: median(questions),
    rulesPerSecond: Object.fromEntries(perSecond),
  };
}

/** As long as the questions of rules are. */
const SUBJECTS = ['shelf', 'aisle', 'door', 'floor', 'pallet', 'trolley', 'exit', 'counter'];
const QUESTIONS: readonly string[] = SUBJECTS.flatMap((subject) => [
  `Is the ${subject} blocked by something?`,
  `Is a person standing next to the ${subject}?`,
]);

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
