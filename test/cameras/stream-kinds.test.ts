import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Camera } from '../../src/cameras/camera.ts';
import { cameraSettingsSchema, DECODERS } from '../../src/cameras/settings.ts';
import { createSource } from '../../src/cameras/sources.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { Health } from '../../src/platform/health.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { ffmpegChildren, makeNumberedClip, publishClip, until } from '../support/clips.ts';
import { type RelayOptions, RtspRelay } from '../support/rtsp-relay.ts';

const run = promisify(execFile);
/** A decoder that works leaves nothing to fall back from. */
const HAS_HARDWARE = ['/dev/nvidia0', '/dev/dri', '/dev/video0', '/dev/nvhost-nvdec'].some((path) => existsSync(path));
const PATIENT_MS = 40_000;
let folder: string;
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watchword-test-'));
  await makeNumberedClip(file('h264.mp4'), { seconds: 20, fps: 10, gopSeconds: 1 });
  const options = ['-c:v', 'libx265', '-preset', 'ultrafast', '-g', '10', '-x265-params', 'log-level=error:bframes=0'];
  await run('ffmpeg', ['-nostdin', '-v', 'error', '-i', file('h264.mp4'), ...options, file('h265.mp4')]);
  const subject = ['-subj', '/CN=localhost', '-days', '2', '-keyout', file('key.pem'), '-out', file('cert.pem')];
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject]);
}, 120_000);
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await until('every child is gone', async () => (await ffmpegChildren()).length === 0);
});

async function serve(clip: string, options: RelayOptions = {}): Promise<RtspRelay> {
  const relay = new RtspRelay(options);
  await relay.start();
  const scheme = options.tls ? 'rtsps' : 'rtsp';
  const publisher = publishClip(file(clip), `${scheme}://127.0.0.1:${relay.port}/cam`);
  onTestFinished(async () => {
    await publisher.stop();
    await relay.stop();
  });
  await until('the clip is published', () => relay.hasStream('/cam'), PATIENT_MS);
  return relay;
}

function watch(source: string, given: object = {}): { camera: Camera; health: Health } {
  const settings = cameraSettingsSchema.parse({ source, every: '1s', ...given });
  const health = new Health(() => systemClock.now());
  const deps = { clock: systemClock, demoFolder: '', baseFolder: '' };
  const parts = { clock: systemClock, logger: silentLogger, health, random: () => 0 };
  const camera = new Camera({ id: 'cam', settings, source: createSource(settings, deps), ...parts });
  onTestFinished(() => camera.stop());
  camera.start();
  return { camera, health };
}

const livesWith = (camera: Camera, frames: number): Promise<void> =>
  until('it is sampled', () => camera.status().state === 'live' && camera.status().frames >= frames, PATIENT_MS);

describe('a camera', { timeout: 120_000 }, () => {
  it('with H.265 is sampled', async () => {
    const relay = await serve('h265.mp4');
    const { camera } = watch(`rtsp://127.0.0.1:${relay.port}/cam`);
    await livesWith(camera, 4);
    expect(camera.status()).toMatchObject({
      reconnects: 0,
      notes: [],
      stream: { codec: 'hevc', width: 320, height: 180 },
    });
  });

  it('over UDP is sampled, when it is told to; over TCP it says what to do', async () => {
    const relay = await serve('h264.mp4', { udp: true });
    const { camera } = watch(`rtsp://127.0.0.1:${relay.port}/cam`, { transport: 'udp' });
    await livesWith(camera, 4);
    expect(camera.status()).toMatchObject({ reconnects: 0, stream: { codec: 'h264' } });
    const { camera: other } = watch(`rtsp://127.0.0.1:${relay.port}/cam`);
    await until('it is refused', () => other.status().state === 'lost', PATIENT_MS);
    expect(other.status().cause).toContain('does not offer this transport');
  });

  it('over TLS is sampled', async () => {
    const tls = { key: readFileSync(file('key.pem'), 'utf8'), cert: readFileSync(file('cert.pem'), 'utf8') };
    const relay = await serve('h264.mp4', { tls });
    const { camera } = watch(`rtsps://127.0.0.1:${relay.port}/cam`, { verifyCertificate: false });
    await livesWith(camera, 4);
    expect(camera.status().reconnects).toBe(0);
  });

  it.for(DECODERS.filter((decoder) => decoder !== 'software' && decoder !== 'auto'))(
    'whose decoder %s is not in this machine is decoded in software, and health says so',
    async (decoder, { skip }) => {
      if (HAS_HARDWARE) return skip('this machine has hardware that may decode');
      const relay = await serve('h264.mp4');
      const { camera, health } = watch(`rtsp://127.0.0.1:${relay.port}/cam`, { decoder });
      await livesWith(camera, 2);
      const note = `the decoder "${decoder}" does not work here: decoding in software`;
      expect(camera.status()).toMatchObject({ reconnects: 0, notes: [note] });
      expect(health.get('camera/cam')).toMatchObject({ status: 'ok', reason: note });
    },
  );

  it('that may take any decoder is sampled by whichever there is', async () => {
    const relay = await serve('h264.mp4');
    const { camera } = watch(`rtsp://127.0.0.1:${relay.port}/cam`, { decoder: 'auto' });
    await livesWith(camera, 2);
    expect(camera.status().reconnects).toBe(0);
  });

  it('with a codec that nobody knows says so', async () => {
    const sdp =
      'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 FUTURE9/90000\r\na=control:a\r\n';
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        const request = bytes.toString();
        const head = `RTSP/1.0 200 OK\r\nCSeq: ${/CSeq: *(\d+)/i.exec(request)?.[1] ?? 0}\r\nSession: 1\r\n`;
        if (request.startsWith('DESCRIBE'))
          socket.write(`${head}Content-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`);
        else socket.write(`${head}Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n`);
        if (!request.startsWith('PLAY')) return;
        // Packets of that codec, sixty in a burst, then the end.
        for (let sequence = 0; sequence < 60; sequence++) {
          const packet = Buffer.alloc(4 + 112, sequence);
          packet.writeUInt32BE(0x24000070, 0);
          packet.writeUInt32BE(0x80600000 + sequence, 4);
          packet.writeUInt32BE(sequence * 3_600, 8);
          socket.write(packet);
        }
        socket.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const { camera } = watch(`rtsp://127.0.0.1:${port}/cam`);
    await until('it is lost', () => camera.status().state === 'lost', PATIENT_MS);
    expect(camera.status().cause).toContain('the video codec of the stream is not supported');
  });
});
