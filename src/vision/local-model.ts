import { toError, WatchwordError } from '../platform/errors.ts';
import type { GenerationPrompt } from './engine.ts';
import type { EngineCaller } from './engine-calls.ts';
import type {
  Answer,
  GenerateOptions,
  LocalVisionModel,
  Look,
  LookOptions,
  Message,
  MessagesAnswer,
  ModelDescription,
  ModelIdentity,
  ScoreOptions,
} from './model.ts';

/** Tokens per turn of a generation: between turns other callers are served, so that a chat never holds up the rules. */
const TOKENS_PER_TURN = 2;
const DEFAULT_MAX_TOKENS = 64;

/** A VisionModel over an engine, wherever that runs. */
export class LocalModel implements LocalVisionModel {
  readonly #caller: EngineCaller;
  /** Which engine holds a look, by the look's id. */
  readonly #homes = new Map<number, number>();
  #nextId = 1;

  constructor(caller: EngineCaller) {
    this.#caller = caller;
  }

  get description(): ModelDescription {
    return this.#caller.description;
  }

  get identity(): ModelIdentity {
    return this.description.identity;
  }

  get concern(): string | undefined {
    return this.description.concern;
  }

  async look(picture: Uint8Array, options: LookOptions = {}): Promise<Look> {
    const id = this.#nextId++;
    const { split, earlier = [], examples = [] } = options;
    const settings = {
      ...(split !== undefined && { split }),
      ...(earlier.length > 0 && { earlier: earlier.map(withOwnBytes) }),
      ...(examples.length > 0 && { examples: examples.map(withOwnBytes) }),
    };
    try {
      const look = await this.#caller.call('look', [id, ownBytes(picture), settings], options.signal);
      this.#homes.set(look.id, this.#caller.generation);
      return look;
    } catch (error) {
      // An aborted look may be finished all the same, and nobody else knows its number.
      this.#caller.call('release', [id]).catch(() => undefined);
      throw error;
    }
  }

  async score(look: Look, questions: readonly string[], options: ScoreOptions = {}): Promise<Answer[]> {
    if (questions.length === 0) return [];
    this.#checkHome(look);
    const { verbatim = false, whole = false } = options;
    return this.#caller.call('score', [look.id, questions, { verbatim, whole }], options.signal);
  }

  async scoreMessages(
    messages: readonly Message[],
    options: LookOptions & Pick<ScoreOptions, 'whole'> = {},
  ): Promise<MessagesAnswer> {
    const { split = false, whole = false } = options;
    return this.#caller.call('scoreMessages', [messages.map(ownMessage), { split, whole }], options.signal);
  }

  async *generate(
    prompt: { look: Look; text: string } | { messages: readonly Message[] },
    options: GenerateOptions = {},
  ): AsyncGenerator<string, void, void> {
    const { signal, maxTokens = DEFAULT_MAX_TOKENS, split = false, onEnd } = options;
    if ('look' in prompt) this.#checkHome(prompt.look);
    const begin: GenerationPrompt =
      'look' in prompt ? { lookId: prompt.look.id, text: prompt.text } : { messages: prompt.messages.map(ownMessage) };
    const id = this.#nextId++;
    try {
      await this.#caller.call('begin', [id, begin, { maxTokens, split }], signal);
      for (;;) {
        const { text, end } = await this.#caller.call('step', [id, TOKENS_PER_TURN], signal);
        if (text !== '') yield text;
        if (!end) continue;
        onEnd?.(end);
        return;
      }
    } finally {
      this.#caller.call('end', [id]).catch(() => undefined);
    }
  }

  async release(look: Look): Promise<void> {
    const home = this.#homes.get(look.id);
    this.#homes.delete(look.id);
    if (home !== this.#caller.generation) return;
    await this.#caller.call('release', [look.id]).catch((error) => {
      // With the engine gone, so is what it held.
      if (!(toError(error) instanceof WatchwordError)) throw error;
    });
  }

  async close(): Promise<void> {
    await this.#caller.close();
  }

  #checkHome(look: Look): void {
    if (this.#homes.get(look.id) === this.#caller.generation) return;
    throw new WatchwordError(
      'unavailable',
      `look ${look.id} is not held: it was released, or the vision engine was restarted since`,
      {
        hint: 'Look at the picture again',
      },
    );
  }
}

/** A picture is often a view into a larger buffer (a stream's chunk), all of which would be sent along to a thread. */
function ownBytes(picture: Uint8Array): Uint8Array {
  return picture.byteLength === picture.buffer.byteLength ? picture : new Uint8Array(picture);
}

function withOwnBytes<T extends { readonly picture: Uint8Array }>(each: T): T {
  return { ...each, picture: ownBytes(each.picture) };
}

function ownMessage({ role, content }: Message): Message {
  return {
    role,
    content: content.map((part) => (part.type === 'image' ? { ...part, picture: ownBytes(part.picture) } : part)),
  };
}
