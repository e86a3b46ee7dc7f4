import { type Clock, deadline } from '../../platform/clock.ts';
import { kindOf, toError, WatchwordError } from '../../platform/errors.ts';
import { linked } from '../../platform/linked.ts';
import { backoffMs } from '../../platform/retry.ts';
import { maskSecrets } from '../../platform/secrets.ts';
import { type Address, addressOf, refusalOf, unreachable } from './address.ts';
import { Circuit, type CircuitOptions, RetryBudget, type Visit } from './circuit.ts';
import { Turnstile } from './turnstile.ts';
import { type Outcome, type Price, type ServerUsage, UsageLedger } from './usage.ts';

export interface ChatClientOptions extends CircuitOptions {
  readonly endpoint: string;
  readonly apiKey?: string | undefined;
  /** From the call to the end of the answer, waiting and retries included. Default 30 s. */
  readonly timeoutMs?: number | undefined;
  /** Requests under way at once. Default 4. */
  readonly concurrency?: number | undefined;
  readonly price?: Price | undefined;
  /** Where requests and tokens are counted. */
  readonly usage?: UsageLedger | undefined;
  readonly clock: Clock;
}

/** An answer is a few hundred bytes; a server that sends without end is cut off. */
const MOST_BYTES = 1024 * 1024;
const MOST_RETRIES = 2;
const LONGEST_RETRY_WAIT_MS = 5_000;
/** The server is not to blame for these: they leave the circuit as it is. */
const OWN_FAULTS = new Set(['invalid-input', 'too-large', 'cancelled']);
const RETRIED = new Set(['unavailable', 'too-many']);

/**
 * Speaks HTTP with an OpenAI-compatible server. Every call ends within the timeout; answers are bounded; a failing server is
 * retried within a budget and then left alone for a while. Errors never hold the key, also not where the server repeats it.
 */
export class ChatClient {
  readonly address: Address;
  readonly #options: ChatClientOptions;
  readonly #circuit: Circuit;
  readonly #budget = new RetryBudget();
  readonly #turnstile: Turnstile;
  readonly #usage: ServerUsage;
  readonly #closed = new AbortController();

  constructor(options: ChatClientOptions) {
    this.address = addressOf(options.endpoint, options.apiKey);
    this.#options = options;
    this.#circuit = new Circuit(options);
    this.#turnstile = new Turnstile(options.concurrency ?? 4);
    this.#usage = (options.usage ?? new UsageLedger()).of(this.address.shown, options.price);
  }

  /** One request, its answer as JSON. */
  post(body: unknown, signal?: AbortSignal): Promise<unknown> {
    return this.#call(signal, async (within) => this.#json(await this.#send(JSON.stringify(body), within)));
  }

  /** What the server says it serves; undefined where it does not tell. */
  async models(signal?: AbortSignal): Promise<unknown> {
    try {
      return await this.#call(signal, async (within) => this.#json(await this.#send(undefined, within)));
    } catch (error) {
      if (kindOf(error) === 'not-found' || kindOf(error) === 'unsupported') return undefined;
      throw error;
    }
  }

  /** One request whose answer comes as server-sent events: the text of each. A plain answer comes as one. */
  async *stream(body: unknown, signal?: AbortSignal): AsyncGenerator<string, void, void> {
    const { within, done } = this.#limits(signal);
    try {
      const leave = await this.#turnstile.enter(within);
      try {
        const visit = this.#circuit.enter();
        const count = this.#counter();
        let counted = '';
        try {
          for await (const event of this.#events(await this.#send(JSON.stringify(body), within))) {
            if (event.includes('"usage"')) counted = event;
            yield event;
          }
          count('answered', parsed(counted));
          this.#circuit.succeeded();
          this.#budget.earn();
        } catch (error) {
          throw this.#told(visit, error, within, count);
        } finally {
          // Also when the listener went away in the middle.
          count('withdrawn');
          this.#circuit.left(visit);
        }
      } finally {
        leave();
      }
    } finally {
      done();
    }
  }

  close(): void {
    this.#closed.abort(new WatchwordError('cancelled', 'the model was closed'));
  }

  async #call<T>(signal: AbortSignal | undefined, work: (within: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, random } = this.#options;
    const { within, done } = this.#limits(signal);
    try {
      const leave = await this.#turnstile.enter(within);
      try {
        for (let attempt = 0; ; attempt++) {
          const visit = this.#circuit.enter();
          const count = this.#counter();
          try {
            const answer = await work(within);
            count('answered', answer);
            this.#circuit.succeeded();
            this.#budget.earn();
            return answer;
          } catch (thrown) {
            const error = this.#told(visit, thrown, within, count);
            if (!RETRIED.has(kindOf(error)) || attempt >= MOST_RETRIES || !this.#budget.spend()) throw error;
            this.#usage.retried();
            const wait = backoffMs(attempt, { minMs: 200, maxMs: 2_000, random });
            await clock.sleep(Math.max(wait, asked(error)), within);
          }
        }
      } finally {
        leave();
      }
    } finally {
      done();
    }
  }

