import { Agent, type ClientRequestArgs } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { Duplex } from 'node:stream';

/** An answer with twenty profiles has 60 KB. */
export const MOST_ANSWER_BYTES = 1024 * 1024;

type Callback = (error: Error | null, stream: Duplex) => void;

/** Connections over which no more than a bounded number of bytes comes in: a device's answer may be endless. */
export class BoundedAgent extends Agent {
  override createConnection(options: ClientRequestArgs, callback?: Callback): Duplex | null | undefined {
    return bounded(super.createConnection(options, callback));
  }
}

/** The same over TLS. */
export class BoundedTlsAgent extends TlsAgent {
  override createConnection(options: ClientRequestArgs, callback?: Callback): Duplex | null | undefined {
    return bounded(super.createConnection(options, callback));
  }
}

function bounded(socket: Duplex | null | undefined): Duplex | null | undefined {
  let bytes = 0;
  socket?.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MOST_ANSWER_BYTES) socket.destroy(new Error('the answer is too large'));
  });
  return socket;
}
