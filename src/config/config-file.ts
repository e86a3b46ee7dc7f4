import { createHash, randomBytes } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { toError, WatchwordError } from '../platform/errors.ts';
import { formatFinding, parseYaml } from '../platform/findings.ts';
import { maskSecrets } from '../platform/secrets.ts';
import { type Settings, settingsSchema } from './settings.ts';

export interface ConfigFileOptions {
  /** The configuration in force. */
  readonly file: string;
  /**
   * Where a changed one is written instead: the demo store's belongs to the program and is never changed. `text` is then made
   * of it for the new place.
   */
  readonly copy?: { readonly file: string; text(original: string): string };
}

/**
 * The configuration as a file that pages change. One change after the other, each checked as a whole before it is written;
 * atomic: a reader sees the old or the new text, and a power cut leaves one of the two.
 */
export class ConfigFile {
  readonly #options: ConfigFileOptions;
  #copied = false;
  #changing: Promise<unknown> = Promise.resolve();

  constructor(options: ConfigFileOptions) {
    this.#options = options;
  }

  /** Where the next change is written. */
  get file(): string {
    return this.#options.copy?.file ?? this.#options.file;
  }

  /** `version` changes with the text: what somebody saw before they changed it. */
  async read(): Promise<{ text: string; version: string }> {
    const { file, copy } = this.#options;
    const text = await guarded(file, async () => {
      if (copy && this.#copied) return readFile(copy.file, 'utf8');
      const original = await readFile(file, 'utf8');
      return copy ? copy.text(original) : original;
    });
    return { text, version: createHash('sha256').update(text).digest('hex').slice(0, 16) };
  }

  /**
   * Writes what `edit` makes of the text, and returns the settings it says; relative paths in them are as written. Rejects
   * with `invalid-input` when those would not be accepted at the next start, `conflict` when the file is not the version
   * that was seen, `unavailable` when the disk refuses, and with what `edit` throws.
   */
  change(edit: (text: string) => string, seenVersion?: string): Promise<Settings> {
    const turn = this.#changing.then(async () => {
      const { text, version } = await this.read();
      if (seenVersion !== undefined && seenVersion !== version) {
        throw new WatchwordError('conflict', 'the configuration was changed meanwhile', {
          hint: 'Reload the page, look at it as it is now, then save again',
        });
      }
      const edited = edit(text);
      const { value, findings } = parseYaml(edited, this.file, settingsSchema);
      const [error] = findings.filter(({ severity }) => severity === 'error');
      if (!value) throw new WatchwordError('invalid-input', maskSecrets(error ? formatFinding(error) : 'not accepted'));
      if (edited !== text || this.#options.copy) await this.#replace(edited);
      return value;
    });
    this.#changing = turn.catch(() => undefined);
    return turn;
  }

  async #replace(text: string): Promise<void> {
    const { file } = this;
    await guarded(file, async () => {
      // A configuration may hold passwords: a new one is for its owner and group.
      const mode = await stat(file).then(
        (found) => found.mode,
        () => 0o640,
      );
      const draft = file.replace(/([^/]*)$/, `.$1.${randomBytes(4).toString('hex')}`);
      await writeFile(draft, text, { mode, flush: true });
      await rename(draft, file);
    });
    this.#copied = true;
  }
}

async function guarded<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof WatchwordError) throw error;
    throw new WatchwordError('unavailable', `the configuration cannot be read or changed: ${toError(error).message}`, {
      where,
      hint: 'May this box write there, and is the disk full?',
      cause: error,
    });
  }
}
