import { WatchwordError } from '../platform/errors.ts';
import type { Family, Grid, Positions, Tiles } from './families/family.ts';
import { Generation, type GenerationOptions, type GenerationSettings, type GenerationStep } from './generation.ts';
import { type HeldLook, Looker } from './looker.ts';
import type { Answer, Look, LookOptions, Message, MessagesAnswer, ModelDescription, ScoreOptions } from './model.ts';
import { type Decoder, packQuestions } from './onnx/decoder.ts';
import type { Embedder, VisionEncoder } from './onnx/encoder.ts';
import type { ModelPackage } from './package.ts';
import { decodePicture, type PictureLimits } from './picture.ts';
import { PrefixReader, readWhole } from './prefix-reader.ts';
import { PromptEncoder, type Question } from './prompt-encoder.ts';
import { readScore } from './score.ts';
import type { AnswerTokens, TextTokenizer } from './tokenizer.ts';

/** How a generation is to begin. */
export type GenerationPrompt =
  | { readonly lookId: number; readonly text: string }
  | { readonly messages: readonly Message[] };

/** A whole prompt: its tokens, and what stands in the places of its pictures. */
interface WholePrompt {
  readonly ids: readonly number[];
  readonly features: Float32Array;
  readonly grids: readonly Grid[];
}

/** What a generation reads first, and what was read before. */
type FirstRead = Pick<GenerationOptions, 'past' | 'embeds' | 'length' | 'positions'>;

/** Looks nobody released would fill the memory: a look of a 256 M model holds 4 MB. */
const MOST_LOOKS = 64;
const MOST_GENERATIONS = 8;

/**
 * One loaded model package, in the thread that calls it (`run` of ONNX Runtime blocks it: use a worker, see
 * `worker-caller.ts`). The picture comes first in the prompt: it is encoded and read once, and every question about it is a
 * short suffix over the kept keys and values. Nothing is decoded for a score: P(yes) is read from the last position.
 *
 * Determinism: where the activations are quantised (int8) or kernels depend on the number of rows (q4), each question is a
 * run of its own over the prefix, so that its score is bit for bit the same whatever else is asked (packing them moved
 * scores by up to 0.03). Float graphs pack up to eight questions in a run; there the others move a score by at most 5e-6 in
 * fp32 (seen 1.6e-6) and 1e-4 in fp16 (seen 1.8e-5), on checkpoints of random weights, which are the most sensitive.
 */
export class OnnxEngine {
  readonly description: ModelDescription;
  readonly #parts: EngineParts;
  readonly #prompts: PromptEncoder;
  readonly #reader: PrefixReader;
  readonly #looks = new Map<number, HeldLook>();
  readonly #generations = new Map<number, Generation>();
  readonly #looker: Looker;
  #whole: Promise<Decoder> | undefined;

  constructor(parts: EngineParts) {
    this.description = parts.description;
    this.#parts = parts;
    const { files, tokenizer, family, embedder, decoder } = parts;
    this.#prompts = new PromptEncoder({ files, tokenizer, family, embedder, hidden: decoder.hidden });
    this.#reader = new PrefixReader({ decoder, prompts: this.#prompts, family });
    this.#looker = new Looker({ ...parts, prompts: this.#prompts, reader: this.#reader });
  }

  /** Encodes a picture, or several, and reads the prompt up to their end. The look is kept under `id` until it is released. */
  async look(
    id: number,
    picture: Uint8Array,
    options: Pick<LookOptions, 'split' | 'earlier' | 'examples'>,
    signal?: AbortSignal,
  ): Promise<Look> {
    if (this.#looks.size >= MOST_LOOKS) {
      throw new WatchwordError('too-many', `${MOST_LOOKS} looks are held`, { hint: 'Release looks that are done' });
    }
    const { split = false, earlier = [], examples = [] } = options;
    const { held, ms, parts } =
      earlier.length + examples.length > 0
        ? await this.#looker.atSeries(picture, { earlier, examples }, signal)
        : await this.#looker.at(picture, split, signal);
    this.#looks.set(id, held);
    return { id, ms, parts };
  }

