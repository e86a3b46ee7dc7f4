import type { WSContext } from 'hono/ws';
import { describeError, kindOf, WatchwordError } from '../platform/errors.ts';
import type { Auth } from './auth.ts';
import type { WebDeps, WebSettings } from './deps.ts';
import { STATUS_OF } from './errors.ts';

/** Close codes are of the range that applications may use: 4000 and the HTTP status that says the same. */
const CODE = 4_000;
const SESSION_OVER = CODE + STATUS_OF.unauthenticated;
/** Browsers refuse a longer reason. */
const MOST_REASON_BYTES = 123;
const ALIVE_CHECK_MS = 15_000;

type Connection = Pick<WSContext<unknown>, 'send' | 'close' | 'raw'>;

export interface LiveViewersOptions {
  readonly deps: Pick<WebDeps, 'clock' | 'liveView'>;
  readonly auth: Pick<Auth, 'isAlive'>;
  readonly settings: Pick<WebSettings, 'maxLiveClients'>;
}

/** Everybody who watches a camera live through a WebSocket. */
export class LiveViewers {
  readonly #options: LiveViewersOptions;
  readonly #viewers = new Set<{ readonly tokenHash: string | undefined; close(code: number, reason: string): void }>();

  constructor(options: LiveViewersOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#viewers.size;
  }

  /** Sends the camera's live picture until the returned function is called. Closes the connection when it may not have it. */
  join(cameraId: string, tokenHash: string | undefined, connection: Connection): () => void {
    const { deps, auth, settings } = this.#options;
    const { clock, liveView } = deps;
    let stop = (): void => undefined;
    const leave = (): void => {
      this.#viewers.delete(viewer);
      stop();
      stop = () => undefined;
    };
    const viewer = {
      tokenHash,
      close(code: number, reason: string): void {
        leave();
        connection.close(code, shortened(reason));
      },
    };
    let checkedAt = clock.monotonic();
    const isOver = (): boolean => {
      if (tokenHash === undefined || clock.monotonic() - checkedAt < ALIVE_CHECK_MS) return false;
      checkedAt = clock.monotonic();
      return !auth.isAlive(tokenHash);
    };
    try {
      if (!liveView) throw new WatchwordError('unsupported', 'this box has no live view');
      if (this.#viewers.size >= settings.maxLiveClients) {
        throw new WatchwordError('too-many', 'too many people watch live', { hint: 'Close another live view first' });
      }
      stop = liveView.watch(cameraId, {
        send(chunk) {
          if (isOver()) viewer.close(SESSION_OVER, 'session ended');
          else connection.send(new Uint8Array(chunk));
        },
        bufferedAmount: () => unsentBytes(connection),
        problem: (cause) => connection.send(cause),
      });
      this.#viewers.add(viewer);
    } catch (error) {
      viewer.close(CODE + STATUS_OF[kindOf(error)], describeError(error));
    }
    return leave;
  }

  /** Ends the views of a session. */
  closeSession(tokenHash: string): void {
    for (const viewer of [...this.#viewers])
      if (viewer.tokenHash === tokenHash) viewer.close(SESSION_OVER, 'session ended');
  }

  /** Ends all of them: the box stops. Pages connect again by themselves. */
  close(): void {
    for (const viewer of [...this.#viewers]) viewer.close(1_001, 'restarting');
  }
}

function unsentBytes({ raw }: Connection): number {
  const isSocket = typeof raw === 'object' && raw !== null && 'bufferedAmount' in raw;
  return isSocket ? Number(raw.bufferedAmount) : 0;
}

function shortened(reason: string): string {
  return new TextDecoder()
    .decode(new TextEncoder().encode(reason).subarray(0, MOST_REASON_BYTES))
    .replace(/\ufffd+$/, '');
}
