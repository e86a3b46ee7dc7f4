import { drawScene, Exposure } from './scene.ts';
import type { Script } from './script.ts';

/** Pictures of the same moment that differ in the sensor's noise alone; they come in turn. */
const DRAWS = 4;
const KEPT = 16;

/**
 * What the camera of a script shows, second by second. While nothing moves and the light stays, a few draws of the noise come
 * round again: a day has some thousand pictures then, not forty thousand, and no two in a row are the same.
 */
export class Footage {
  readonly #script: Script;
  readonly #exposure: Exposure;
  readonly #scenes = new Map<string, Promise<Buffer>>();
  readonly #shots = new Map<string, Promise<Buffer>>();
  #shown = 0;

  constructor(script: Script) {
    this.#script = script;
    this.#exposure = new Exposure(script.seed);
  }

  /** A JPEG. */
  picture(second: number): Promise<Buffer> {
    const { place: _, ...scene } = this.#script.sceneAt(second);
    const light = this.#script.lightAt(second);
    const seen = JSON.stringify(scene);
    const draw = ++this.#shown % DRAWS;
    return kept(this.#shots, `${draw} ${light.brightness} ${light.isNight} ${seen}`, async () => {
      const pixels = await kept(this.#scenes, seen, () => drawScene({ ...scene, place: this.#script.place }));
      // The draw's number goes on: at another light it is other noise.
      return this.#exposure.jpeg(pixels, light, this.#script.noise, this.#shown);
    });
  }
}

function kept(known: Map<string, Promise<Buffer>>, key: string, make: () => Promise<Buffer>): Promise<Buffer> {
  const made = known.get(key) ?? make();
  // What was used last goes last.
  known.delete(key);
  known.set(key, made);
  const [oldest] = known.keys();
  if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
  return made;
}
