import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import type { CameraSet } from './camera-set.ts';
import type { Camera } from './cameras/camera.ts';
import { type CameraSettings, cameraSettingsSchema } from './cameras/settings.ts';
import { type Clock, deadline } from './platform/clock.ts';
import { toError, WatchwordError } from './platform/errors.ts';
import { formatFinding, parseYaml } from './platform/findings.ts';
import type { Logger } from './platform/logger.ts';
import { maskSecrets } from './platform/secrets.ts';
import type { Act, AuditLog } from './store/audit.ts';
import type { AddedStream, StreamDesk } from './web/drop-in/drop-in-deps.ts';

const FILE = 'streams.yaml';
const HEAD = `# Cameras that programs added through the drop-in for NVIDIA's API. Stop Watchword before you edit this file; what may stand
# under "camera" is what stands under a camera's name in the configuration.
`;
/** A camera that is there shows a picture within its first keyframes. */
const FIRST_PICTURE_MS = 20_000;

const fileSchema = z.strictObject({
  streams: z.record(
    z.string(),
    z.strictObject({
      id: z.string(),
      description: z.string().default(''),
      camera: z.record(z.string(), z.unknown()),
    }),
  ),
});

interface Written {
  readonly id: string;
  readonly description: string;
  /** As written: the settings' defaults are filled in when it is read. */
  readonly camera: Readonly<Record<string, unknown>>;
}

/** The settings of a box with the cameras that programs added to it, for commands beside the daemon. What is broken is left out. */
export function withAddedCameras<T extends BoxSettings>(settings: T): T {
  const file = join(settings.data, FILE);
  const written = existsSync(file) ? parseYaml(readFileSync(file, 'utf8'), file, fileSchema).value?.streams : undefined;
  const added = Object.entries(written ?? {}).flatMap(([id, { camera }]) => {
    const { data } = cameraSettingsSchema.safeParse(camera);
    return data ? [[id, data] as const] : [];
  });
  return added.length === 0
    ? settings
    : { ...settings, cameras: { ...Object.fromEntries(added), ...settings.cameras } };
}

interface BoxSettings {
  readonly data: string;
  readonly cameras: Readonly<Record<string, CameraSettings>>;
}

export interface StreamsOptions {
  readonly dataDir: string;
  readonly cameras: Pick<CameraSet, 'add' | 'remove' | 'announce' | 'find'>;
  readonly audit: Pick<AuditLog, 'add'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Cameras that programs add and remove, kept in a file of the data folder: after a restart they are there again. */
export class Streams implements StreamDesk {
  readonly #options: StreamsOptions;
  readonly #file: string;
  readonly #written = new Map<string, Written>();
  readonly #adding = new Map<string, Promise<AddedStream>>();

