import type { Light, Place, Scene } from './scene.ts';

/** Seconds since the day began, from inclusive, to exclusive. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** When what a rule watches for is surely so, and, around that, when nobody could say (a shelf half sold). */
export interface Occurrence extends Stretch {
  readonly rule: string;
  readonly what: string;
  readonly around: Stretch;
}

export type Draft = { -readonly [K in keyof Scene]: Scene[K] };

/** Somebody or something that comes and goes: changes the scene while it is there. */
export interface Act extends Stretch {
  readonly put: (scene: Draft, second: number) => void;
}

/** What is written into the script at one time: its acts, and what they make true. */
export interface Happening {
  readonly acts: readonly Act[];
  readonly occurrence?: Occurrence;
  /** When all of it is over. */
  readonly over: number;
}

/** From 0 at `from` to 1 at `to`. */
export function ramp(second: number, from: number, to: number): number {
  return Math.max(0, Math.min(1, (second - from) / (to - from)));
}

interface Walk extends Stretch {
  readonly id: number;
  /** Columns of the picture, virtual pixels. */
  readonly u: readonly [from: number, to: number];
  /** Row of the feet. */
  readonly v: number;
  readonly vest: boolean;
  readonly size: number;
}

/** Somebody walks across the picture. */
export function walk({ view }: Place, { id, from, to, u: [u0, u1], v, vest, size }: Walk): Act {
  return {
    from,
    to,
    put(scene, second) {
      const u = u0 + (u1 - u0) * ramp(second, from, to);
      if (u <= -20 || u >= 260) return;
      const [x, y] = view.floor(u, v);
      const person = { id, x, y, vest, size, walks: true, phase: second * 7 };
      scene.people = [...(scene.people ?? []), person];
    },
  };
}

/** Somebody stands there, as people do: never quite still. */
export function stand({ view }: Place, { id, from, to, u: [u], v, vest, size }: Walk): Act {
  return {
    from,
    to,
    put(scene, second) {
      const [x, y] = view.floor(u, v);
      const phase = 0.6 + 0.15 * Math.sin(second);
      scene.people = [...(scene.people ?? []), { id, x, y, vest, size, walks: false, phase }];
    },
  };
}

/** A day of one camera, written beforehand: what it sees and what is true at every second. */
export interface Script {
  readonly place: Place;
  readonly seed: number;
  readonly seconds: number;
  readonly occurrences: readonly Occurrence[];
  /** Standard deviation of the sensor's noise, full scale 1. */
  readonly noise: number;
  sceneAt(second: number): Scene;
  lightAt(second: number): Light;
}
