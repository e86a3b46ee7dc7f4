import type { WSContext } from 'hono/ws';
import type { Logger } from '../../platform/logger.ts';

const MOST_CONNECTIONS = 64;
/** Who reads so slowly is let go: messages are not kept for them. */
const MOST_UNSENT_BYTES = 1024 * 1024;
/** Close codes of the range that applications may use: 4000 and the HTTP status that says the same. */
const TOO_MANY = 4_429;
const TOKEN_GONE = 4_401;

type Connection = Pick<WSContext<unknown>, 'send' | 'close' | 'raw'>;

/** Everybody who listens to one WebSocket address. */
export class Audience {
  readonly #connections = new Map<Connection, () => boolean>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get count(): number {
    return this.#connections.size;
  }

  /** `mayListen` is asked again before each message. Returns the way out. */
  join(connection: Connection, mayListen: () => boolean): () => void {
    if (this.#connections.size >= MOST_CONNECTIONS) {
      connection.close(TOO_MANY, 'too many listen already');
      return () => undefined;
    }
    this.#connections.set(connection, mayListen);
    return () => this.#connections.delete(connection);
  }

  tell(message: unknown): void {
    const text = JSON.stringify(message);
    for (const [connection, mayListen] of this.#connections) {
      if (!mayListen()) this.#close(connection, TOKEN_GONE, 'the token is no longer known');
      else if (unsentBytes(connection) > MOST_UNSENT_BYTES) {
        this.#logger.warn('a listener of the drop-in is too slow and was let go');
        this.#close(connection, 1_008, 'too slow');
      } else connection.send(text);
    }
  }

  close(): void {
    for (const connection of this.#connections.keys()) this.#close(connection, 1_001, 'restarting');
  }

  #close(connection: Connection, code: number, reason: string): void {
    this.#connections.delete(connection);
    connection.close(code, reason);
  }
}

function unsentBytes({ raw }: Connection): number {
  const isSocket = typeof raw === 'object' && raw !== null && 'bufferedAmount' in raw;
  return isSocket ? Number(raw.bufferedAmount) : 0;
}
