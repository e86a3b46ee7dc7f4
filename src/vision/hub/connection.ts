import { type Clock, deadline } from '../../platform/clock.ts';
import { toError, WatchwordError } from '../../platform/errors.ts';

export const DEFAULT_HUB = 'https://huggingface.co';
const MOST_REDIRECTS = 5;
/** To the first byte of an answer. */
const LONGEST_ANSWER_MS = 30_000;
const MOST_JSON_BYTES = 16 * 1024 * 1024;

export interface ConnectionOptions {
  /** Without a trailing slash. */
  readonly endpoint: string;
  /** Sent to the endpoint alone, never to where it redirects. */
  readonly token?: string | undefined;
  readonly clock: Clock;
}

/** GET requests to a hub, its redirects followed by hand. */
export class HubConnection {
  readonly endpoint: string;
  readonly #options: ConnectionOptions;

  constructor(options: ConnectionOptions) {
    this.endpoint = options.endpoint.replace(/\/+$/, '');
    this.#options = options;
  }

  /** The answer, of whatever status. Rejects with `unavailable` or `timeout` when there is none. */
  async get(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    const { clock, token } = this.#options;
    const home = new URL(this.endpoint).origin;
    let at = new URL(url);
    for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
      const own = token !== undefined && at.origin === home ? { authorization: `Bearer ${token}` } : {};
      const limit = deadline(clock, LONGEST_ANSWER_MS, () => new WatchwordError('timeout', 'it does not answer'));
      let response: Response;
      try {
        response = await fetch(at, {
          headers: { 'user-agent': 'watchword', 'accept-encoding': 'identity', ...headers, ...own },
          redirect: 'manual',
          signal: AbortSignal.any([signal, limit.signal]),
        });
      } catch (error) {
        signal.throwIfAborted();
        throw unreachable(at, error);
      } finally {
        limit.stop();
      }
      const location = response.headers.get('location');
      if (response.status < 300 || response.status > 399 || location === null) return response;
      await response.body?.cancel();
      at = next(at, location);
    }
    throw new WatchwordError('unavailable', `more than ${MOST_REDIRECTS} redirects`, { where: at.origin });
  }

  /** A JSON answer with its headers. Rejects as `refusal` says for every status but 200. */
  async json(path: string, what: string, signal: AbortSignal): Promise<{ value: unknown; headers: Headers }> {
    const url = /^https?:/.test(path) ? path : `${this.endpoint}${path}`;
    const response = await this.get(url, { accept: 'application/json' }, signal);
    if (response.status !== 200) throw await refusal(response, what, url);
    try {
      return { value: JSON.parse(await boundedText(response)), headers: response.headers };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof WatchwordError) throw error;
      throw new WatchwordError('unavailable', `the answer about ${what} is no JSON: ${toError(error).message}`, {
        where: url,
        hint: 'Is this the address of a hub?',
      });
    }
  }
}

/** The body of an answer that must not fill the memory. */
async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MOST_JSON_BYTES)
      throw new WatchwordError('too-large', 'the answer is too long', { where: response.url });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function next(from: URL, location: string): URL {
  const to = new URL(location, from);
  if (to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:')) return to;
  throw new WatchwordError('forbidden', `it redirects to ${to.protocol}//, which is not safe`, { where: from.origin });
}

/** What a status that is no success means. `unavailable` is worth another try. */
export async function refusal(response: Response, what: string, url: string): Promise<WatchwordError> {
  const { status, headers } = response;
  await response.body?.cancel();
  const code = headers.get('x-error-code') ?? '';
  const where = new URL(url).origin;
  if (status === 401 || status === 403) {
    const kind = status === 401 ? 'unauthenticated' : 'forbidden';
    return new WatchwordError(kind, `${what} is not given out (HTTP ${status}${code && `, ${code}`})`, {
      where,
      hint: 'Check the name; where its licence must be accepted first, do so on its page and set HF_TOKEN',
    });
  }
  if (status === 404 || status === 410) {
    const hint =
      code === 'RevisionNotFound' ? 'There is no such revision' : 'Check the name, and the revision if you gave one';
    return new WatchwordError('not-found', `there is no ${what} (HTTP ${status}${code && `, ${code}`})`, {
      where,
      hint,
    });
  }
  return new WatchwordError('unavailable', `${what} is not to be had now (HTTP ${status})`, {
    where,
    hint: 'Try again later',
  });
}

function unreachable(at: URL, error: unknown): WatchwordError {
  if (error instanceof WatchwordError) return new WatchwordError('timeout', error.message, { where: at.origin });
  const cause = toError(error).cause;
  return new WatchwordError('unavailable', `it cannot be reached: ${toError(cause ?? error).message}`, {
    where: at.origin,
    hint: 'Check the network, or name a mirror with --hub URL or a folder',
    cause: error,
  });
}
