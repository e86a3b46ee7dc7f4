import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { Camera } from '../../src/cameras/camera.ts';
import type { FrameSource, SampledPicture } from '../../src/cameras/frame.ts';
import { jpegSize } from '../../src/cameras/jpeg-size.ts';
import { cropZone } from '../../src/cameras/masks.ts';
import { MultipartReader } from '../../src/cameras/multipart.ts';
import { PacketLogReader } from '../../src/cameras/packet-log.ts';
import { cameraSettingsSchema, type Polygon } from '../../src/cameras/settings.ts';
import { SmjpegReader } from '../../src/cameras/smjpeg.ts';
import { createSource } from '../../src/cameras/sources.ts';
import { thumbnailOf } from '../../src/cameras/thumbnail.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { WatchwordError } from '../../src/platform/errors.ts';
import { Health } from '../../src/platform/health.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { HARD, Seeded, seedOf } from '../hard/seeded.ts';
import { ffmpegChildren, makeNumberedClip } from '../support/clips.ts';

const TIMES = HARD ? 10 : 1;
const JPEGS = 100 * TIMES;
const HTTP_STREAMS = 50 * TIMES;
const CLIPS = 30 * TIMES;
const RTSP_SERVERS = 20 * TIMES;
/** What neither plays nor fails by itself is ended by the camera's watchdog; here by the test, sooner. */
const PATIENCE_MS = 6_000;

let folder: string;
let jpeg: Buffer;
let clip: Buffer;
let transport: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watchword-test-'));
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  jpeg = await sharp({ create: { width: 160, height: 90, channels: 3, background: '#000', noise } })
    .jpeg()
    .toBuffer();
  await makeNumberedClip(join(folder, 'clip.mp4'), { seconds: 1, fps: 10, gopSeconds: 1, size: '160x90' });
  await makeNumberedClip(join(folder, 'clip.ts'), { seconds: 1, fps: 10, gopSeconds: 1, size: '160x90' });
  clip = await readFile(join(folder, 'clip.mp4'));
  transport = await readFile(join(folder, 'clip.ts'));
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The bytes with a few things wrong: changed, cut off, doubled, left out, or nothing of them left. */
function mutated(bytes: Buffer, seeded: Seeded): Buffer {
  const out = Buffer.from(bytes);
  const from = seeded.below(out.length);
  const to = Math.min(out.length, from + 1 + seeded.below(Math.ceil(out.length / 3)));
  switch (seeded.below(7)) {
    case 0:
      return out.subarray(0, from);
    case 1:
      return Buffer.concat([out.subarray(0, from), out.subarray(to)]);
    case 2:
      return Buffer.concat([out.subarray(0, to), out.subarray(from)]);
    case 3:
      return out.fill(seeded.pick([0, 0xff]), from, to);
    case 4:
      return Buffer.from(Uint8Array.from({ length: out.length }, () => seeded.below(256)));
    default:
      // Mostly near the beginning: that is where sizes and counts stand.
      for (let i = 0; i < 1 + seeded.below(20); i++)
        out[Math.floor(seeded.next() ** 3 * out.length)] = seeded.pick([0, 1, 0x7f, 0x80, 0xff, seeded.below(256)]);
      return out;
  }
}

interface Ending {
  readonly pictures: number;
  /** How it ended: a readable cause, or that it had to be ended. */
  readonly cause: string;
}

/** Takes pictures until there are two or the source fails by itself; ends it when it does neither. */
async function tryOut(source: string, ms = PATIENCE_MS): Promise<Ending> {
  const settings = cameraSettingsSchema.parse({ source, every: '100ms' });
  const frames = createSource(settings, { clock: systemClock, demoFolder: '', baseFolder: folder });
  const stop = new AbortController();
  const limit = new AbortController();
  systemClock.sleep(ms, limit.signal).then(
    () => stop.abort(),
    () => undefined,
  );
  let pictures = 0;
  try {
    for await (const picture of frames.pictures(stop.signal)) {
      if (!(picture.width > 0 && picture.height > 0)) throw new Error('a picture without a size');
      if (++pictures === 2) stop.abort();
    }
    return { pictures, cause: pictures === 2 ? 'plays' : 'ended by us' };
  } catch (error) {
    // Anything else is a bug of ours, and fails the test.
    if (!(error instanceof WatchwordError)) throw error;
    return { pictures, cause: error.message };
  } finally {
    limit.abort();
  }
}

