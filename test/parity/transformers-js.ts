import path from 'node:path';
import { AutoModelForImageTextToText, AutoProcessor, env, RawImage, Tensor } from '@huggingface/transformers';

export interface PeerInputs {
  readonly input_ids: Tensor;
  readonly attention_mask: Tensor;
  readonly pixel_values?: Tensor;
  readonly pixel_attention_mask?: Tensor;
}

/** The parts of Transformers.js that are used, with the types that its own declarations leave open. */
interface Processor {
  (text: string, images: RawImage[][], options: { do_image_splitting: boolean }): Promise<PeerInputs>;
  readonly tokenizer: {
    (text: string): PeerInputs;
    decode(ids: number[], options: { skip_special_tokens: boolean; clean_up_tokenization_spaces: boolean }): string;
  };
}

interface Model {
  (inputs: PeerInputs): Promise<{ logits: Tensor }>;
  generate(inputs: PeerInputs & { max_new_tokens: number; do_sample: boolean }): Promise<Tensor>;
  dispose(): Promise<unknown>;
}

/** Transformers.js on a checkpoint folder: the second reference beside PyTorch. */
export class Peer {
  readonly #processor: Processor;
  readonly #model: Model;

  private constructor(processor: Processor, model: Model) {
    this.#processor = processor;
    this.#model = model;
  }

  static async load(folder: string): Promise<Peer> {
    env.allowRemoteModels = false;
    env.localModelPath = `${path.dirname(folder)}/`;
    const name = path.basename(folder);
    const processor = await AutoProcessor.from_pretrained(name);
    const model = await AutoModelForImageTextToText.from_pretrained(name, {
      dtype: 'fp32',
      device: 'cpu',
      session_options: { intraOpNumThreads: 1, logSeverityLevel: 3 },
    });
    return new Peer(processor as unknown as Processor, model as unknown as Model);
  }

  /** Its own tokens and its own pixels. */
  async inputs(prompt: string, pictures: readonly Uint8Array[], split: boolean): Promise<PeerInputs> {
    if (pictures.length === 0) return this.#processor.tokenizer(prompt);
    const images = await Promise.all(
      pictures.map(async (bytes) => (await RawImage.fromBlob(new Blob([Uint8Array.from(bytes)]))).rgb()),
    );
    return this.#processor(prompt, [images], { do_image_splitting: split });
  }

  /** Logits of the prompt's last position. */
  async logits(inputs: PeerInputs): Promise<Float32Array> {
    const { logits } = await this.#model(inputs);
    const vocabulary = logits.dims.at(-1) ?? 0;
    return Float32Array.from(logits.data as Float32Array).slice(-vocabulary);
  }

  /** Greedy words, special tokens left out. */
  async greedy(inputs: PeerInputs, most: number): Promise<string> {
    const output = await this.#model.generate({ ...inputs, max_new_tokens: most, do_sample: false });
    const ids = [...(output.data as BigInt64Array)].slice(inputs.input_ids.dims.at(-1)).map(Number);
    return this.#processor.tokenizer.decode(ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  }

  async close(): Promise<void> {
    await this.#model.dispose();
  }
}

/** The same inputs with other pixels: `values` in the layout of the inputs' own. */
export function withPixels(inputs: PeerInputs, values: Float32Array): PeerInputs {
  return { ...inputs, pixel_values: new Tensor('float32', values, inputs.pixel_values?.dims ?? []) };
}

/** Probability of each token group under the softmax over all logits. */
export function groupMasses(logits: Float32Array, groups: ReadonlyArray<readonly number[]>): number[] {
  const most = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const all = logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
  return groups.map((ids) => ids.reduce((sum, id) => sum + Math.exp((logits[id] ?? 0) - most) / all, 0));
}
