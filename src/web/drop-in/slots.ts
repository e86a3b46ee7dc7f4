import { kindOf, WatchwordError } from '../../platform/errors.ts';
import type { DropInDeps } from './drop-in-deps.ts';

/** The first line of a rule file that a program set. A file without it is a person's and is left alone. */
const MARK =
  '# Set by a program through the drop-in for NVIDIA: its next call replaces the sentence or deletes this file.';

/** Programs expect what the original does with more alerts than it can follow: all of them, more slowly. */
const AS_BEFORE = { force: true };

export interface SlotRule {
  readonly words: string;
  readonly cameraId: string;
}

/** Rules under names that a program counts through (r0 to r9), as files like all others. */
export class RuleSlots {
  readonly #deps: Pick<DropInDeps, 'ruleDesk' | 'rulesReloaded'>;
  #changing: Promise<unknown> = Promise.resolve();

  constructor(deps: Pick<DropInDeps, 'ruleDesk' | 'rulesReloaded'>) {
    this.#deps = deps;
  }

  /**
   * Fills and empties (null) slots by rule id. All sentences are compiled before anything is changed: rejects with
   * `invalid-input` for one that is refused, and with `conflict` where a person's own rule has a slot's name. A slot that
   * says the same already is left as it is, with what a person may have added to its file.
   */
  set(wanted: ReadonlyMap<string, SlotRule | null>, by: string): Promise<void> {
    const turn = this.#changing.then(() => this.#set(wanted, by));
    this.#changing = turn.catch(() => undefined);
    return turn;
  }

  async #set(wanted: ReadonlyMap<string, SlotRule | null>, by: string): Promise<void> {
    const { ruleDesk, rulesReloaded } = this.#deps;
    const known = new Map<string, { readonly text: string; readonly version: string } | undefined>();
    for (const [id, rule] of wanted) {
      const file = await this.#fileOf(id);
      known.set(id, file);
      if (file && rule && !file.text.startsWith(MARK)) {
        throw new WatchwordError('conflict', `the rule "${id}" was written by a person`, { hint: 'Rename its file' });
      }
      const [wrong] = rule ? ruleDesk.checkFile(id, textOf(rule)).filter(({ severity }) => severity === 'error') : [];
      if (wrong && rule)
        throw new WatchwordError('invalid-input', `"${rule.words}" is refused: ${wrong.message}`, { hint: wrong.hint });
    }
    for (const [id, rule] of wanted) {
      const file = known.get(id);
      const ours = file?.text.startsWith(MARK) === true;
      if (!rule) {
        if (file && ours) await ruleDesk.remove(id, file.version, by);
      } else if (!file) await ruleDesk.createFile(id, textOf(rule), by, AS_BEFORE);
      else if (!says(file.text, rule)) await ruleDesk.saveFile(id, file.version, textOf(rule), by, AS_BEFORE);
    }
    await rulesReloaded();
  }

  async #fileOf(id: string): Promise<{ text: string; version: string } | undefined> {
    try {
      return await this.#deps.ruleDesk.openFile(id);
    } catch (error) {
      if (kindOf(error) === 'not-found') return undefined;
      throw error;
    }
  }
}

/** JSON texts are YAML. */
function linesOf({ words, cameraId }: SlotRule): string[] {
  return [`rule: ${JSON.stringify(words.replace(/\s+/g, ' ').trim())}`, `cameras: [${JSON.stringify(cameraId)}]`];
}

function textOf(rule: SlotRule): string {
  return `${[MARK, ...linesOf(rule)].join('\n')}\n`;
}

function says(text: string, rule: SlotRule): boolean {
  const lines = new Set(text.split('\n'));
  return linesOf(rule).every((line) => lines.has(line));
}
