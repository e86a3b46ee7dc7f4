import { Camera, type CameraOptions } from './cameras/camera.ts';
import { MainStream } from './cameras/main-stream.ts';
import type { CameraSettings } from './cameras/settings.ts';
import { createSource, type SourceDeps } from './cameras/sources.ts';
import type { Part } from './platform/lifecycle.ts';

export interface CameraSetOptions {
  readonly settings: Readonly<Record<string, CameraSettings>>;
  /** Throws `invalid-input` for a source that is refused. */
  readonly build: (id: string, settings: CameraSettings) => Camera;
  /** Called once per camera, before it starts: where its frames and states go. */
  readonly connect: (camera: Camera) => void;
  /** One came to stay, or is gone: whoever keeps something by camera looks again. Resolves when all of them have. */
  readonly changed: (id: string, change: 'added' | 'removed') => Promise<void>;
}

type Told = Pick<CameraSetOptions, 'connect' | 'changed'>;

/** The set of a box: its configured cameras from their sources. */
export function createCameraSet({
  settings,
  demoFolder,
  baseFolder,
  ...options
}: Told &
  Pick<CameraOptions, 'clock' | 'logger' | 'health'> &
  Pick<SourceDeps, 'demoFolder' | 'baseFolder'> & {
    readonly settings: { readonly cameras: Readonly<Record<string, CameraSettings>> };
  }): CameraSet {
  const { clock, logger, health, connect, changed } = options;
  return new CameraSet({
    connect,
    changed,
    settings: settings.cameras,
    build(id, camera) {
      const source = createSource(camera, { clock, demoFolder, baseFolder });
      const mainStream = MainStream.of({ settings: camera, clock, random: Math.random });
      return new Camera({ id, settings: camera, source, mainStream, clock, logger, health, random: Math.random });
    },
  });
}

/** The cameras of the box, configured and added while it runs. */
export class CameraSet implements Part {
  readonly name = 'cameras';
  /** Always the same array: parts that were given it see cameras come and go. */
  readonly cameras: readonly Camera[];
  readonly #list: Camera[];
  readonly #options: CameraSetOptions;
  #running = false;

  constructor(options: CameraSetOptions) {
    this.#options = options;
    this.#list = Object.entries(options.settings).map(([id, settings]) => options.build(id, settings));
    this.cameras = this.#list;
  }

  find(id: string): Camera | undefined {
    return this.#list.find((camera) => camera.id === id);
  }

  /** By id, as the compiler of rules takes them. */
  settings(): Record<string, CameraSettings> {
    return Object.fromEntries(this.#list.map(({ id, settings }) => [id, settings]));
  }

  start(): void {
    this.#running = true;
    for (const camera of this.#list) this.#begin(camera);
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#list.map((camera) => camera.stop()));
  }

  /** Puts in one more under an id that is free; it connects at once if the box runs. Throws as `build` does. */
  add(id: string, settings: CameraSettings): Camera {
    if (this.find(id)) throw new Error(`there is a camera "${id}" already`);
    const camera = this.#options.build(id, settings);
    this.#list.push(camera);
    if (this.#running) this.#begin(camera);
    return camera;
  }

  /** Call it after `add`, when the camera is to stay: rules begin to watch it. */
  announce(id: string): Promise<void> {
    return this.#options.changed(id, 'added');
  }

  /** Resolves when it is gone and its open events are ended. */
  async remove(id: string): Promise<void> {
    const at = this.#list.findIndex((camera) => camera.id === id);
    const [camera] = at < 0 ? [] : this.#list.splice(at, 1);
    if (!camera) return;
    await camera.stop();
    await this.#options.changed(id, 'removed');
  }

  #begin(camera: Camera): void {
    this.#options.connect(camera);
    camera.start();
  }
}

/** Something made for each camera when it is first asked for, and gone with it. Throws for a camera that is not there. */
export function perCamera<T>(cameras: readonly Camera[], make: (camera: Camera) => T): (id: string) => T {
  const made = new WeakMap<Camera, { readonly value: T }>();
  return (id) => {
    const camera = cameras.find((each) => each.id === id);
    if (!camera) throw new Error(`there is no camera "${id}"`);
    const known = made.get(camera) ?? { value: make(camera) };
    made.set(camera, known);
    return known.value;
  };
}
