import { createHmac } from 'node:crypto';
import { type Clock, deadline } from '../platform/clock.ts';
import { toError, WatchwordError } from '../platform/errors.ts';
import { maskSecrets } from '../platform/secrets.ts';
import type { Receiver } from './delivery.ts';
import { type EvidenceLinks, eventPayload } from './payload.ts';

export interface WebhookOptions {
  readonly url: string;
  /** Asked for each request, so that a changed secret file needs no restart. */
  readonly secret: () => Promise<string> | string;
  readonly timeoutMs: number;
  readonly links: EvidenceLinks;
  readonly clock: Clock;
}

const WINDOW = 4;

/**
 * The value of X-Watchword-Signature: HMAC-SHA256 over `<timestamp>.<body>`, hexadecimal. The timestamp inside lets a
 * receiver refuse an old request that somebody recorded.
 */
export function webhookSignature(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`;
}

/** An HTTP receiver of changes: one signed POST per change, done at any 2xx. */
export function webhookReceiver(options: WebhookOptions): Receiver {
  const { secret, timeoutMs, links, clock } = options;
  const { url, authorization } = withoutCredentials(options.url);
  return {
    channel: 'webhook',
    window: () => WINDOW,
    ready: () => Promise.resolve(),
    async send({ change }) {
      const body = eventPayload(change, links);
      const timestamp = String(Math.floor(clock.now() / 1_000));
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'Watchword',
        ...(authorization ? { authorization } : {}),
        'x-watchword-key': change.key,
        'x-watchword-timestamp': timestamp,
        'x-watchword-signature': webhookSignature(await secret(), timestamp, body),
      };
      const limit = deadline(
        clock,
        timeoutMs,
        () => new WatchwordError('timeout', 'the webhook did not answer in time', { where: maskSecrets(url) }),
      );
      try {
        // A redirect would carry the signed body to an address nobody configured.
        const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: limit.signal });
        await response.body?.cancel();
        if (!response.ok)
          throw new WatchwordError('invalid-input', `the webhook answered ${response.status}`, {
            where: maskSecrets(url),
          });
      } catch (thrown) {
        throw described(thrown, url);
      } finally {
        limit.stop();
      }
    },
  };
}

/** fetch refuses an address that holds a user and a password; they become the header they stand for. */
function withoutCredentials(address: string): { url: string; authorization: string | undefined } {
  const url = new URL(address);
  if (!url.username && !url.password) return { url: url.href, authorization: undefined };
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  return { url: url.href, authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** What fetch throws says only "fetch failed"; the cause says why. */
function described(thrown: unknown, url: string): WatchwordError {
  if (thrown instanceof WatchwordError) return thrown;
  const error = toError(thrown);
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = 'code' in cause ? String(cause.code) : cause.message;
  return new WatchwordError('internal', maskSecrets(`the webhook cannot be reached: ${code}`), {
    where: maskSecrets(url),
    cause: error,
  });
}
