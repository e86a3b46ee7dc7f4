import { WatchwordError } from '../platform/errors.ts';
import type { Family, Grid } from './families/family.ts';
import type { Message } from './model.ts';
import type { Embedder } from './onnx/encoder.ts';
import type { ModelPackage } from './package.ts';
import {
  createPromptWriter,
  expandPrompt,
  type PromptTokens,
  questionMessages,
  seriesMessages,
  type TemplateMessage,
} from './prompt.ts';
import type { TextTokenizer } from './tokenizer.ts';

/** A question's prompt without its picture. */
export interface Question {
  /** Tokens before the picture. Mostly the same for all questions; if not, the question cannot share a prefix. */
  readonly lead: readonly number[];
  /** Tokens after the picture. */
  readonly suffix: readonly number[];
  /** The suffix as the decoder takes it. */
  readonly embeds: Float32Array;
}

/** A question about several pictures. */
export interface SeriesQuestion extends Question {
  readonly block: readonly number[];
  /** Where each picture ends, counted from the prompt's first token. */
  readonly ends: readonly number[];
}

/** Several pictures of one prompt: the words before each and behind the last, and what stands in their places. */
export interface Series {
  readonly texts: readonly string[];
  readonly blocks: ReadonlyArray<readonly number[]>;
}

/** Rules ask the same questions every few seconds; people ask others. */
const MOST_QUESTIONS = 512;
const LONGEST_TEXT = 16_384;

/** Turns words and pictures into what the decoder reads. */
export class PromptEncoder {
  readonly #tokenizer: TextTokenizer;
  readonly #family: Family;
  readonly #embedder: Embedder;
  readonly #hidden: number;
  /** The token that begins every prompt, with its text. */
  readonly #start: { token: string; id: number } | undefined;
  readonly #writePrompt: (messages: readonly TemplateMessage[]) => string;
  readonly #questions = new Map<string, Question>();

  constructor(options: {
    files: ModelPackage;
    tokenizer: TextTokenizer;
    family: Family;
    embedder: Embedder;
    hidden: number;
  }) {
    this.#tokenizer = options.tokenizer;
    this.#family = options.family;
    this.#embedder = options.embedder;
    this.#hidden = options.hidden;
    const write = createPromptWriter(options.files);
    const { expand } = options.family;
    this.#writePrompt = expand ? (messages) => expand(write(messages)) : write;
    this.#start = startOf(options.files, options.tokenizer);
  }

  /** The prompt of one question about one picture. Kept, with its embeddings. */
  async question(text: string): Promise<Question> {
    const known = this.#questions.get(text);
    if (known) return known;
    if (text.length > LONGEST_TEXT) {
      throw new WatchwordError(
        'invalid-input',
        `a question has ${text.length} characters, ${LONGEST_TEXT} are allowed`,
        { hint: 'Shorten it' },
      );
    }
    const place = this.#place();
    const { ids, prefixLength } = this.#expand(this.#writePrompt(questionMessages(text)), [[place.id]]);
    const suffix = ids.slice(prefixLength);
    const question = { lead: ids.slice(0, prefixLength - 1), suffix, embeds: await this.#embedder.embed(suffix) };
    this.#remember(text, question);
    return question;
  }

  /**
   * The prompt of one question about several pictures. `block` holds everything from the first picture to the end of the last:
   * it is the same for every question about them.
   */
  async seriesQuestion({ texts, blocks }: Series, text: string): Promise<SeriesQuestion> {
    const { ids, prefixLength, ends } = this.#expand(this.#writePrompt(seriesMessages(texts, text)), blocks);
    const leadLength = Math.max(0, ids.indexOf(blocks[0]?.[0] ?? -1));
    const suffix = ids.slice(prefixLength);
    const embeds = await this.#suffixEmbeds(suffix);
    return { lead: ids.slice(0, leadLength), block: ids.slice(leadLength, prefixLength), suffix, embeds, ends };
  }

  /** Rules ask about one moment after the other: the pictures and times differ, the words behind them do not. */
  async #suffixEmbeds(suffix: readonly number[]): Promise<Float32Array> {
    const key = `\0${suffix.join(' ')}`;
    const known = this.#questions.get(key);
    if (known) return known.embeds;
    const embeds = await this.#embedder.embed(suffix);
    this.#remember(key, { lead: [], suffix, embeds });
    return embeds;
  }

  #remember(key: string, question: Question): void {
    if (this.#questions.size >= MOST_QUESTIONS) this.#questions.delete(this.#questions.keys().next().value ?? '');
    this.#questions.set(key, question);
  }

  /** What stands in a prompt for a picture. */
  block(grid: Grid): number[] {
    return this.#tokenizer.encode(this.#family.blockText(grid));
  }

  /** A conversation's tokens; `grids` are its pictures in their order. */
  conversation(messages: readonly Message[], grids: readonly Grid[]): readonly number[] {
    const prompt = this.#writePrompt(
      messages.map(({ role, content }) => ({ role, content: content.map(withoutBytes) })),
    );
    const blocks = grids.map((each) => this.block(each));
    return this.#expand(prompt, blocks).ids;
  }

  /** Some templates write the start token that the tokenizer adds as well: once is right. */
  #expand(prompt: string, blocks: ReadonlyArray<readonly number[]>): PromptTokens {
    const expanded = expandPrompt(prompt, blocks, this.#place(), this.#tokenizer);
    const { ids } = expanded;
    const start = this.#start;
    const twice = start !== undefined && prompt.startsWith(start.token) && ids[0] === start.id && ids[1] === start.id;
    if (!twice) return expanded;
    const ends = expanded.ends.map((end) => end - 1);
    return { ids: ids.slice(1), prefixLength: ends.at(-1) ?? 0, ends };
  }

  /** Embeds tokens and lays the pictures' features over their places. */
  async embed(ids: readonly number[], features: Float32Array): Promise<Float32Array> {
    const embeds = await this.#embedder.embed(ids);
    let at = 0;
    for (const [index, id] of ids.entries()) {
      if (id !== this.#family.imageTokenId) continue;
      embeds.set(features.subarray(at, at + this.#hidden), index * this.#hidden);
      at += this.#hidden;
    }
    if (at === features.length) return embeds;
    throw new WatchwordError(
      'internal',
      `${features.length / this.#hidden} picture features for ${at / this.#hidden} places`,
    );
  }

  #place(): { token: string; id: number } {
    return { token: this.#family.imageToken, id: this.#family.imageTokenId };
  }
}

function startOf(
  { tokenizerConfig }: ModelPackage,
  tokenizer: TextTokenizer,
): { token: string; id: number } | undefined {
  const { bos_token: stated } = tokenizerConfig;
  const token = typeof stated === 'object' && stated !== null && 'content' in stated ? stated.content : stated;
  const id = typeof token === 'string' ? tokenizer.idOf(token) : undefined;
  return typeof token === 'string' && id !== undefined ? { token, id } : undefined;
}

function withoutBytes(part: Message['content'][number]): TemplateMessage['content'][number] {
  return part.type === 'image' ? { type: 'image' } : part;
}