  #question(look: HeldLook, text: string): Promise<Question> {
    return look.series ? this.#prompts.seriesQuestion(look.series, text) : this.#prompts.question(text);
  }

  async score(
    lookId: number,
    questions: readonly string[],
    options: Pick<ScoreOptions, 'verbatim' | 'whole'>,
    signal?: AbortSignal,
  ): Promise<Answer[]> {
    const { answers: tokens, decoder, now } = this.#parts;
    const look = this.#held(lookId);
    const asked: Question[] = [];
    for (const text of questions) {
      asked.push(await this.#question(look, this.#worded(text, options.verbatim ?? false)));
    }
    const answers = new Array<Answer>(questions.length);
    const answer = (index: number, logits: Float32Array | undefined, ms: number): void => {
      const { lead = [], suffix = [] } = asked[index] ?? {};
      const promptTokens = lead.length + look.block.length + suffix.length;
      answers[index] = { question: questions[index] ?? '', ...readScore(logits, tokens), ms, promptTokens };
    };
    const apart = asked.map((question) => options.whole === true || !sameTokens(question.lead, look.lead));
    const shared = [...asked.keys()].filter((index) => !apart[index]);
    const lengths = shared.map((index) => asked[index]?.suffix.length ?? 0);
    for (const run of packQuestions(lengths, decoder.packs)) {
      signal?.throwIfAborted();
      const started = now();
      const members = run.flatMap((at) => shared[at] ?? []);
      const together = members.flatMap((index) => asked[index] ?? []);
      const logits = await this.#reader.ends(look.past, together);
      const ms = (now() - started) / members.length;
      for (const [at, index] of members.entries()) answer(index, logits[at], ms);
    }
    for (const [index, question] of asked.entries()) {
      if (!apart[index]) continue;
      signal?.throwIfAborted();
      const started = now();
      const logits = await this.#readWhole(wholePrompt(question, look), options.whole ?? false);
      answer(index, logits, now() - started);
    }
    return answers;
  }

  async scoreMessages(
    messages: readonly Message[],
    options: Pick<LookOptions, 'split'> & Pick<ScoreOptions, 'whole'>,
    signal?: AbortSignal,
  ): Promise<MessagesAnswer> {
    const { answers, now } = this.#parts;
    const started = now();
    const prompt = await this.#conversation(messages, options.split ?? false, signal);
    const logits = await this.#readWhole(prompt, options.whole ?? false);
    return { ...readScore(logits, answers), ms: now() - started, tokens: prompt.ids.length };
  }

  /** Begins a greedy generation under `id`; its words come from `step`. */
  async begin(id: number, prompt: GenerationPrompt, settings: GenerationSettings, signal?: AbortSignal): Promise<void> {
    if (this.#generations.size >= MOST_GENERATIONS) {
      throw new WatchwordError('too-many', `${MOST_GENERATIONS} generations are running`, { hint: 'Ask again later' });
    }
    const { decoder, embedder, tokenizer, files } = this.#parts;
    const first = await this.#firstOf(prompt, settings, signal);
    const { endTokens } = files;
    const { maxTokens } = settings;
    this.#generations.set(id, new Generation({ decoder, embedder, tokenizer, endTokens, maxTokens, ...first }));
  }

  /** Up to `tokens` more tokens of a generation. */
  async step(id: number, tokens: number, signal?: AbortSignal): Promise<GenerationStep> {
    const generation = this.#generations.get(id);
    if (generation) return generation.step(tokens, signal);
    throw new WatchwordError('unavailable', 'this generation is not running here', { hint: 'Ask again' });
  }

  async end(id: number): Promise<void> {
    this.#generations.delete(id);
  }

  async release(lookId: number): Promise<void> {
    this.#looks.delete(lookId);
  }

  async close(): Promise<void> {
    this.#looks.clear();
    this.#generations.clear();
    this.#looker.forget();
    const { encoder, embedder, decoder } = this.#parts;
    const whole = this.#whole?.then((opened) => opened.release());
    await Promise.all([encoder.release(), embedder.release(), decoder.release(), whole]);
  }

  #held(lookId: number): HeldLook {
    const look = this.#looks.get(lookId);
    if (look) return look;
    throw new WatchwordError('not-found', `look ${lookId} is not held`, {
      hint: 'It was released: look at the picture again',
    });
  }

  #worded(text: string, verbatim: boolean): string {
    return verbatim ? text : this.#parts.files.form.question.replaceAll('{question}', () => text.trim());
  }

  async #firstOf(
    prompt: GenerationPrompt,
    settings: GenerationSettings,
    signal: AbortSignal | undefined,
  ): Promise<FirstRead> {
    if ('messages' in prompt) {
      return this.#fromStart(await this.#conversation(prompt.messages, settings.split, signal));
    }
    const look = this.#held(prompt.lookId);
    const question = await this.#question(look, prompt.text);
    if (sameTokens(question.lead, look.lead)) {
      return { past: look.past, embeds: question.embeds, length: question.suffix.length };
    }
    return this.#fromStart(wholePrompt(question, look));
  }

  async #fromStart(prompt: WholePrompt): Promise<FirstRead> {
    const { ids, features } = prompt;
    return {
      past: this.#parts.decoder.empty(),
      embeds: await this.#prompts.embed(ids, features),
      length: ids.length,
      positions: this.#positions(prompt),
    };
  }

  async #readWhole(prompt: WholePrompt, asExported: boolean): Promise<Float32Array | undefined> {
    const { ids, features } = prompt;
    const decoder = asExported ? await this.#exported() : this.#parts.decoder;
    return readWhole(decoder, await this.#prompts.embed(ids, features), ids.length, this.#positions(prompt));
  }

  #positions({ ids, grids }: WholePrompt): Positions | undefined {
    return this.#parts.family.positions?.(ids, grids, 0);
  }

  /** The decoder without our edit: opened when it is first asked for, because few ever do. */
  async #exported(): Promise<Decoder> {
    this.#whole ??= this.#parts.openWhole();
    try {
      return await this.#whole;
    } catch (error) {
      this.#whole = undefined;
      throw error;
    }
  }

  async #conversation(
    messages: readonly Message[],
    split: boolean,
    signal: AbortSignal | undefined,
  ): Promise<WholePrompt> {
    const { family, encoder, limits } = this.#parts;
    const tiles: Tiles[] = [];
    for (const part of messages.flatMap((message) => message.content)) {
      if (part.type !== 'image') continue;
      signal?.throwIfAborted();
      tiles.push(family.cut(await decodePicture(part.picture, limits), split));
    }
    const ids = this.#prompts.conversation(messages, tiles);
    signal?.throwIfAborted();
    const features = tiles.length > 0 ? await encoder.encode(tiles) : new Float32Array(0);
    return { ids, features, grids: tiles };
  }
}

/** What an engine is made of; `openEngine` builds it. */
export interface EngineParts {
  readonly description: ModelDescription;
  readonly files: ModelPackage;
  readonly tokenizer: TextTokenizer;
  readonly family: Family;
  readonly answers: AnswerTokens;
  readonly encoder: VisionEncoder;
  readonly embedder: Embedder;
  readonly decoder: Decoder;
  readonly openWhole: () => Promise<Decoder>;
  readonly limits: PictureLimits;
  readonly now: () => number;
}

function sameTokens(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((token, index) => token === b[index]);
}

function wholePrompt(question: Question, { block, features, grids }: HeldLook): WholePrompt {
  return { ids: [...question.lead, ...block, ...question.suffix], features, grids };
}
