import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HandedAddress, handOver } from '../../src/cameras/address-handover.ts';

const run = promisify(execFile);
const CAMERA = 'rtsp://admin:s%40cret@192.0.2.7:554/stream1';
const NOBODY = 65_534;

async function handed(target: string): Promise<HandedAddress> {
  const address = await handOver(target);
  onTestFinished(() => address.close());
  return address;
}

/** What comes back on a connection of this process that sends `request`; empty when it is closed or refused. */
function ask(input: string, request: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(new URL(input).port), '127.0.0.1', () => socket.write(request));
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(text));
  });
}

describe('an address that is handed to a media program', () => {
  it.each(['rtsp://192.0.2.7/stream1', 'http://192.0.2.7/video?user@=1', 'file:/clips/a@b.mp4'])(
    'stays as it is without a login: %s',
    async (target) => {
      expect((await handed(target)).input).toBe(target);
    },
  );

  it('with a login is told on loopback, once', async () => {
    const { input } = await handed(CAMERA);
    expect(input).toMatch(/^rtsp:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{16}$/);
    const options = `OPTIONS ${input} RTSP/1.0\r\nCSeq: 7\r\n\r\n`;
    expect(await ask(input, options)).toBe(
      `RTSP/1.0 302 Found\r\nCSeq: 7\r\nLocation: ${CAMERA}\r\nConnection: close\r\n\r\n`,
    );
    expect(await ask(input, options)).toBe('');
  });

  it('speaks HTTP where the address does', async () => {
    const target = 'https://admin:secret@192.0.2.7/video';
    const { input } = await handed(target);
    expect(await ask(input, `GET ${new URL(input).pathname} HTTP/1.1\r\n\r\n`)).toMatch(
      new RegExp(`^HTTP/1\\.1 302 Found\r\nContent-Length: 0\r\nLocation: ${target}\r\n`),
    );
  });

  it('is not told for a request without end', async () => {
    const { input } = await handed(CAMERA);
    expect(await ask(input, 'x'.repeat(9_000))).not.toContain('s%40cret');
  });

  it.skipIf(process.getuid?.() !== 0)('is told to no other user of the machine', async () => {
    const { input } = await handed(CAMERA);
    const script = `const socket = require('node:net').connect(${new URL(input).port}, '127.0.0.1', () => socket.write('OPTIONS ${input} RTSP/1.0\\r\\nCSeq: 1\\r\\n\\r\\n'));
      socket.on('data', (chunk) => process.stdout.write(chunk)); socket.on('error', () => undefined); socket.on('close', () => process.stdout.write('closed'));`;
    const { stdout } = await run(process.execPath, ['-e', script], { uid: NOBODY, gid: NOBODY, cwd: '/' });
    expect(stdout).toBe('closed');
    // The program that it is meant for still gets it.
    expect(await ask(input, `OPTIONS ${input} RTSP/1.0\r\nCSeq: 2\r\n\r\n`)).toContain(CAMERA);
  });
});