  /** Puts the cameras of the file into the set. One that is refused is logged; a file that is none is put aside. */
  constructor(options: StreamsOptions) {
    this.#options = options;
    this.#file = join(options.dataDir, FILE);
    for (const [cameraId, stream] of Object.entries(this.#read())) {
      try {
        options.cameras.add(cameraId, cameraSettingsSchema.parse(stream.camera));
        this.#written.set(cameraId, stream);
      } catch (error) {
        const message = maskSecrets(toError(error).message);
        options.logger.error('an added stream is left out', { camera: cameraId, file: this.#file, error: message });
      }
    }
  }

  list(): readonly AddedStream[] {
    return [...this.#written].map(([cameraId, { id, description, camera }]) => {
      return { id, cameraId, url: maskSecrets(String(camera.source)), description };
    });
  }

  async add(url: string, description: string, most: number, by: string): Promise<AddedStream> {
    const known = [...this.#written].find(([, { camera }]) => camera.source === url);
    const [cameraId] = known ?? [];
    const stream = this.list().find((each) => each.cameraId === cameraId);
    if (stream) return stream;
    const underWay = this.#adding.get(url);
    if (underWay !== undefined) return underWay;
    if (this.#written.size + this.#adding.size >= most)
      throw new WatchwordError('too-many', `${most} streams are added already`);
    const adding = this.#add(url, description, by).finally(() => this.#adding.delete(url));
    this.#adding.set(url, adding);
    return adding;
  }

  async remove(id: string, by: string): Promise<boolean> {
    const [cameraId, stream] = [...this.#written].find(([, each]) => each.id === id) ?? [];
    if (cameraId === undefined || !stream) return false;
    this.#written.delete(cameraId);
    this.#save();
    await this.#options.cameras.remove(cameraId);
    this.#note({ who: by, act: 'camera-removed', about: cameraId });
    return true;
  }

  async #add(url: string, description: string, by: string): Promise<AddedStream> {
    const { cameras } = this.#options;
    const id = randomUUID();
    const cameraId = `nvidia-${id.slice(0, 8)}`;
    const name = description.replace(/\s+/g, ' ').trim().slice(0, 80);
    const camera = { source: url, ...(name !== '' && { name }) };
    const { data: settings, error } = cameraSettingsSchema.safeParse(camera);
    if (!settings) throw new WatchwordError('invalid-input', maskSecrets(error.issues[0]?.message ?? 'is refused'));
    const added = cameras.add(cameraId, settings);
    try {
      await this.#firstPicture(added);
      this.#written.set(cameraId, { id, description, camera });
      this.#save();
    } catch (error) {
      this.#written.delete(cameraId);
      await cameras.remove(cameraId);
      throw error;
    }
    await cameras.announce(cameraId);
    this.#note({ who: by, act: 'camera-added', about: cameraId, detail: maskSecrets(url) });
    return { id, cameraId, url: maskSecrets(url), description };
  }

  /** Rejects with `unavailable` and the camera's own cause. */
  async #firstPicture(camera: Camera): Promise<void> {
    const late = deadline(this.#options.clock, FIRST_PICTURE_MS, () => new Error('late'));
    let stop = (): void => undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const away = (cause: string): void =>
          reject(new WatchwordError('unavailable', cause === '' ? 'it shows no picture' : cause));
        const stopFrames = camera.onFrame(() => resolve());
        const stopStates = camera.onState(({ state, cause }) => state === 'lost' && away(cause));
        late.signal.addEventListener('abort', () => away(camera.status().cause));
        stop = () => {
          stopFrames();
          stopStates();
        };
      });
    } finally {
      stop();
      late.stop();
    }
  }

  /** A disk that is full costs the note, not what was done. */
  #note(act: Act): void {
    const { audit, logger } = this.#options;
    logger.info('added streams changed', { ...act });
    try {
      audit.add(act);
    } catch (error) {
      logger.warn('an added stream is not in the audit log', { error: toError(error) });
    }
  }

  #read(): Record<string, Written> {
    const { logger } = this.#options;
    if (!existsSync(this.#file)) return {};
    const parsed = parseYaml(readFileSync(this.#file, 'utf8'), this.#file, fileSchema);
    if (parsed.value) return parsed.value.streams;
    const [finding] = parsed.findings;
    const aside = `${this.#file}.broken`;
    renameSync(this.#file, aside);
    const error = finding ? maskSecrets(formatFinding(finding)) : '';
    logger.error('the file of the added streams cannot be read and was put aside', { file: aside, error });
    return {};
  }

  /** Atomic, and for its owner alone: addresses may hold passwords. */
  #save(): void {
    const text = HEAD + stringify({ streams: Object.fromEntries(this.#written) }, { lineWidth: 0 });
    try {
      writeFileSync(`${this.#file}.new`, text, { mode: 0o600, flush: true });
      renameSync(`${this.#file}.new`, this.#file);
    } catch (error) {
      throw new WatchwordError('unavailable', `the added streams cannot be kept: ${toError(error).message}`, {
        where: this.#file,
        hint: 'May this box write there, and is the disk full?',
        cause: error,
      });
    }
  }
}
