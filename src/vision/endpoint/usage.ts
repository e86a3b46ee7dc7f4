import { z } from 'zod';
import type { TokenCounts } from '../model.ts';

/** What a server's owner asks per million tokens, in whatever currency. */
export interface Price {
  readonly input: number;
  readonly output: number;
}

/** How a request to a server ended. `withdrawn`: by us, for instance because a newer picture had come. */
export type Outcome = 'answered' | 'refused' | 'failed' | 'withdrawn';

/** What was asked of one server since the start, and what that cost. */
export interface UsageCounts {
  /** Its address; never holds a secret. */
  readonly server: string;
  readonly requests: Readonly<Record<Outcome, number>>;
  readonly retries: number;
  /** As the server counts; `cachedTokens` are those of the prompts that it had already read. */
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  /** Answers that came without a count of tokens: tokens and cost are then too low. */
  readonly uncounted: number;
  /** Time its requests took, waiting for a free place not counted. */
  readonly ms: number;
  /** Without a price there is none. */
  readonly cost: number | undefined;
}

const count = z.number().nonnegative().nullish();
const usageSchema = z.object({
  usage: z.object({
    prompt_tokens: count,
    completion_tokens: count,
    prompt_tokens_details: z.object({ cached_tokens: count }).nullish(),
  }),
});

/** What a server counted for one answer; undefined where it does not tell both. */
export function tokensOf(answer: unknown): TokenCounts | undefined {
  const { prompt_tokens: prompt, completion_tokens: completion } = usageSchema.safeParse(answer).data?.usage ?? {};
  return typeof prompt === 'number' && typeof completion === 'number' ? { prompt, completion } : undefined;
}

/** Counts what one server is asked. */
export class ServerUsage {
  readonly #server: string;
  readonly #price: Price | undefined;
  readonly #requests: Record<Outcome, number> = { answered: 0, refused: 0, failed: 0, withdrawn: 0 };
  readonly #tokens = { prompt: 0, cached: 0, completion: 0 };
  #retries = 0;
  #uncounted = 0;
  #ms = 0;

  constructor(server: string, price?: Price) {
    this.#server = server;
    this.#price = price;
  }

  /** `answer`: whatever came, or its last event, where the tokens may be counted. */
  answered(ms: number, answer: unknown): void {
    this.#requests.answered++;
    this.#ms += ms;
    const { usage } = usageSchema.safeParse(answer).data ?? {};
    if (!usage) {
      this.#uncounted++;
      return;
    }
    this.#tokens.prompt += usage.prompt_tokens ?? 0;
    this.#tokens.cached += usage.prompt_tokens_details?.cached_tokens ?? 0;
    this.#tokens.completion += usage.completion_tokens ?? 0;
  }

  ended(outcome: Exclude<Outcome, 'answered'>, ms: number): void {
    this.#requests[outcome]++;
    this.#ms += ms;
  }

  retried(): void {
    this.#retries++;
  }

  get counts(): UsageCounts {
    const { prompt, cached, completion } = this.#tokens;
    const price = this.#price;
    return {
      server: this.#server,
      requests: { ...this.#requests },
      retries: this.#retries,
      promptTokens: prompt,
      cachedTokens: cached,
      completionTokens: completion,
      uncounted: this.#uncounted,
      ms: this.#ms,
      cost: price && (prompt * price.input + completion * price.output) / 1_000_000,
    };
  }
}

/** The counts of all servers; they go on when a model is opened anew. */
export class UsageLedger {
  readonly #servers = new Map<string, ServerUsage>();

  of(server: string, price?: Price): ServerUsage {
    const known = this.#servers.get(server) ?? new ServerUsage(server, price);
    this.#servers.set(server, known);
    return known;
  }

  list(): UsageCounts[] {
    return [...this.#servers.values()].map(({ counts }) => counts);
  }
}
