import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

interface Stream {
  sdp: string;
  publisher: Socket;
  players: Set<Socket>;
}

export interface RelayOptions {
  /** 0: a free one. */
  port?: number;
  /** `user:password`; players must then answer a Basic challenge. Publishers need none. */
  login?: string;
  /** PEM key and certificate: speak TLS. */
  tls?: { key: string; cert: string };
  /** Players get the stream over UDP and in no other way. */
  udp?: boolean;
}

/**
 * A small RTSP server for tests: one publisher per path (ANNOUNCE, RECORD) and any number of players, interleaved over
 * TCP unless UDP is asked for. It passes packets on unchanged. `hang` keeps connections open and falls silent, as a crashed camera does.
 */
export class RtspRelay {
  readonly #options: RelayOptions;
  readonly #streams = new Map<string, Stream>();
  readonly #sockets = new Set<Socket>();
  /** Where players that take UDP get their packets. */
  readonly #ports = new Map<Socket, number>();
  #udp: UdpSocket | undefined;
  #server: Server | undefined;
  #port = 0;
  hanging = false;
  /** Players that ever came as far as PLAY. */
  played = 0;
  /** Requests for a transport over UDP, which it does not have. */
  udpRefused = 0;
  readonly #zeros = new Map<string, { firstStamp: number; at: number }>();

  constructor(options: RelayOptions = {}) {
    this.#options = options;
    this.#port = options.port ?? 0;
  }

  get port(): number {
    return this.#port;
  }

  /** How many players receive the stream now. */
  players(path: string): number {
    return this.#streams.get(path)?.players.size ?? 0;
  }

  hasStream(path: string): boolean {
    return this.#streams.has(path);
  }

  /**
   * `performance.now()` at which the beginning of the published clip was on air: that of its least delayed packet minus
   * the packet's own RTP time. NaN before the first packet.
   */
  zeroAt(path: string): number {
    return this.#zeros.get(path)?.at ?? Number.NaN;
  }

  async start(): Promise<void> {
    const onSocket = (socket: Socket): void => this.#serve(socket);
    const { tls } = this.#options;
    const server = tls ? createTlsServer(tls, onSocket) : createServer(onSocket);
    server.on('tlsClientError', () => undefined);
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
    if (!this.#options.udp) return;
    const udp = createSocket('udp4');
    this.#udp = udp;
    udp.on('error', () => undefined);
    await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
  }

  /** Drops every connection and stops to listen; `start` opens the same port again. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#udp?.close();
    this.#streams.clear();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    const session = new Session({
      login: this.#options.login,
      stream: (path) => this.#streams.get(path),
      publish: (path, sdp) => this.#streams.set(path, { sdp, publisher: socket, players: new Set() }),
      play: (path) => {
        this.played++;
        this.#streams.get(path)?.players.add(socket);
      },
      serverPort: this.#udp?.address().port,
      udpTo: (port) => this.#ports.set(socket, port),
      refuse: () => {
        this.udpRefused++;
      },
      packet: (path, packet) => this.#pass(path, packet),
      write: (text) => socket.write(text),
      end: () => socket.end(),
    });
    let bytes = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      bytes = session.take(Buffer.concat([bytes, chunk]));
    });
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#ports.delete(socket);
      for (const [path, stream] of this.#streams) {
        stream.players.delete(socket);
        if (stream.publisher !== socket) continue;
        this.#zeros.delete(path);
        for (const player of stream.players) player.destroy();
        this.#streams.delete(path);
      }
    });
  }

  #time(path: string, packet: Buffer): void {
    // Channel 0 carries the video; its RTP header (RFC 3550 5.1) has the time stamp at byte 4, in 1/90000 s.
    if (packet[1] !== 0 || packet.length < 16) return;
    const stamp = packet.readUInt32BE(8);
    const zero = this.#zeros.get(path) ?? { firstStamp: stamp, at: Number.POSITIVE_INFINITY };
    zero.at = Math.min(zero.at, performance.now() - ((stamp - zero.firstStamp) >>> 0) / 90);
    this.#zeros.set(path, zero);
  }

  #pass(path: string, packet: Buffer): void {
    this.#time(path, packet);
    if (this.hanging) return;
    for (const player of this.#streams.get(path)?.players ?? []) {
      const port = this.#ports.get(player);
      if (port !== undefined) {
        this.#udp?.send(Buffer.from(packet.subarray(4)), port + (packet[1] ?? 0), '127.0.0.1');
        continue;
      }
      if (player.writableLength >= 4_000_000) continue;
      // As a camera does: the packets of a picture leave back to back, not one by one as they came.
      if (player.writableCorked === 0) {
        player.cork();
        process.nextTick(() => player.uncork());
      }
      player.write(Buffer.from(packet));
    }
  }
}

interface SessionDeps {
  login: string | undefined;
  stream(path: string): Stream | undefined;
  publish(path: string, sdp: string): void;
  play(path: string): void;
  refuse(): void;
  /** Where UDP comes from; undefined where there is none. */
  readonly serverPort: number | undefined;
  udpTo(port: number): void;
  packet(path: string, packet: Buffer): void;
  write(text: string): void;
  end(): void;
}

/** One RTSP connection (RFC 2326, interleaved data of 10.12). */
class Session {
  readonly #deps: SessionDeps;
  readonly #id = Math.random().toString(36).slice(2, 10);
  #path = '';
  #isPublisher = false;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  /** Handles what is whole and returns the rest. */
  take(bytes: Buffer): Buffer<ArrayBuffer> {
    let rest = bytes;
    while (rest.length > 0) {
      const used = rest[0] === 0x24 ? this.#packet(rest) : this.#request(rest);
      if (used === 0) break;
      rest = rest.subarray(used);
    }
    return Buffer.from(rest);
  }