  #limits(signal: AbortSignal | undefined): { within: AbortSignal; done: () => void } {
    const { clock, timeoutMs = 30_000 } = this.#options;
    const limit = deadline(
      clock,
      timeoutMs,
      () =>
        new WatchwordError('timeout', `the model server did not answer within ${timeoutMs} ms`, {
          where: this.address.shown,
          hint: 'It may be overloaded: ask less often, or allow more time with model.timeout',
        }),
    );
    const either = linked([limit.signal, this.#closed.signal, ...(signal ? [signal] : [])]);
    return {
      within: either.signal,
      done() {
        either.stop();
        limit.stop();
      },
    };
  }

  /** Counts one request when it is told how that ended, the first time. */
  #counter(): Count {
    const { clock } = this.#options;
    const started = clock.monotonic();
    let done = false;
    return (outcome, answer) => {
      if (done) return;
      done = true;
      const ms = clock.monotonic() - started;
      if (outcome === 'answered') this.#usage.answered(ms, answer);
      else this.#usage.ended(outcome, ms);
    };
  }

  /** Tells the circuit how a call failed, and gives the error as callers see it. */
  #told(visit: Visit, thrown: unknown, within: AbortSignal, count: Count): unknown {
    const error = within.aborted ? within.reason : thrown;
    const kind = kindOf(error);
    // Whoever withdrew a question gets its own reason back; that says nothing of the server.
    const withdrawn = within.aborted && kind !== 'timeout';
    if (withdrawn) {
      count('withdrawn');
      this.#circuit.left(visit);
    } else if (OWN_FAULTS.has(kind)) {
      count('refused');
      this.#circuit.succeeded();
    } else {
      count('failed');
      this.#circuit.failed(visit, toError(error).message);
    }
    return error;
  }

  async #send(body: string | undefined, signal: AbortSignal): Promise<Response> {
    const { chat, models, shown, headers } = this.address;
    let response: Response;
    try {
      // A redirect would carry the key and the picture to an address nobody configured.
      response = await fetch(body === undefined ? models : chat, {
        method: body === undefined ? 'GET' : 'POST',
        headers,
        redirect: 'manual',
        signal,
        ...(body !== undefined && { body }),
      });
    } catch (error) {
      throw signal.aborted ? signal.reason : unreachable(toError(error), shown);
    }
    if (response.ok) return response;
    const said = await readAll(response, shown).catch(() => '');
    const refusal = refusalOf(response.status, this.#cleaned(said), shown);
    waits.set(refusal, Number(response.headers.get('retry-after')) * 1_000);
    throw refusal;
  }

  async #json(response: Response): Promise<unknown> {
    const text = await readAll(response, this.address.shown);
    try {
      return JSON.parse(text);
    } catch {
      throw notAChat(this.address.shown);
    }
  }

  async *#events(response: Response): AsyncGenerator<string, void, void> {
    if (!response.headers.get('content-type')?.includes('event-stream')) {
      yield await readAll(response, this.address.shown);
      return;
    }
    let held = '';
    for await (const chunk of textOf(response, this.address.shown)) {
      held += chunk;
      const lines = held.split(/\r?\n/);
      held = lines.pop() ?? '';
      for (const line of lines) {
        if (!line.startsWith('data:')) continue;
        const event = line.slice('data:'.length).trim();
        if (event === '[DONE]') return;
        yield event;
      }
    }
  }

  /** A server's own words in one short line, without our key. */
  #cleaned(text: string): string {
    let said = text;
    try {
      const { error, message } = JSON.parse(text) as { error?: { message?: unknown } | string; message?: unknown };
      const found = typeof error === 'object' ? error?.message : (error ?? message);
      if (typeof found === 'string') said = found;
    } catch {
      // Plain text is shown as it is.
    }
    const { apiKey } = this.#options;
    const line = (apiKey ? said.replaceAll(apiKey, '***') : said).replaceAll(/\s+/g, ' ').trim();
    return maskSecrets(line.slice(0, 300));
  }
}

type Count = (outcome: Outcome, answer?: unknown) => void;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How long a server asked to be left alone, by its refusal. */
const waits = new WeakMap<object, number>();

function asked(error: unknown): number {
  const wait = typeof error === 'object' && error !== null ? (waits.get(error) ?? 0) : 0;
  return wait > 0 ? Math.min(wait, LONGEST_RETRY_WAIT_MS) : 0;
}

/** A body as it comes, cut off when it is longer than any answer. */
async function* textOf(response: Response, where: string): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let bytes = 0;
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw notAChat(where);
      yield decoder.decode(chunk, { stream: true });
    }
    yield decoder.decode();
  } catch (error) {
    throw error instanceof WatchwordError ? error : unreachable(toError(error), where);
  }
}

async function readAll(response: Response, where: string): Promise<string> {
  let text = '';
  for await (const chunk of textOf(response, where)) text += chunk;
  return text;
}

export function notAChat(where: string): WatchwordError {
  return new WatchwordError('unsupported', 'the server does not answer as an OpenAI-compatible chat does', {
    where,
    hint: 'Check model.endpoint: it is the address of a server that has /v1/chat/completions',
  });
}
