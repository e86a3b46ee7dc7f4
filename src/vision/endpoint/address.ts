import { WatchwordError } from '../../platform/errors.ts';
import { maskSecrets } from '../../platform/secrets.ts';

/** Where a server's chat lives, and what it is shown. */
export interface Address {
  readonly chat: string;
  readonly models: string;
  /** For texts: never holds a secret. */
  readonly shown: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** `http://box:8000`, `http://box:8000/v1` and the whole address of the chat mean the same. */
export function addressOf(endpoint: string, apiKey: string | undefined): Address {
  const url = new URL(endpoint);
  const path = url.pathname.replace(/\/+$/, '').replace(/\/chat\/completions$/, '') || '/v1';
  const at = (end: string): string => `${url.origin}${path}${end}${url.search}`;
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const basic = url.username || url.password ? `Basic ${Buffer.from(pair).toString('base64')}` : undefined;
  const authorization = apiKey === undefined ? basic : `Bearer ${apiKey}`;
  return {
    chat: at('/chat/completions'),
    models: at('/models'),
    shown: maskSecrets(`${url.origin}${path}`),
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Watchword',
      ...(authorization !== undefined && { authorization }),
    },
  };
}

/** What went wrong at the server, in kinds that decide whether to ask again. `said` is its own text, cleaned. */
export function refusalOf(status: number, said: string, where: string): WatchwordError {
  const words = said === '' ? `answered ${status}` : `answered ${status}: ${said}`;
  const message = `the model server ${words}`;
  if (status === 401 || status === 403)
    return new WatchwordError(status === 401 ? 'unauthenticated' : 'forbidden', message, {
      where,
      hint: 'Check model.apiKey',
    });
  if (status === 404)
    return new WatchwordError('not-found', message, { where, hint: 'Check model.endpoint and model.name' });
  if (status === 413) return new WatchwordError('too-large', message, { where, hint: 'Use a smaller camera stream' });
  if (status === 429) return new WatchwordError('too-many', message, { where, hint: 'Ask less often' });
  if (status >= 500) return new WatchwordError('unavailable', message, { where, hint: "Look into the server's log" });
  if (status >= 300 && status < 400)
    return new WatchwordError('unsupported', `${message} (another address)`, {
      where,
      hint: 'Put the final address into model.endpoint',
    });
  return new WatchwordError('invalid-input', message, { where });
}

/** What fetch throws says only "fetch failed"; the cause says why. */
export function unreachable(error: Error, where: string): WatchwordError {
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = 'code' in cause ? String(cause.code) : cause.message;
  return new WatchwordError('unavailable', maskSecrets(`the model server cannot be reached: ${code}`), {
    where,
    hint: 'Check that it runs and can be reached from here',
    cause: error,
  });
}
