import { WatchwordError } from '../platform/errors.ts';

const MOST_SHOWN = 10;

/**
 * What cannot be used in a data set, by line. Collected over the whole file, so that a person mends it in one go,
 * and thrown before the first question is asked.
 */
export class Complaints {
  readonly #file: string;
  readonly #lines: string[] = [];
  #count = 0;

  constructor(file: string) {
    this.#file = file;
  }

  add(line: number, message: string): void {
    this.#count++;
    if (this.#lines.length < MOST_SHOWN) this.#lines.push(`${this.#file}:${line}: ${message}`);
  }

  /** Throws `invalid-input` when there was any. */
  throwIfAny(): void {
    if (this.#count === 0) return;
    const more = this.#count > this.#lines.length ? `\n  ... and ${this.#count - this.#lines.length} more` : '';
    const text =
      this.#count === 1
        ? (this.#lines[0] ?? '')
        : `${this.#count} lines cannot be used:\n  ${this.#lines.join('\n  ')}${more}`;
    throw new WatchwordError('invalid-input', text, { where: this.#file });
  }
}

/** `Yes`, `no.`, `NO` as a label; undefined for anything else. */
export function labelOf(text: unknown): 'yes' | 'no' | undefined {
  if (typeof text === 'boolean') return text ? 'yes' : 'no';
  if (typeof text !== 'string') return undefined;
  const word = text.trim().toLowerCase().replace(/[.!]$/, '');
  return word === 'yes' || word === 'no' ? word : undefined;
}

/** A value as it may stand in a message: short, on one line. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
