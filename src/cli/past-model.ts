import { readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Polygon } from '../cameras/settings.ts';
import type { Settings } from '../config/settings.ts';
import { WatchwordError } from '../platform/errors.ts';
import type { JudgedAnswer } from '../rules/verdict.ts';
import type { CommandIo } from './command.ts';
import { BUNDLED_MODEL, type ModelChoice, type OpenedModel, type OpenModel } from './open-model.ts';

/** A picture with its size, as the history keeps it. */
export interface SizedPicture {
  readonly jpeg: Uint8Array;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
}

/**
 * The model that the configuration names, unless the command line names another.
 *
 * @throws WatchwordError `unsupported` when the configuration names a server: the bundled model's answers are not its answers
 */
export function configuredModel(choice: ModelChoice, settings: Settings, configFile: string): ModelChoice {
  const { package: folder, dtype, device, endpoint } = settings.model;
  const configured = folder === undefined ? undefined : resolve(dirname(configFile), folder);
  if (choice.model !== undefined) return choice;
  if (endpoint !== undefined) {
    throw new WatchwordError('unsupported', 'this box asks a server, which is not asked about the past', {
      where: 'model.endpoint',
      hint: 'Name a model package with --model DIR',
    });
  }
  return { model: configured, dtype: choice.dtype ?? dtype, device: choice.device ?? device };
}

/** Which weights a choice means, without loading them: the folder, the variant and when its files were written. */
export function modelKey({ model = BUNDLED_MODEL, dtype = '', device = '' }: ModelChoice): string {
  const folder = realpathSync(model);
  const weights = join(folder, 'onnx');
  const times = readdirSync(weights).map((name) => Math.round(statSync(join(weights, name)).mtimeMs));
  return JSON.stringify([folder, dtype, device, Math.max(0, ...times)]);
}

/** A model that is opened when the first picture is asked, and not at all when all answers are known. */
export class LazyModel {
  readonly #open: OpenModel;
  readonly #choice: ModelChoice;
  readonly #io: CommandIo;
  #model: Promise<OpenedModel> | undefined;

  constructor(open: OpenModel, choice: ModelChoice, io: CommandIo) {
    this.#open = open;
    this.#choice = choice;
    this.#io = io;
  }

  /** Opens it now, so that the first answer's time is the answer's own. */
  ready(): Promise<OpenedModel> {
    this.#model ??= this.#open(this.#choice, this.#io);
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

/** The picture library is loaded when a picture is cut: a backtest on stored answers must not wait for it. */
async function cropped(picture: SizedPicture, zone: Polygon): Promise<SizedPicture> {
  const { cropZone } = await import('../cameras/masks.ts');
  return cropZone(picture, zone);
}
