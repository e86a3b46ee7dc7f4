import { createHash, randomBytes } from 'node:crypto';
import { link, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toError, WatchwordError } from '../platform/errors.ts';

/** A rule file as it is on disk. */
export interface RuleText {
  readonly id: string;
  readonly file: string;
  readonly text: string;
  /** Changes with the text: what somebody saw before they changed it. */
  readonly version: string;
}

/** The folder reads no more (see folder.ts): one more file would be saved and never be in force. */
const MOST_FILES = 500;
const ID = /^[a-z0-9][a-z0-9-]{0,62}$/;

/**
 * Writes rule files, one change after the other. Atomic: a reader sees the old or the new text, and a power cut leaves one
 * of the two. Ids are checked, so that nothing outside the folder is reached. Rejects with `unavailable` when the disk refuses.
 */
export class RuleFiles {
  readonly #folder: string;
  #changing: Promise<unknown> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Rejects with `not-found`. */
  async read(id: string): Promise<RuleText> {
    if (ID.test(id)) {
      for (const ending of ['yaml', 'yml']) {
        const file = join(this.#folder, `${id}.${ending}`);
        const text = await readFile(file, 'utf8').catch((error) => {
          if (isCode(error, 'ENOENT')) return undefined;
          throw refused(error, file);
        });
        if (text !== undefined) return ruleText(id, file, text);
      }
    }
    throw new WatchwordError('not-found', `there is no rule file "${id.slice(0, 64)}"`, {
      hint: 'It may have been renamed or deleted',
    });
  }

  /** Writes a new file under the wished id, or under that id with a number when it is taken. Never replaces a file. */
  create(wishedId: string, text: string): Promise<RuleText> {
    return this.#inTurn(async () => {
      if (!ID.test(wishedId)) throw new WatchwordError('invalid-input', `"${wishedId}" is no usable rule id`);
      const taken = new Set(await this.#ids());
      if (taken.size >= MOST_FILES) {
        throw new WatchwordError('too-many', `the rules folder holds ${taken.size} files`, {
          hint: `At most ${MOST_FILES} are read; delete rules that are not needed`,
        });
      }
      for (let number = 1; ; number++) {
        const id = number === 1 ? wishedId : `${wishedId.slice(0, 58)}-${number}`;
        const file = join(this.#folder, `${id}.yaml`);
        if (!taken.has(id) && (await writeNew(file, text))) return ruleText(id, file, text);
        taken.add(id);
      }
    });
  }

  /** Rejects with `conflict` when the file is not the version that was seen, and with `not-found` when it is gone. */
  replace(id: string, seenVersion: string, text: string): Promise<RuleText> {
    return this.#inTurn(async () => {
      const { file } = await this.#unchanged(id, seenVersion);
      await guarded(file, async () => {
        const draft = await writeDraft(file, text, (await stat(file)).mode);
        await rename(draft, file);
      });
      return ruleText(id, file, text);
    });
  }

  /** Rejects as `replace` does. */
  remove(id: string, seenVersion: string): Promise<void> {
    return this.#inTurn(async () => {
      const { file } = await this.#unchanged(id, seenVersion);
      await guarded(file, () => unlink(file));
    });
  }

  async #unchanged(id: string, seenVersion: string): Promise<RuleText> {
    const now = await this.read(id);
    if (now.version === seenVersion) return now;
    throw new WatchwordError('conflict', 'the rule file was changed meanwhile', {
      where: now.file,
      hint: 'Look at it as it is now, then save again',
    });
  }

  async #ids(): Promise<string[]> {
    const names = await guarded(this.#folder, () => readdir(this.#folder));
    return names.flatMap((name) => /^([^.].*)\.ya?ml$/.exec(name)?.[1] ?? []);
  }

  /** Between looking at a file and replacing it nobody else on this page may do the same. */
  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#changing.then(change);
    this.#changing = turn.catch(() => undefined);
    return turn;
  }
}

function ruleText(id: string, file: string, text: string): RuleText {
  return { id, file, text, version: createHash('sha256').update(text).digest('hex').slice(0, 16) };
}

/** False when the name is taken. */
async function writeNew(file: string, text: string): Promise<boolean> {
  return guarded(file, async () => {
    const draft = await writeDraft(file, text);
    try {
      // Unlike a rename, a link never replaces what came to be there meanwhile.
      await link(draft, file);
      return true;
    } catch (error) {
      if (isCode(error, 'EEXIST')) return false;
      // Some file systems, such as that of a memory card, know no links.
      if (!isCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP')) throw error;
      await rename(draft, file);
      return true;
    } finally {
      await unlink(draft).catch(() => undefined);
    }
  });
}

/** The dot keeps the half-written file out of sight of whoever reads the folder. */
async function writeDraft(file: string, text: string, mode = 0o644): Promise<string> {
  const draft = file.replace(/([^/]*)$/, `.$1.${randomBytes(4).toString('hex')}`);
  try {
    await writeFile(draft, text, { mode, flush: true });
    return draft;
  } catch (error) {
    await unlink(draft).catch(() => undefined);
    throw error;
  }
}

async function guarded<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof WatchwordError ? error : refused(error, where);
  }
}

function refused(error: unknown, where: string): WatchwordError {
  return new WatchwordError('unavailable', `the rule file cannot be read or written: ${toError(error).message}`, {
    where,
    hint: 'Look at the rules folder: does it exist, may this box write there, is the disk full?',
    cause: error,
  });
}

function isCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
