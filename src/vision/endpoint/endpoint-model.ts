import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../platform/clock.ts';
import { kindOf, WatchwordError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/logger.ts';
import type {
  Answer,
  GenerateOptions,
  Look,
  LookOptions,
  Message,
  ModelIdentity,
  ScoreOptions,
  TokenCounts,
  VisionModel,
} from '../model.ts';
import { readChances, readStructured, readWords } from './answer-reading.ts';
import { ChatClient, type ChatClientOptions, notAChat } from './chat-client.ts';
import {
  type ChatMessage,
  conversation,
  pictureMessages,
  type Reply,
  readReply,
  type Shown,
  shown,
} from './chat-messages.ts';
import { tokensOf } from './usage.ts';

export interface EndpointOptions extends ChatClientOptions {
  /** The model's name at the server. May be left out where it serves one only. */
  readonly name?: string | undefined;
  readonly logger: Logger;
}

/** Looks nobody released would fill the memory with pictures. */
const MOST_LOOKS = 64;
const DEFAULT_MAX_TOKENS = 64;
/** What OpenAI and vLLM allow at most. */
const TOP_LOGPROBS = 20;

/** How an answer is asked for, the best first; a server that refuses one is asked the next way from then on. */
const WAYS = ['chances', 'schema', 'words'] as const;
type Way = (typeof WAYS)[number];

type Reading = Pick<Answer, 'score' | 'mass' | 'readFrom' | 'promptTokens'>;

/**
 * A VisionModel at an OpenAI-compatible server (vLLM, NIM, llama.cpp, Ollama, another Watchword box). P(yes) is read from the
 * first token's `top_logprobs`; where the server has none, a constrained answer is asked for and then plain words, and the
 * answer says so. A look is the picture itself (or several), which goes along with each question, first in the prompt.
 */
export class EndpointModel implements VisionModel {
  readonly identity: ModelIdentity;
  readonly #client: ChatClient;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #pictures = new Map<number, Shown>();
  #nextId = 1;
  #way: Way = 'chances';

  constructor(options: { client: ChatClient; name: string; clock: Clock; logger: Logger }) {
    const { client, name, clock, logger } = options;
    this.#client = client;
    this.#clock = clock;
    this.#logger = logger;
    // A server does not tell its weights: what is recorded is which model of which server answered.
    const weightsHash = createHash('sha256').update(`${client.address.shown}\n${name}`).digest('hex');
    this.identity = { name, dtype: 'served', device: 'endpoint', weightsHash };
  }

  async look(picture: Uint8Array, options: LookOptions = {}): Promise<Look> {
    options.signal?.throwIfAborted();
    if (this.#pictures.size >= MOST_LOOKS) {
      throw new WatchwordError('too-many', `${MOST_LOOKS} looks are held`, { hint: 'Release looks that are done' });
    }
    const started = this.#clock.monotonic();
    const pictures = await shown(picture, options);
    options.signal?.throwIfAborted();
    const id = this.#nextId++;
    this.#pictures.set(id, pictures);
    return { id, ms: this.#clock.monotonic() - started };
  }

  async score(look: Look, questions: readonly string[], options: ScoreOptions = {}): Promise<Answer[]> {
    const pictures = this.#held(look);
    const ask = async (question: string): Promise<Answer> => {
      const started = this.#clock.monotonic();
      const text = options.verbatim ? question : `${question.trim()} Answer yes or no.`;
      const reading = await this.#ask(pictureMessages(pictures, text), options.signal);
      return { question, ...reading, ms: this.#clock.monotonic() - started };
    };
    const [first, ...others] = questions;
    if (first === undefined) return [];
    // The first one alone: the others then find the picture in the server's prefix cache.
    return [await ask(first), ...(await Promise.all(others.map(ask)))];
  }

  async *generate(
    prompt: { look: Look; text: string } | { messages: readonly Message[] },
    options: GenerateOptions = {},
  ): AsyncGenerator<string, void, void> {
    const { signal, maxTokens = DEFAULT_MAX_TOKENS, onEnd } = options;
    const messages =
      'look' in prompt ? pictureMessages(this.#held(prompt.look), prompt.text) : await conversation(prompt.messages);
    const stream = { stream: true, stream_options: { include_usage: true } };
    const body = { ...this.#body(messages), max_tokens: maxTokens, ...stream };
    const where = this.#client.address.shown;
    let cut = false;
    let tokens: TokenCounts | undefined;
    for await (const event of this.#client.stream(body, signal)) {
      const said = readEvent(event, where);
      if (said.text !== '') yield said.text;
      cut ||= said.cut;
      tokens = said.tokens ?? tokens;
    }
    onEnd?.({ reason: cut ? 'length' : 'stop', ...(tokens && { tokens }) });
  }

  async release(look: Look): Promise<void> {
    this.#pictures.delete(look.id);
  }

  async close(): Promise<void> {
    this.#client.close();
    this.#pictures.clear();
  }

  #held(look: Look): Shown {
    const pictures = this.#pictures.get(look.id);
    if (pictures) return pictures;
    throw new WatchwordError('unavailable', `look ${look.id} is not held: it was released`, {
      hint: 'Look at the picture again',
    });
  }

  #body(messages: readonly ChatMessage[]): Record<string, unknown> {
    return { model: this.identity.name, messages, temperature: 0 };
  }

  async #ask(messages: readonly ChatMessage[], signal: AbortSignal | undefined): Promise<Reading> {
    let refused: unknown;
    for (const way of WAYS.slice(WAYS.indexOf(this.#way))) {
      try {
        const reading = await this.#askIn(way, messages, signal);
        if (!reading) continue;
        this.#settleOn(reading.readFrom === 'words' && way === 'chances' ? 'schema' : way);
        return reading;
      } catch (error) {
        // Unknown fields are refused as invalid; when no way is taken, it is the question that is at fault.
        if (kindOf(error) !== 'invalid-input') throw error;
        refused ??= error;
      }
    }
    if (refused !== undefined) throw refused;
    return { score: 0.5, mass: 0, readFrom: 'words' };
  }

  /** undefined: the server took the question, but this way gives no answer. */
  async #askIn(
    way: Way,
    messages: readonly ChatMessage[],
    signal: AbortSignal | undefined,
  ): Promise<Reading | undefined> {
    const reply = readReply(
      await this.#client.post({ ...this.#body(messages), ...WISHES[way] }, signal),
      this.#client.address.shown,
    );
    const promptTokens = reply.tokens?.prompt;
    if (way === 'chances' && reply.chances)
      return { ...readChances(reply.chances), ...(promptTokens !== undefined && { promptTokens }) };
    const said = way === 'schema' ? readStructured(reply.text) : readWords(reply.text);
    if (said) return { score: said === 'yes' ? 1 : 0, mass: 1, readFrom: 'words' };
    // One token without its chances may be the beginning of anything.
    return way === 'chances' ? undefined : { score: 0.5, mass: 0, readFrom: 'words' };
  }

  #settleOn(way: Way): void {
    if (WAYS.indexOf(way) <= WAYS.indexOf(this.#way)) return;
    this.#way = way;
    this.#logger.warn('the model server tells no probabilities: scores are 1 or 0, read from words', {
      model: this.identity.name,
      way,
    });
  }
}

const WISHES: Record<Way, Record<string, unknown>> = {
  chances: { max_tokens: 1, logprobs: true, top_logprobs: TOP_LOGPROBS },
  schema: {
    max_tokens: 24,
    response_format: {
      type: 'json_schema',
      json_schema: {
        name: 'answer',
        strict: true,
        schema: {
          type: 'object',
          // A model that cannot tell must be able to say so: unknown is not no.
          properties: { answer: { type: 'string', enum: ['yes', 'no', 'unclear'] } },
          required: ['answer'],
          additionalProperties: false,
        },
      },
    },
  },
  words: { max_tokens: 16 },
};

function readEvent(event: string, where: string): Pick<Reply, 'text' | 'cut' | 'tokens'> {
  let value: unknown;
  try {
    value = JSON.parse(event);
  } catch {
    throw notAChat(where);
  }
  const failed = z.object({ error: z.unknown() }).safeParse(value).data?.error;
  if (failed !== undefined && failed !== null)
    throw new WatchwordError('unavailable', 'the model server failed in the middle of its answer', { where });
  const { choices } = z.object({ choices: z.array(z.unknown()) }).safeParse(value).data ?? {};
  // Some servers end with an event that only counts tokens.
  return choices?.length === 0 ? { text: '', cut: false, tokens: tokensOf(value) } : readReply(value, where);
}

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

/**
 * Opens the model of an endpoint: asks which models the server has and whether ours is among them. Rejects with what is wrong;
 * a server that does not list its models is trusted with the name that was given.
 */
export async function openEndpointModel(options: EndpointOptions, signal?: AbortSignal): Promise<EndpointModel> {
  const { name, clock, logger } = options;
  const client = new ChatClient(options);
  const listed = modelsSchema.safeParse(await client.models(signal)).data?.data.map(({ id }) => id);
  const where = client.address.shown;
  const offered = listed?.slice(0, 10).join(', ');
  if (name !== undefined && listed && listed.length > 0 && !listed.includes(name)) {
    throw new WatchwordError('not-found', `the model server has no model "${name}"`, {
      where,
      hint: `Set model.name to one it has: ${offered}`,
    });
  }
  const chosen = name ?? (listed?.length === 1 ? listed[0] : undefined);
  if (chosen === undefined) {
    throw new WatchwordError('invalid-input', 'the model server does not say which model to ask', {
      where,
      hint: offered ? `Set model.name to one of ${offered}` : 'Set model.name',
    });
  }
  return new EndpointModel({ client, name: chosen, clock, logger });
}
