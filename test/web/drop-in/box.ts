import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

/** A port that nobody has at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}

/** A token as a person makes it on the box. */
export function addToken(dataDir: string, role: string): string {
  const added = execFileSync(MAIN, ['token', 'add', `a-${role}`, '--role', role, '--json', '--data', dataDir]);
  return (JSON.parse(added.toString()) as { token: string }).token;
}

/** Everything a WebSocket says, from when it is open. */
export async function listenTo(address: string, token: string) {
  const heard: Array<Record<string, unknown>> = [];
  const socket = new WebSocket(address, { headers: { Authorization: `Bearer ${token}` } });
  socket.on('message', (data) => heard.push(JSON.parse(String(data)) as Record<string, unknown>));
  await once(socket, 'open');
  return {
    heard,
    /** Resolves when so many were heard. */
    async until(count: number): Promise<void> {
      while (heard.length < count) await once(socket, 'message');
    },
    close: () => socket.terminate(),
  };
}
