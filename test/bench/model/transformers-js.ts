import path from 'node:path';
import { AutoModelForImageTextToText, AutoProcessor, env, RawImage, type Tensor } from '@huggingface/transformers';

/** What the peers may write, at most: enough for "Yes", "No." and the end. */
export const MOST_TOKENS = 3;

/** The inputs of one picture as its processor makes them. */
interface PictureInputs {
  readonly pixel_values: Tensor;
  readonly pixel_attention_mask: Tensor;
}

interface Inputs extends PictureInputs {
  readonly input_ids: Tensor;
  readonly attention_mask: Tensor;
}

/** The parts of Transformers.js that are used, with the types that its own declarations leave open. */
interface Processor {
  apply_chat_template(messages: unknown, options: { add_generation_prompt: boolean; tokenize: false }): string;
  (text: string, images: RawImage[][], options: { do_image_splitting: boolean }): Promise<Inputs>;
  readonly tokenizer: (text: string) => Pick<Inputs, 'input_ids' | 'attention_mask'>;
  readonly image_processor: (images: RawImage[][], options: { do_image_splitting: boolean }) => Promise<PictureInputs>;
  readonly config: { readonly image_seq_len: number };
}

interface Model {
  generate(inputs: Inputs & { max_new_tokens: number; do_sample: boolean }): Promise<Tensor>;
  encode_image(inputs: PictureInputs): Promise<Tensor>;
  dispose(): Promise<unknown>;
}

/** The peers: Transformers.js on the same files in the same process. None of them cuts the picture into tiles. */
export class TransformersJs {
  readonly #processor: Processor;
  readonly #model: Model;
  readonly #encode: Model['encode_image'];

  private constructor(processor: Processor, model: Model) {
    this.#processor = processor;
    this.#model = model;
    this.#encode = model.encode_image.bind(model);
  }

  static async load(folder: string, options: { dtype: string; threads: number }): Promise<TransformersJs> {
    env.allowRemoteModels = false;
    env.localModelPath = `${path.dirname(path.resolve(folder))}/`;
    const name = path.basename(path.resolve(folder));
    const processor = await AutoProcessor.from_pretrained(name);
    const model = await AutoModelForImageTextToText.from_pretrained(name, {
      dtype: options.dtype as 'q8',
      device: 'cpu',
      session_options: { intraOpNumThreads: options.threads, logSeverityLevel: 3 },
    });
    return new TransformersJs(processor as unknown as Processor, model as unknown as Model);
  }

  /** As its documentation does it: the picture is loaded once, each question goes through processor and `generate`. */
  async generate(picture: Uint8Array, questions: readonly string[]): Promise<void> {
    const image = await decode(picture);
    this.#model.encode_image = this.#encode;
    for (const question of questions) {
      const inputs = await this.#processor(this.#prompt(question), [[image]], { do_image_splitting: false });
      await this.#model.generate({ ...inputs, max_new_tokens: MOST_TOKENS, do_sample: false });
    }
  }

  /** The same for a caller who prepares the picture's pixels once and gives them to every `generate`. */
  async generatePrepared(picture: Uint8Array, questions: readonly string[]): Promise<void> {
    const inputs = await this.#prepare(picture);
    this.#model.encode_image = this.#encode;
    await this.#ask(inputs, questions);
  }

  /** The same for a caller who also encodes the picture once and gives its features to every `generate`. */
  async generateFromFeatures(picture: Uint8Array, questions: readonly string[]): Promise<void> {
    const inputs = await this.#prepare(picture);
    const features = await this.#encode(inputs);
    this.#model.encode_image = async () => features;
    await this.#ask(inputs, questions);
  }

  async close(): Promise<void> {
    await this.#model.dispose();
  }

  async #prepare(picture: Uint8Array): Promise<PictureInputs> {
    return this.#processor.image_processor([[await decode(picture)]], { do_image_splitting: false });
  }

  async #ask(picture: PictureInputs, questions: readonly string[]): Promise<void> {
    for (const question of questions) {
      const text = this.#processor.tokenizer(this.#expanded(question));
      await this.#model.generate({ ...text, ...picture, max_new_tokens: MOST_TOKENS, do_sample: false });
    }
  }

  #prompt(question: string): string {
    const content = [{ type: 'image' }, { type: 'text', text: question }];
    return this.#processor.apply_chat_template([{ role: 'user', content }], {
      add_generation_prompt: true,
      tokenize: false,
    });
  }

  /** The prompt with the place of a picture in one tile written out, as the library's own processor does it. */
  #expanded(question: string): string {
    const image = '<image>'.repeat(this.#processor.config.image_seq_len);
    const block = `<fake_token_around_image><global-img>${image}<fake_token_around_image>`;
    return this.#prompt(question).replace('<image>', block);
  }
}

async function decode(picture: Uint8Array): Promise<RawImage> {
  return RawImage.fromBlob(new Blob([Uint8Array.from(picture)]));
}
