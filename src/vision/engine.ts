import { WatchwordError } from '../platform/errors.ts';
import type { Family, Tiles } from './families/family.ts';
import { createFamily } from './families.ts';
import type { Answer, Look, LookOptions, Message, MessagesAnswer, ModelDescription, ScoreOptions } from './model.ts';
import { type Decoder, type KeyValues, openDecoder, type Packing, packQuestions } from './onnx/decoder.ts';
import { type Embedder, openEmbedder, openEncoder, type VisionEncoder } from './onnx/encoder.ts';
import { chooseProvider, type Device, defaultThreads } from './onnx/session.ts';
import { type ModelPackage, openPackage } from './package.ts';
import { DEFAULT_PICTURE_LIMITS, decodePicture, type PictureLimits } from './picture.ts';
import { createPromptWriter, expandPrompt, questionMessages, type TemplateMessage } from './prompt.ts';
import { readScore } from './score.ts';
import { TextStream } from './text-stream.ts';
import { type AnswerTokens, createTokenizer, findAnswerTokens, type TextTokenizer } from './tokenizer.ts';
import { describeDtype, hashWeights, weightBytes } from './weights.ts';

export interface EngineOptions {
  readonly packageDir: string;
  readonly dtype?: string | undefined;
  readonly device?: Device | undefined;
  readonly threads?: number | undefined;
  readonly packing?: Packing | undefined;
  readonly limits?: PictureLimits | undefined;
}

/** How a generation is to begin. */
export type GenerationPrompt =
  | { readonly lookId: number; readonly text: string }
  | { readonly messages: readonly Message[] };

export interface GenerationSettings {
  readonly maxTokens: number;
  readonly split: boolean;
}

/** Words since the last step, and whether that was all. */
export interface GenerationStep {
  readonly text: string;
  readonly done: boolean;
}

interface HeldLook {
  readonly past: KeyValues;
  /** Tokens before the picture and its block: a question whose prompt begins otherwise cannot share the prefix. */
  readonly lead: readonly number[];
  readonly block: readonly number[];
  readonly features: Float32Array;
}

interface Generation {
  past: KeyValues;
  embeds: Float32Array;
  length: number;
  readonly stream: TextStream;
  left: number;
}

interface Question {
  readonly lead: readonly number[];
  readonly suffix: readonly number[];
  readonly embeds: Float32Array;
}

/** Looks nobody released would fill the memory: a look of a 256 M model holds 4 MB. */
const MOST_LOOKS = 64;
const MOST_GENERATIONS = 8;
const MOST_CACHED = 512;
const LONGEST_TEXT = 16_384;

/**
 * One loaded model package, in the thread that calls it (`run` of ONNX Runtime blocks it: use a worker, see
 * `worker-caller.ts`). The picture comes first in the prompt: it is encoded and read once, and every question about it is a
 * short suffix over the kept keys and values. Nothing is decoded for a score: P(yes) is read from the last position.
 *
 * Determinism: where the activations are quantised (int8) or kernels depend on the number of rows (q4), each question is a
 * run of its own over the prefix, so that its score is bit for bit the same whatever else is asked. Float graphs pack up to
 * eight questions in a run; there the others move a score by at most 1e-6.
 */
export class OnnxEngine {
  readonly description: ModelDescription;
  readonly #package: ModelPackage;
  readonly #tokenizer: TextTokenizer;
  readonly #family: Family;
  readonly #answers: AnswerTokens;
  readonly #writePrompt: (messages: readonly TemplateMessage[]) => string;
  readonly #encoder: VisionEncoder;
  readonly #embedder: Embedder;
  readonly #decoder: Decoder;
  readonly #openWhole: () => Promise<Decoder>;
  readonly #limits: PictureLimits;
  readonly #now: () => number;
  readonly #looks = new Map<number, HeldLook>();
  readonly #generations = new Map<number, Generation>();
  readonly #questions = new Map<string, Question>();
  readonly #heads = new Map<string, KeyValues>();
  #whole: Promise<Decoder> | undefined;

  constructor(parts: EngineParts) {
    this.description = parts.description;
    this.#package = parts.files;
    this.#tokenizer = parts.tokenizer;
    this.#family = parts.family;
    this.#answers = parts.answers;
    this.#writePrompt = createPromptWriter(parts.files);
    this.#encoder = parts.encoder;
    this.#embedder = parts.embedder;
    this.#decoder = parts.decoder;
    this.#openWhole = parts.openWhole;
    this.#limits = parts.limits;
    this.#now = parts.now;
  }