/** Runs `work` for each number, a few at a time. */
async function several(count: number, atOnce: number, work: (n: number) => Promise<Ending>): Promise<Ending[]> {
  const endings: Ending[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) endings.push(await work(n));
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return endings;
}

async function listening(server: Server, use: (port: number) => Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

describe('whatever comes instead of a picture', { timeout: 120_000 * TIMES }, () => {
  it(`${JPEGS} damaged JPEGs are painted or left out, each counted`, async ({ expect }) => {
    const seeded = new Seeded(seedOf(1));
    const pictures = Array.from({ length: JPEGS }, () => mutated(jpeg, seeded));
    const source: FrameSource = {
      notes: [],
      async *pictures(signal): AsyncGenerator<SampledPicture, void, void> {
        for (const bytes of pictures) {
          const { width, height } = jpegSize(bytes) ?? { width: 160, height: 90 };
          yield { jpeg: bytes, width, height, at: systemClock.monotonic(), capturedAt: systemClock.now() };
        }
        await systemClock.sleep(60_000, signal).catch(() => undefined);
      },
    };
    const mask: Polygon = [
      [0, 0],
      [0.5, 0],
      [0.5, 1],
    ];
    const settings = cameraSettingsSchema.parse({ source: 'http://x/', masks: [mask] });
    const health = new Health(() => systemClock.now());
    const camera = new Camera({
      id: 'c',
      settings,
      source,
      clock: systemClock,
      logger: silentLogger,
      health,
      random: Math.random,
    });
    camera.start();
    await expect.poll(() => camera.status().frames + camera.status().damaged, { timeout: 60_000 }).toBe(JPEGS);
    expect(camera.status().damaged).toBeGreaterThan(JPEGS / 5);
    await camera.stop();
    for (const bytes of pictures) {
      const size = jpegSize(bytes) ?? { width: 160, height: 90 };
      for (const work of [() => thumbnailOf(bytes), () => cropZone({ jpeg: bytes, ...size }, mask)]) {
        const outcome = await work().then(
          () => 'read',
          (error: unknown) => (error instanceof WatchwordError ? error.kind : String(error)),
        );
        expect(['read', 'corrupt']).toContain(outcome);
      }
    }
  });

  it(`${HTTP_STREAMS} damaged motion JPEG streams end with a readable cause`, async ({ expect }) => {
    const seeded = new Seeded(seedOf(2));
    const part = Buffer.concat([
      Buffer.from(`--cam\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`),
      jpeg,
      Buffer.from('\r\n'),
    ]);
    const bodies = Array.from({ length: HTTP_STREAMS }, () => mutated(Buffer.concat(Array(8).fill(part)), seeded));
    const types = [
      'multipart/x-mixed-replace; boundary=cam',
      'multipart/x-mixed-replace',
      'image/jpeg',
      'text/html',
      '',
    ];
    const server = createHttpServer((request, answer) => {
      const n = Number(request.url?.slice(1));
      if (n % 5 !== 4) answer.setHeader('content-type', types[n % 7 === 0 ? n % 5 : 0] ?? '');
      answer.end(bodies[n]);
    });
    await listening(server, async (port) => {
      const endings = await several(HTTP_STREAMS, 10, (n) => tryOut(`http://127.0.0.1:${port}/${n}`));
      expect(endings).toHaveLength(HTTP_STREAMS);
      expect(endings.filter(({ cause }) => cause === 'ended by us')).toEqual([]);
    });
  });

  it('a picture that claims to be huge is not decoded', async ({ expect }) => {
    const huge = Buffer.from(jpeg);
    const sof = huge.indexOf(Buffer.from([0xff, 0xc0]));
    huge.writeUInt16BE(65_500, sof + 5);
    huge.writeUInt16BE(1_200, sof + 7);
    const server = createHttpServer((_request, answer) => answer.setHeader('content-type', 'image/jpeg').end(huge));
    await listening(server, async (port) => {
      expect(await tryOut(`http://127.0.0.1:${port}/`)).toMatchObject({ pictures: 0 });
    });
  });

  it(`${CLIPS} damaged clips play or end with a readable cause`, async ({ expect }) => {
    const seeded = new Seeded(seedOf(3));
    const files = await Promise.all(
      Array.from({ length: CLIPS }, async (_, n) => {
        const [bytes, ending] = n % 2 === 0 ? ([clip, 'mp4'] as const) : ([transport, 'ts'] as const);
        await writeFile(join(folder, `${n}.${ending}`), mutated(bytes, seeded));
        return `file:${n}.${ending}`;
      }),
    );
    const endings = await several(CLIPS, 3, (n) => tryOut(files[n] ?? ''));
    expect(endings).toHaveLength(CLIPS);
    expect(endings.some(({ cause }) => cause === 'plays')).toBe(true);
    expect(endings.some(({ cause }) => cause.includes('not a video'))).toBe(true);
    expect(await ffmpegChildren()).toEqual([]);
  });

  it(`${RTSP_SERVERS} servers that talk nonsense do not hold anything up`, async ({ expect }) => {
    const seeded = new Seeded(seedOf(4));
    const replies = [
      'RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: DESCRIBE\r\n\r\n',
      'RTSP/1.0 200 OK\r\nCSeq: 99999999999999999999\r\nContent-Length: -1\r\n\r\n',
      `RTSP/1.0 200 OK\r\nContent-Length: 4000000000\r\n\r\n`,
      `RTSP/1.0 302 Moved\r\nLocation: file:///etc/passwd\r\n\r\n`,
      `HTTP/1.1 200 OK\r\n\r\n<html>`,
      `RTSP/1.0 200 OK\r\nX: ${'a'.repeat(100_000)}`,
      '$\u0000\uffff\uffff'.repeat(1_000),
      'RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Type: application/sdp\r\nContent-Length: 36\r\n\r\nv=0\r\nm=video 0 RTP/AVP 96\r\na=fmtp:96',
    ];
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => {
        const reply = mutated(Buffer.from(seeded.pick(replies)), seeded);
        if (seeded.chance(0.8)) socket.write(seeded.chance(0.2) ? randomBytes(5_000) : reply);
        else socket.destroy();
      });
    });
    await listening(server, async (port) => {
      const endings = await several(RTSP_SERVERS, 5, () => tryOut(`rtsp://u:secret@127.0.0.1:${port}/cam`, 3_000));
      expect(endings).toHaveLength(RTSP_SERVERS);
      expect(endings.filter(({ pictures, cause }) => pictures > 0 || cause.includes('secret'))).toEqual([]);
      expect(await ffmpegChildren()).toEqual([]);
    });
  });

  it('no reader loops, throws anything but a readable cause, or keeps more than it may', ({ expect }) => {
    const seeded = new Seeded(seedOf(5));
    const contentType = 'multipart/x-mixed-replace; boundary=cam';
    const log = Buffer.from('#tb 0: 1/90000\n#codec_id 0: h264\n#dimensions 0: 9x9\n0, 0, 0, 1, 9, 0xabc, F=0x0\n');
    const parts = Buffer.from('--cam\r\nContent-Length: 3\r\n\r\nabc\r\n--cam\r\n\r\nabcd\r\n--cam--\r\n');
    const pictures = Buffer.from('\0\nSMJPEG\0\0\0\0\0\0\0\x01HENDvidD\0\0\0\x05\0\0\0\x04abcdDONE', 'latin1');
    for (let n = 0; n < 300 * TIMES; n++) {
      const smjpeg = new SmjpegReader({ maxBytes: 100_000 });
      const multipart = new MultipartReader({ contentType, maxBytes: 100_000 });
      const packets = new PacketLogReader();
      const readers: Array<{ push(chunk: Buffer): unknown; like: Buffer }> = [
        { push: (chunk) => smjpeg.push(chunk), like: pictures },
        { push: (chunk) => multipart.push(chunk), like: parts },
        { push: (chunk) => packets.push(chunk), like: log },
        { push: jpegSize, like: jpeg },
      ];
      for (const { push, like } of readers) {
        const bytes = mutated(like, seeded);
        try {
          const cut = seeded.below(bytes.length + 1);
          push(bytes.subarray(0, cut));
          push(bytes.subarray(cut));
        } catch (error) {
          expect(error).toBeInstanceOf(WatchwordError);
        }
      }
    }
  });
});
