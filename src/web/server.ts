import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createAdaptorServer, type WebSocketServerLike } from '@hono/node-server';
import { WebSocketServer } from 'ws';
import { WatchwordError } from '../platform/errors.ts';
import type { WebApp } from './web-app.tsx';

export interface WebServerOptions {
  readonly web: { readonly app: Pick<WebApp['app'], 'fetch'>; close(): void };
  /** Address to listen on; `0.0.0.0` or `::` for all. */
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** PEM. Absent: plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
}

/** Listens with the web app. */
export class WebServer {
  readonly #options: WebServerOptions;
  #server: Server | undefined;

  constructor(options: WebServerOptions) {
    this.#options = options;
  }

  /** Resolves with the address people can open. Rejects with `conflict` when the port is taken. */
  async start(): Promise<{ url: string; port: number }> {
    const { web, host, port, tls } = this.#options;
    const server = createAdaptorServer({
      fetch: web.app.fetch,
      createServer: tls ? createTlsServer : createServer,
      // Live views. Clients have nothing to say, and video does not compress.
      websocket: {
        server: new WebSocketServer({
          noServer: true,
          maxPayload: 1024,
          perMessageDeflate: false,
        }) as WebSocketServerLike,
      },
      // Slow clients: the request must arrive in time; answers may take long (live streams).
      serverOptions: {
        ...(tls && { ...tls, minVersion: 'TLSv1.2' as const }),
        headersTimeout: 10_000,
        requestTimeout: 30_000,
        keepAliveTimeout: 65_000,
        maxHeaderSize: 16 * 1024,
      },
    }) as Server;
    server.maxConnections = 1_000;
    refuseOtherUpgrades(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
      server.listen(port, host, resolve);
    });
    server.on('error', () => undefined);
    this.#server = server;
    const bound = (server.address() as AddressInfo).port;
    const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
    return { url: `${tls ? 'https' : 'http'}://${shown}:${bound}/`, port: bound };
  }

  /** Ends live streams, lets running answers finish, cuts what is left after the grace period's signal. */
  async stop(signal?: AbortSignal): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    this.#options.web.close();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const cut = (): void => server.closeAllConnections();
    if (signal?.aborted) cut();
    signal?.addEventListener('abort', cut, { once: true });
    await closed;
    signal?.removeEventListener('abort', cut);
  }
}

/** A connection that asks for another protocol would be kept open for ever: whoever listens for upgrades has to end it. */
function refuseOtherUpgrades(server: Server): void {
  const listeners = server.listeners('upgrade') as Array<(...args: [IncomingMessage, Duplex, Buffer]) => void>;
  server.removeAllListeners('upgrade');
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() === 'websocket')
      for (const listener of listeners) listener.call(server, request, socket, head);
    else socket.destroy();
  });
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): WatchwordError {
  if (error.code === 'EADDRINUSE') {
    return new WatchwordError('conflict', `port ${port} on ${host} is taken`, {
      hint: 'Stop the program that has it, or choose another port',
      cause: error,
    });
  }
  if (error.code === 'EACCES') {
    return new WatchwordError('forbidden', `port ${port} needs more rights`, {
      hint: 'Choose a port above 1023',
      cause: error,
    });
  }
  return new WatchwordError('invalid-input', `cannot listen on ${host}:${port}: ${error.message}`, {
    hint: 'Check the address',
    cause: error,
  });
}