  /** Encodes a picture and reads the prompt up to its end. The look is kept under `id` until it is released. */
  async look(
    id: number,
    picture: Uint8Array,
    options: Pick<LookOptions, 'split'>,
    signal?: AbortSignal,
  ): Promise<Look> {
    if (this.#looks.size >= MOST_LOOKS)
      throw new WatchwordError('too-many', `${MOST_LOOKS} looks are held`, { hint: 'Release looks that are done' });
    const started = this.#now();
    const rgb = await decodePicture(picture, this.#limits);
    const decoded = this.#now();
    const tiles = this.#family.cut(rgb, options.split ?? false);
    const resized = this.#now();
    signal?.throwIfAborted();
    const features = await this.#encoder.encode([tiles]);
    const encoded = this.#now();
    signal?.throwIfAborted();
    const { lead } = await this.#question('');
    const block = this.#blockOf(tiles);
    const past = await this.#prefill([...lead, ...block], features);
    this.#looks.set(id, { past, lead, block, features });
    const ended = this.#now();
    const parts = {
      decodeMs: decoded - started,
      resizeMs: resized - decoded,
      encodeMs: encoded - resized,
      prefillMs: ended - encoded,
      tiles: tiles.count,
      tokens: past.length,
    };
    return { id, ms: ended - started, parts };
  }

  async score(
    lookId: number,
    questions: readonly string[],
    options: Pick<ScoreOptions, 'verbatim' | 'whole'>,
    signal?: AbortSignal,
  ): Promise<Answer[]> {
    const look = this.#held(lookId);
    const asked: Question[] = [];
    for (const text of questions) asked.push(await this.#question(this.#worded(text, options.verbatim ?? false)));
    const answers = new Array<Answer>(questions.length);
    const answer = (index: number, logits: Float32Array | undefined, ms: number): void => {
      answers[index] = { question: questions[index] ?? '', ...readScore(logits, this.#answers), ms };
    };
    const apart = asked.map((question) => options.whole === true || !sameTokens(question.lead, look.lead));
    const shared = [...asked.keys()].filter((index) => !apart[index]);
    for (const run of packQuestions(
      shared.map((index) => asked[index]?.suffix.length ?? 0),
      this.#decoder.packs,
    )) {
      signal?.throwIfAborted();
      const started = this.#now();
      const members = run.flatMap((at) => shared[at] ?? []);
      const logits = await this.#ask(
        look.past,
        members.flatMap((index) => asked[index] ?? []),
      );
      const ms = (this.#now() - started) / members.length;
      for (const [at, index] of members.entries()) answer(index, logits[at], ms);
    }
    for (const [index, question] of asked.entries()) {
      if (!apart[index]) continue;
      signal?.throwIfAborted();
      const started = this.#now();
      const ids = [...question.lead, ...look.block, ...question.suffix];
      const logits = await this.#readWhole(ids, look.features, options.whole ?? false);
      answer(index, logits, this.#now() - started);
    }
    return answers;
  }

  async scoreMessages(
    messages: readonly Message[],
    options: Pick<LookOptions, 'split'> & Pick<ScoreOptions, 'whole'>,
    signal?: AbortSignal,
  ): Promise<MessagesAnswer> {
    const started = this.#now();
    const { ids, features } = await this.#readMessages(messages, options.split ?? false, signal);
    const logits = await this.#readWhole(ids, features, options.whole ?? false);
    return { ...readScore(logits, this.#answers), ms: this.#now() - started, tokens: ids.length };
  }

  /** Begins a greedy generation under `id`; its words come from `step`. */
  async begin(id: number, prompt: GenerationPrompt, settings: GenerationSettings, signal?: AbortSignal): Promise<void> {
    if (this.#generations.size >= MOST_GENERATIONS)
      throw new WatchwordError('too-many', `${MOST_GENERATIONS} generations are running`);
    const stream = new TextStream(this.#tokenizer);
    if ('lookId' in prompt) {
      const look = this.#held(prompt.lookId);
      const question = await this.#question(prompt.text);
      if (sameTokens(question.lead, look.lead)) {
        this.#generations.set(id, {
          past: look.past,
          embeds: question.embeds,
          length: question.suffix.length,
          stream,
          left: settings.maxTokens,
        });
        return;
      }
      const ids = [...question.lead, ...look.block, ...question.suffix];
      const embeds = await this.#embed(ids, look.features);
      this.#generations.set(id, {
        past: this.#decoder.empty(),
        embeds,
        length: ids.length,
        stream,
        left: settings.maxTokens,
      });
      return;
    }
    const { ids, features } = await this.#readMessages(prompt.messages, settings.split, signal);
    const embeds = await this.#embed(ids, features);
    this.#generations.set(id, {
      past: this.#decoder.empty(),
      embeds,
      length: ids.length,
      stream,
      left: settings.maxTokens,
    });
  }

  /** Up to `tokens` more tokens of a generation. */
  async step(id: number, tokens: number, signal?: AbortSignal): Promise<GenerationStep> {
    const generation = this.#generations.get(id);
    if (!generation)
      throw new WatchwordError('unavailable', 'this generation is not running here', { hint: 'Ask again' });
    let text = '';
    for (let count = 0; count < tokens; count++) {
      signal?.throwIfAborted();
      const full = generation.length === 1 && generation.past.length + 1 > this.#decoder.longest;
      if (generation.left === 0 || full) return { text: text + generation.stream.end(), done: true };
      const { logits, past } = await this.#decoder.run({ ...generation, rows: [generation.length - 1], keep: true });
      const token = highest(logits[0]);
      if (this.#package.endTokens.includes(token)) return { text: text + generation.stream.end(), done: true };
      text += generation.stream.push(token);
      generation.past = past ?? generation.past;
      generation.embeds = await this.#embedder.embed([token]);
      generation.length = 1;
      generation.left--;
    }
    return { text, done: false };
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
    await Promise.all([
      this.#encoder.release(),
      this.#embedder.release(),
      this.#decoder.release(),
      this.#whole?.then((whole) => whole.release()),
    ]);
  }

  #held(lookId: number): HeldLook {
    const look = this.#looks.get(lookId);
    if (look) return look;
    throw new WatchwordError('not-found', `look ${lookId} is not held`, {
      hint: 'It was released: look at the picture again',
    });
  }

  #worded(text: string, verbatim: boolean): string {
    return verbatim ? text : this.#package.form.question.replaceAll('{question}', () => text.trim());
  }

  #blockOf(tiles: Pick<Tiles, 'rows' | 'columns'>): number[] {
    return this.#tokenizer.encode(this.#family.blockText(tiles));
  }

  /** The tokens of a question's prompt before and after the picture. Asked again every few seconds, so kept. */
  async #question(text: string): Promise<Question> {
    const known = this.#questions.get(text);
    if (known) return known;
    if (text.length > LONGEST_TEXT) {
      throw new WatchwordError('invalid-input', `a question has ${text.length} characters, ${LONGEST_TEXT} are allowed`, { hint: 'Shorten it' });
    }
    const place = this.#place();
    const { ids, prefixLength } = expandPrompt(
      this.#writePrompt(questionMessages(text)),
      [[place.id]],
      place,
      this.#tokenizer,
    );
    const suffix = ids.slice(prefixLength);
    const question = { lead: ids.slice(0, prefixLength - 1), suffix, embeds: await this.#embedder.embed(suffix) };
    if (this.#questions.size >= MOST_CACHED) this.#questions.delete(this.#questions.keys().next().value ?? '');
    this.#questions.set(text, question);
    return question;
  }

  #place(): { token: string; id: number } {
    return { token: this.#family.imageToken, id: this.#family.imageTokenId };
  }

  /** Reads the shared prefix. What stands before the picture's features is always the same: its keys and values are kept. */
  async #prefill(ids: readonly number[], features: Float32Array): Promise<KeyValues> {
    const headLength = Math.max(0, ids.indexOf(this.#family.imageTokenId));
    const head = await this.#headOf(ids.slice(0, headLength));
    const rest = ids.slice(headLength);
    const { past } = await this.#decoder.run({
      embeds: await this.#embed(rest, features),
      length: rest.length,
      past: head,
      rows: [],
      keep: true,
    });
    if (!past) throw new WatchwordError('internal', 'the decoder kept nothing');
    return past;
  }

  async #headOf(ids: readonly number[]): Promise<KeyValues> {
    if (ids.length === 0) return this.#decoder.empty();
    const key = ids.join(' ');
    const known = this.#heads.get(key);
    if (known) return known;
    const { past } = await this.#decoder.run({
      embeds: await this.#embedder.embed(ids),
      length: ids.length,
      past: this.#decoder.empty(),
      rows: [],
      keep: true,
    });
    if (!past) throw new WatchwordError('internal', 'the decoder kept nothing');
    if (this.#heads.size >= MOST_LOOKS) this.#heads.clear();
    this.#heads.set(key, past);
    return past;
  }

