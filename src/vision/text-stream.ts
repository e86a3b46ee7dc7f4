import type { TextTokenizer } from './tokenizer.ts';

const REPLACEMENT = '\uFFFD';

/**
 * Turns tokens into text as they come. A character of several bytes can span tokens: it is held back until it is whole.
 * The whole text is decoded each time, because decoders treat a token's leading space by what stands before it.
 */
export class TextStream {
  readonly #tokenizer: Pick<TextTokenizer, 'decode'>;
  readonly #ids: number[] = [];
  #given = 0;

  constructor(tokenizer: Pick<TextTokenizer, 'decode'>) {
    this.#tokenizer = tokenizer;
  }

  /** The text that became certain with this token. */
  push(id: number): string {
    this.#ids.push(id);
    const text = this.#tokenizer.decode(this.#ids);
    return text.endsWith(REPLACEMENT) ? '' : this.#rest(text);
  }

  /** What was held back, when no more tokens come. */
  end(): string {
    return this.#rest(this.#tokenizer.decode(this.#ids));
  }

  #rest(text: string): string {
    const rest = text.slice(this.#given);
    this.#given = Math.max(this.#given, text.length);
    return rest;
  }
}
