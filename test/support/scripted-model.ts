import type { OpenedModel, OpenModel } from '../../src/cli/open-model.ts';
import { WatchwordError } from '../../src/platform/errors.ts';
import type { Answer, Look } from '../../src/vision/model.ts';

/** How a scripted model answers: by the picture's bytes read as text, and the question. */
export type Script = (picture: string, question: string) => { score: number; mass?: number };

/** A model whose answers are written down beforehand, and which keeps what it was asked. */
export class ScriptedModel implements OpenedModel {
  readonly identity = { name: 'scripted', dtype: 'fp32', device: 'cpu', weightsHash: 'abc' };
  readonly description: OpenedModel['description'];
  readonly calls: string[] = [];
  /** What `generate` yields. */
  words: readonly string[] = ['a', ' full', ' shelf'];
  readonly #script: Script;
  readonly #held = new Map<number, string>();
  #next = 1;

  constructor(script: Script, minMass = 0.5) {
    this.#script = script;
    this.description = {
      identity: this.identity,
      family: 'scripted',
      deviceReason: '',
      threads: 1,
      packs: false,
      minMass,
      describePrompt: 'Describe it.',
      notes: [],
      loadMs: 0,
    };
  }

  /** Looks that were not released. */
  get held(): number {
    return this.#held.size;
  }

  /** Opens this model whatever is chosen, and keeps the choice. */
  readonly open: OpenModel = async (choice) => {
    this.calls.push(`open ${JSON.stringify(choice)}`);
    return this;
  };

  async look(picture: Uint8Array, options: { split?: boolean } = {}): Promise<Look> {
    const text = Buffer.from(picture).toString();
    if (text === 'damaged') throw new WatchwordError('invalid-input', 'the picture is damaged');
    if (text === 'crash') throw new WatchwordError('unavailable', 'the model died');
    this.calls.push(`look ${text}${options.split ? ' split' : ''}`);
    const id = this.#next++;
    this.#held.set(id, text);
    return { id, ms: 12.345 };
  }

  async score(look: Look, questions: readonly string[], options: { verbatim?: boolean } = {}): Promise<Answer[]> {
    this.calls.push(`score ${questions.length}${options.verbatim ? ' verbatim' : ''}`);
    const picture = this.#held.get(look.id) ?? '';
    return questions.map((question) => ({ question, mass: 1, ms: 1.5, ...this.#script(picture, question) }));
  }

  async *generate(
    prompt: Parameters<OpenedModel['generate']>[0],
    options: Parameters<OpenedModel['generate']>[1] = {},
  ): AsyncGenerator<string> {
    if (!('look' in prompt)) throw new WatchwordError('unsupported', 'no conversations here');
    this.calls.push(`generate ${prompt.text} ${options.maxTokens ?? '-'}${options.verbatim ? ' verbatim' : ''}`);
    yield* this.words;
  }

  async release(look: Look): Promise<void> {
    this.#held.delete(look.id);
  }

  async close(): Promise<void> {
    this.calls.push('close');
  }
}
