import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** An address as a child process gets it. */
export interface HandedAddress {
  /** What stands in the child's arguments: without a login. */
  readonly input: string;
  /** When the child is gone. May be called again. */
  close(): void;
}

const WITH_LOGIN = /^(rtsp|http)s?:\/\/[^/?#]*@/i;
/** A request of ffmpeg is a few hundred bytes. */
const MAX_REQUEST_BYTES = 8_192;
const MAX_CONNECTIONS = 8;
const LOOPBACK = '127.0.0.1';
/** As the kernel's table of connections writes it. */
const LOOPBACK_HEX = '0100007F';

/**
 * Keeps the login of an address out of a media program's arguments, which every user of the machine can read: the program is
 * sent to a port of ours on loopback, and there redirected (RTSP and HTTP both have it) to the real address with its login.
 * Only a connection of our own user is answered, as the kernel tells; after the first answer nothing listens any more. An
 * address without a login is handed over as it is.
 */
export async function handOver(target: string): Promise<HandedAddress> {
  if (!WITH_LOGIN.test(target)) return { input: target, close: () => undefined };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    answer(socket, target, server).catch(() => socket.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: LOOPBACK, port: 0 }, resolve);
  });
  server.on('error', () => undefined);
  const { port } = server.address() as AddressInfo;
  const scheme = /^http/i.test(target) ? 'http' : 'rtsp';
  return {
    // A path of its own: nothing remembers the answer for the next one.
    input: `${scheme}://${LOOPBACK}:${port}/${randomBytes(8).toString('hex')}`,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function answer(socket: Socket, target: string, server: Server): Promise<void> {
  if (!(await isOurOwn(socket))) {
    socket.destroy();
    return;
  }
  let request = '';
  for await (const chunk of socket.setEncoding('latin1').iterator({ destroyOnReturn: false })) {
    request += chunk as string;
    if (request.includes('\r\n\r\n') || request.length > MAX_REQUEST_BYTES) break;
  }
  if (!request.includes('\r\n\r\n')) {
    socket.destroy();
    return;
  }
  const isHttp = /^http/i.test(target);
  const sequence = /^cseq:\s*(\d+)/im.exec(request)?.[1] ?? '1';
  const head = isHttp ? 'HTTP/1.1 302 Found\r\nContent-Length: 0' : `RTSP/1.0 302 Found\r\nCSeq: ${sequence}`;
  socket.end(`${head}\r\nLocation: ${target}\r\nConnection: close\r\n\r\n`);
  server.close();
}

/** Whether the other end of this connection belongs to the user that we are. What the kernel does not tell is not. */
async function isOurOwn({ remotePort = 0, localPort = 0 }: Socket): Promise<boolean> {
  const end = (port: number): string => `${LOOPBACK_HEX}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const [from, to] = [end(remotePort), end(localPort)];
  const table = await readFile('/proc/net/tcp', 'latin1').catch(() => '');
  const owner = table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([, local, remote]) => local === from && remote === to)?.[7];
  return owner !== undefined && Number(owner) === process.getuid?.();
}