  #packet(bytes: Buffer): number {
    if (bytes.length < 4) return 0;
    const length = 4 + bytes.readUInt16BE(2);
    if (bytes.length < length) return 0;
    if (this.#isPublisher) this.#deps.packet(this.#path, bytes.subarray(0, length));
    return length;
  }

  #request(bytes: Buffer): number {
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0) return 0;
    const [first = '', ...lines] = bytes.toString('utf8', 0, end).split('\r\n');
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const length = Number(headers.get('content-length') ?? 0);
    if (bytes.length < end + 4 + length) return 0;
    const body = bytes.toString('utf8', end + 4, end + 4 + length);
    const [method = '', uri = ''] = first.split(' ');
    this.#answer(method, uri, headers, body);
    return end + 4 + length;
  }

  #answer(method: string, uri: string, headers: Map<string, string>, body: string): void {
    const path = pathOf(uri);
    const reply = (status: string, extra: Record<string, string> = {}, content = ''): void => {
      const fields: Record<string, string> = { CSeq: headers.get('cseq') ?? '', ...extra };
      if (content) fields['Content-Length'] = String(Buffer.byteLength(content));
      const head = Object.entries(fields).map(([key, value]) => `${key}: ${value}\r\n`);
      this.#deps.write(`RTSP/1.0 ${status}\r\n${head.join('')}\r\n${content}`);
    };
    const session = { Session: this.#id };
    switch (method) {
      case 'OPTIONS':
        reply('200 OK', { Public: 'OPTIONS, DESCRIBE, ANNOUNCE, SETUP, PLAY, RECORD, GET_PARAMETER, TEARDOWN' });
        return;
      case 'ANNOUNCE':
        this.#isPublisher = true;
        this.#path = path;
        this.#deps.publish(path, body);
        reply('200 OK');
        return;
      case 'DESCRIBE': {
        const { login } = this.#deps;
        const expected = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;
        if (expected && headers.get('authorization') !== expected) {
          reply('401 Unauthorized', { 'WWW-Authenticate': 'Basic realm="camera"' });
          return;
        }
        const stream = this.#deps.stream(path);
        const base = { 'Content-Type': 'application/sdp', 'Content-Base': `${uri.replace(/\/?$/, '/')}` };
        if (stream) reply('200 OK', base, stream.sdp);
        else reply('404 Not Found');
        return;
      }
      case 'SETUP': {
        const transport = headers.get('transport') ?? '';
        if (!this.#isPublisher) this.#path = path;
        const { serverPort } = this.#deps;
        const clientPort = Number(/client_port=(\d+)/.exec(transport)?.[1]);
        if (serverPort !== undefined && clientPort > 0) {
          this.#deps.udpTo(clientPort);
          const ports = `client_port=${clientPort}-${clientPort + 1};server_port=${serverPort}-${serverPort + 1}`;
          reply('200 OK', { ...session, Transport: `RTP/AVP;unicast;${ports}` });
        } else if (transport.includes('RTP/AVP/TCP') && (serverPort === undefined || this.#isPublisher))
          reply('200 OK', { ...session, Transport: transport.split(',')[0] ?? '' });
        else {
          this.#deps.refuse();
          reply('461 Unsupported Transport');
        }
        return;
      }
      case 'PLAY':
        reply('200 OK', { ...session, Range: 'npt=now-' });
        this.#deps.play(path);
        return;
      case 'TEARDOWN':
        reply('200 OK', session);
        this.#deps.end();
        return;
      default:
        reply('200 OK', session);
    }
  }
}

function pathOf(uri: string): string {
  if (!URL.canParse(uri)) return uri;
  return new URL(uri).pathname.replace(/\/(streamid|trackID)=\d+$/, '').replace(/\/$/, '');
}
