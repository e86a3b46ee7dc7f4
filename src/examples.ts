import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { toError, WatchwordError } from './platform/errors.ts';
import type { CompiledRule } from './rules/rule.ts';
import type { ExamplePicture } from './vision/model.ts';

/** A camera's picture is a tenth of it. */
const MOST_BYTES = 8 * 1024 * 1024;

/** The example pictures of rules, read from beside their files when they are first asked for and when they changed. */
export class ExampleFiles {
  readonly #kept = new Map<string, { readonly mtimeMs: number; readonly picture: Uint8Array }>();

  /** In the order of the rule's file. Rejects with `not-found` naming a picture that is not there. */
  async of({ examples = [], file }: Pick<CompiledRule, 'examples' | 'file'>): Promise<ExamplePicture[]> {
    return Promise.all(
      examples.map(async ({ picture, says }) => ({ picture: await this.#read(resolve(dirname(file), picture)), says })),
    );
  }

  async #read(path: string): Promise<Uint8Array> {
    try {
      const { mtimeMs, size } = await stat(path);
      const known = this.#kept.get(path);
      if (known?.mtimeMs === mtimeMs) return known.picture;
      if (size > MOST_BYTES)
        throw new WatchwordError('too-large', 'an example picture is larger than 8 MB', { where: path });
      const picture = await readFile(path);
      this.#kept.set(path, { mtimeMs, picture });
      return picture;
    } catch (error) {
      this.#kept.delete(path);
      if (error instanceof WatchwordError) throw error;
      throw new WatchwordError('not-found', `an example picture cannot be read: ${toError(error).message}`, {
        where: path,
        hint: 'Put it beside the rule, or take it out of the rule\'s "examples"',
        cause: error,
      });
    }
  }
}
