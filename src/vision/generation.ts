import type { Positions } from './families/family.ts';
import type { GenerationEnd } from './model.ts';
import type { Decoder, KeyValues } from './onnx/decoder.ts';
import type { Embedder } from './onnx/encoder.ts';
import { TextStream } from './text-stream.ts';
import type { TextTokenizer } from './tokenizer.ts';

export interface GenerationSettings {
  readonly maxTokens: number;
  readonly split: boolean;
}

/** Words since the last step, and how it ended if that was all. */
export interface GenerationStep {
  readonly text: string;
  readonly end?: GenerationEnd;
}

export interface GenerationOptions {
  readonly decoder: Decoder;
  readonly embedder: Embedder;
  readonly tokenizer: TextTokenizer;
  readonly endTokens: readonly number[];
  readonly maxTokens: number;
  /** What was read before. */
  readonly past: KeyValues;
  /** What is to be read first, and how many tokens that is. */
  readonly embeds: Float32Array;
  readonly length: number;
  readonly positions?: Positions | undefined;
}

/** Greedy decoding that can be left and taken up between tokens. */
export class Generation {
  readonly #options: GenerationOptions;
  readonly #stream: TextStream;
  #past: KeyValues;
  #embeds: Float32Array;
  #length: number;
  #positions: Positions | undefined;
  #left: number;
  readonly #promptTokens: number;

  constructor(options: GenerationOptions) {
    this.#options = options;
    this.#stream = new TextStream(options.tokenizer);
    this.#past = options.past;
    this.#embeds = options.embeds;
    this.#length = options.length;
    this.#positions = options.positions;
    this.#left = options.maxTokens;
    this.#promptTokens = options.past.length + options.length;
  }

  /** Up to `tokens` more tokens. Ends at an end token, at `maxTokens` or where the model can read no further. */
  async step(tokens: number, signal?: AbortSignal): Promise<GenerationStep> {
    const { decoder, embedder, endTokens } = this.#options;
    let text = '';
    for (let count = 0; count < tokens; count++) {
      signal?.throwIfAborted();
      const full = this.#length === 1 && this.#past.length + 1 > decoder.longest;
      if (this.#left === 0 || full) return { text: text + this.#stream.end(), end: this.#end('length') };
      const run = {
        embeds: this.#embeds,
        length: this.#length,
        past: this.#past,
        positions: this.#positions,
        rows: [this.#length - 1],
        keep: true,
      };
      const { logits, past } = await decoder.run(run);
      const token = likeliest(logits[0]);
      this.#left--;
      if (endTokens.includes(token)) return { text: text + this.#stream.end(), end: this.#end('stop') };
      text += this.#stream.push(token);
      this.#past = past ?? this.#past;
      this.#embeds = await embedder.embed([token]);
      this.#length = 1;
      this.#positions = undefined;
    }
    return { text };
  }

  #end(reason: GenerationEnd['reason']): GenerationEnd {
    return { reason, tokens: { prompt: this.#promptTokens, completion: this.#options.maxTokens - this.#left } };
  }
}

function likeliest(logits: Float32Array | undefined): number {
  let best = 0;
  for (let index = 1; index < (logits?.length ?? 0); index++) {
    if ((logits?.[index] ?? 0) > (logits?.[best] ?? 0)) best = index;
  }
  return best;
}