  /** One run over a prefix: the last position of each question. */
  async #ask(past: KeyValues, questions: readonly Question[]): Promise<readonly Float32Array[]> {
    const packed = questions.map((question) => question.suffix.length);
    const length = packed.reduce((sum, part) => sum + part, 0);
    const embeds = new Float32Array(length * this.#decoder.hidden);
    const rows: number[] = [];
    let at = 0;
    for (const question of questions) {
      embeds.set(question.embeds, at * this.#decoder.hidden);
      at += question.suffix.length;
      rows.push(at - 1);
    }
    return (await this.#decoder.run({ embeds, length, past, rows, packed, keep: false })).logits;
  }

  async #readWhole(
    ids: readonly number[],
    features: Float32Array,
    asExported: boolean,
  ): Promise<Float32Array | undefined> {
    if (asExported) this.#whole ??= this.#openWhole();
    const decoder = (asExported ? await this.#whole : undefined) ?? this.#decoder;
    const embeds = await this.#embed(ids, features);
    const { logits } = await decoder.run({
      embeds,
      length: ids.length,
      past: decoder.empty(),
      rows: [ids.length - 1],
      keep: false,
    });
    return logits[0];
  }

  async #readMessages(
    messages: readonly Message[],
    split: boolean,
    signal: AbortSignal | undefined,
  ): Promise<{ ids: readonly number[]; features: Float32Array }> {
    const tiles: Tiles[] = [];
    for (const part of messages.flatMap((message) => message.content)) {
      if (part.type !== 'image') continue;
      signal?.throwIfAborted();
      tiles.push(this.#family.cut(await decodePicture(part.picture, this.#limits), split));
    }
    const prompt = this.#writePrompt(
      messages.map(({ role, content }) => ({ role, content: content.map(withoutBytes) })),
    );
    const blocks = tiles.map((each) => this.#blockOf(each));
    const { ids } = expandPrompt(prompt, blocks, this.#place(), this.#tokenizer);
    signal?.throwIfAborted();
    return { ids, features: tiles.length > 0 ? await this.#encoder.encode(tiles) : new Float32Array(0) };
  }

  /** Embeds tokens and lays the pictures' features over their places. */
  async #embed(ids: readonly number[], features: Float32Array): Promise<Float32Array> {
    const hidden = this.#decoder.hidden;
    const embeds = await this.#embedder.embed(ids);
    let at = 0;
    for (const [index, id] of ids.entries()) {
      if (id !== this.#family.imageTokenId) continue;
      embeds.set(features.subarray(at, at + hidden), index * hidden);
      at += hidden;
    }
    if (at !== features.length)
      throw new WatchwordError('internal', `${features.length / hidden} picture features for ${at / hidden} places`);
    return embeds;
  }
}

interface EngineParts {
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

/** Loads a package. Errors name the file that is at fault and what to do. `now` is monotonic ms. */
export async function openEngine(options: EngineOptions, now: () => number): Promise<OnnxEngine> {
  const started = now();
  const files = await openPackage(options.packageDir, options.dtype);
  const { weights, config } = files;
  const tokenizer = createTokenizer(files);
  const family = createFamily(files, tokenizer);
  const answers = findAnswerTokens(tokenizer);
  const integers = ['q8', 'int8', 'uint8'].includes(weights.decoder_model_merged.dtype);
  const chosen = await chooseProvider(options.device ?? 'auto', weights.embed_tokens.path, integers);
  const threads = options.threads ?? defaultThreads(await weightBytes(weights));
  const settings = { provider: chosen.provider, threads };
  const decoder = await openDecoder(weights.decoder_model_merged, config, {
    ...settings,
    packing: options.packing ?? 'auto',
  });
  const [encoder, embedder, weightsHash] = await Promise.all([
    openEncoder(weights, family, decoder.hidden, settings),
    openEmbedder(weights, settings),
    hashWeights(weights),
  ]);
  const description: ModelDescription = {
    identity: { name: files.name, dtype: describeDtype(weights), device: chosen.provider, weightsHash },
    family: family.name,
    deviceReason: chosen.reason,
    threads,
    packs: decoder.packs,
    minMass: files.form.minMass,
    describePrompt: files.form.describe,
    notes: decoder.notes,
    loadMs: now() - started,
  };
  const openWhole = (): Promise<Decoder> =>
    openDecoder(weights.decoder_model_merged, config, { ...settings, packing: 'never', asExported: true });
  const limits = options.limits ?? DEFAULT_PICTURE_LIMITS;
  return new OnnxEngine({
    description,
    files,
    tokenizer,
    family,
    answers,
    encoder,
    embedder,
    decoder,
    openWhole,
    limits,
    now,
  });
}

function sameTokens(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((token, index) => token === b[index]);
}

function withoutBytes(part: Message['content'][number]): TemplateMessage['content'][number] {
  return part.type === 'image' ? { type: 'image' } : part;
}

function highest(logits: Float32Array | undefined): number {
  let best = 0;
  for (let index = 1; index < (logits?.length ?? 0); index++)
    if ((logits?.[index] ?? 0) > (logits?.[best] ?? 0)) best = index;
  return best;
}
