import { readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Polygon } from '../cameras/settings.ts';
import type { Settings } from '../config/settings.ts';
import { maskSecrets } from '../platform/secrets.ts';
import type { JudgedAnswer } from '../rules/verdict.ts';
import type { VisionModel } from '../vision/model.ts';
import { type CommandIo, UsageError } from './command.ts';
import { BUNDLED_MODEL, type ModelChoice, type OpenModel } from './open-model.ts';

/** A picture with its size, as the history keeps it. */
export interface SizedPicture {
  readonly jpeg: Uint8Array;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/** A package, or the server that the box asks. */
export interface PastModel extends ModelChoice {
  readonly server?: Settings['model'] & { readonly endpoint: string };
}

/**
 * The model that the configuration names, unless the command line names another. A stand-by is left out: its answers are not
 * the model's answers.
 */
export function configuredModel(choice: ModelChoice, settings: Settings, configFile: string): PastModel {
  const { package: folder, dtype, device, endpoint } = settings.model;
  const configured = folder === undefined ? undefined : resolve(dirname(configFile), folder);
  if (choice.model !== undefined) return choice;
  if (endpoint !== undefined) {
    if (choice.dtype !== undefined || choice.device !== undefined)
      throw new UsageError('--dtype and --device are for a package, and this box asks a server', 'Add --model DIR');
    return { server: { ...settings.model, endpoint } };
  }
  return { model: configured, dtype: choice.dtype ?? dtype, device: choice.device ?? device };
}

/**
 * Which weights a choice means, without loading them: the folder, the variant and when its files were written. Of a server, which
 * does not tell its weights, the address and the name: what a backtest kept of its answers is as old as that.
 */
export function modelKey({ server, model = BUNDLED_MODEL, dtype = '', device = '' }: PastModel): string {
  if (server) return JSON.stringify(['server', maskSecrets(server.endpoint), server.name ?? '']);
  const folder = realpathSync(model);
  const weights = join(folder, 'onnx');
  const times = readdirSync(weights).map((name) => Math.round(statSync(join(weights, name)).mtimeMs));
  return JSON.stringify([folder, dtype, device, Math.max(0, ...times)]);
}

/** A model that is opened when the first picture is asked, and not at all when all answers are known. */
export class LazyModel {
  readonly #open: OpenModel;
  readonly #choice: PastModel;
  readonly #io: CommandIo;
  #model: Promise<VisionModel> | undefined;

  constructor(open: OpenModel, choice: PastModel, io: CommandIo) {
    this.#open = open;
    this.#choice = choice;
    this.#io = io;
  }

  /** Opens it now, so that the first answer's time is the answer's own. */
  ready(): Promise<VisionModel> {
    const { server } = this.#choice;
    this.#model ??= server ? openServer(server, this.#io) : this.#open(this.#choice, this.#io);
    return this.#model;
  }

  /** P(yes) of one question about one picture, or about the part of it that a zone shows. */
  async ask(picture: SizedPicture, question: string, zone: Polygon | null): Promise<JudgedAnswer> {
    const { signal } = this.#io;
    const model = await this.ready();
    const { jpeg } = zone === null ? picture : await cropped(picture, zone);
    const look = await model.look(jpeg, { signal });
    try {
      const [answer] = await model.score(look, [question], { signal });
      return answer ?? { score: Number.NaN, mass: 0 };
    } finally {
      await model.release(look);
    }
  }

  async close(): Promise<void> {
    const model = await this.#model?.catch(() => undefined);
    await model?.close();
  }
}

async function openServer(server: NonNullable<PastModel['server']>, io: CommandIo): Promise<VisionModel> {
  const { openEndpointModel } = await import('../vision/endpoint/endpoint-model.ts');
  const { endpoint, name, apiKey, timeoutMs, concurrency } = server;
  const { clock, logger, signal } = io;
  const client = { endpoint, name, apiKey, timeoutMs, concurrency };
  return openEndpointModel({ ...client, clock, logger, random: Math.random }, signal);
}

/** The picture library is loaded when a picture is cut: a backtest on stored answers must not wait for it. */
async function cropped(picture: SizedPicture, zone: Polygon): Promise<SizedPicture> {
  const { cropZone } = await import('../cameras/masks.ts');
  return cropZone(picture, zone);
}
