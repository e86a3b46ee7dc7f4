import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { Camera, type CameraStatus } from '../../src/cameras/camera.ts';
import type { Frame, FrameSource, SampledPicture } from '../../src/cameras/frame.ts';
import { cameraSettingsSchema } from '../../src/cameras/settings.ts';
import { WatchwordError } from '../../src/platform/errors.ts';
import { Health } from '../../src/platform/health.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { ManualClock } from '../support/manual-clock.ts';

/** What one connection does, in order. */
type Step = { picture: true; afterMs?: number } | { damaged: true } | { fail: Error } | { hang: true };

let jpeg: Uint8Array;
beforeAll(async () => {
  jpeg = new Uint8Array(
    await sharp({ create: { width: 64, height: 32, channels: 3, background: 'white' } })
      .jpeg()
      .toBuffer(),
  );
});

class ScriptedSource implements FrameSource {
  readonly notes: string[] = [];
  readonly #clock: ManualClock;
  readonly #connections: Step[][];
  /** Connections open now, and ever. */
  open = 0;
  opened = 0;

  constructor(clock: ManualClock, connections: Step[][]) {
    this.#clock = clock;
    this.#connections = connections;
  }

  async *pictures(signal: AbortSignal): AsyncGenerator<SampledPicture, void, void> {
    const steps = this.#connections[Math.min(this.opened, this.#connections.length - 1)] ?? [];
    this.opened++;
    this.open++;
    try {
      for (const step of steps) {
        if ('fail' in step) throw step.fail;
        if ('hang' in step) await this.#clock.sleep(1e12, signal).catch(() => undefined);
        else if ('picture' in step && step.afterMs)
          await this.#clock.sleep(step.afterMs, signal).catch(() => undefined);
        if (signal.aborted) return;
        if ('hang' in step) return;
        const bytes = 'damaged' in step ? new Uint8Array([1, 2, 3]) : jpeg;
        yield { at: this.#clock.monotonic(), capturedAt: this.#clock.now(), jpeg: bytes, width: 64, height: 32 };
      }
    } finally {
      this.open--;
    }
  }
}

function setUp(connections: Step[][], settings: object = {}) {
  const clock = new ManualClock();
  const source = new ScriptedSource(clock, connections);
  const health = new Health(() => clock.now());
  const camera = new Camera({
    id: 'aisle-1',
    settings: cameraSettingsSchema.parse({ source: 'rtsp://camera/1', every: '1s', ...settings }),
    source,
    clock,
    logger: silentLogger,
    health,
    random: () => 0.5,
  });
  const frames: Frame[] = [];
  const states: CameraStatus[] = [];
  camera.onFrame((frame) => frames.push(frame));
  camera.onState((status) => states.push(status));
  return { clock, source, health, camera, frames, states };
}

const PICTURE: Step = { picture: true };
const HANG: Step = { hang: true };
const AWAY: Step = {
  fail: new WatchwordError('unavailable', 'the camera refuses the connection', { hint: 'Check the port' }),
};

describe('a camera', () => {
  it('is connecting, then live with its first frame, and says so in health', async () => {
    const { clock, camera, frames, health } = setUp([[{ picture: true, afterMs: 300 }, HANG]]);
    expect(camera.latest()).toBeUndefined();
    camera.start();
    await clock.advance(0);
    expect(camera.status()).toMatchObject({ state: 'connecting', frames: 0 });
    expect(health.get('camera/aisle-1')).toMatchObject({ status: 'degraded', reason: 'connecting' });
    await clock.advance(300);
    expect(camera.status()).toMatchObject({ state: 'live', cause: '', frames: 1, reconnects: 0 });
    expect(health.get('camera/aisle-1')).toMatchObject({ status: 'ok' });
    expect(frames[0]).toMatchObject({ cameraId: 'aisle-1', seq: 1, width: 64, height: 32 });
    expect(camera.latest()).toBe(frames[0]);
    await camera.stop();
  });

  it('hands over the newest frame only and counts what nobody took', async () => {
    const { clock, camera } = setUp([[PICTURE, PICTURE, PICTURE, HANG]]);
    camera.start();
    await clock.advance(10);
    expect(camera.slot.takeNow()?.seq).toBe(3);
    expect(camera.slot.takeNow()).toBeUndefined();
    expect(camera.status().drops).toBe(2);
    await camera.stop();
  });

  it('says why it is lost and since when, and comes back by itself', async () => {
    const { clock, camera, states, health } = setUp([[PICTURE, AWAY], [AWAY], [PICTURE, HANG]]);
    camera.start();
    await clock.advance(0);
    const lostAt = clock.now();
    expect(camera.status()).toMatchObject({
      state: 'lost',
      cause: 'the camera refuses the connection. Check the port',
      since: lostAt,
    });
    expect(health.get('camera/aisle-1')).toMatchObject({
      status: 'down',
      reason: 'the camera refuses the connection. Check the port',
    });
    await clock.advance(1_000);
    expect(camera.status()).toMatchObject({ state: 'lost', since: lostAt, reconnects: 2 });
    await clock.advance(2_000);
    expect(camera.status()).toMatchObject({ state: 'live', frames: 2 });
    expect(states.map(({ state }) => state)).toEqual(['live', 'lost', 'live']);
    await camera.stop();
  });

  it('is tried at least every 10 s for ten minutes, then once a minute, for ever', async () => {
    const { clock, camera, source } = setUp([[AWAY]]);
    camera.start();
    let before = 0;
    for (let tenSeconds = 0; tenSeconds < 60; tenSeconds++) {
      await clock.advance(10_000);
      expect(source.opened).toBeGreaterThan(before);
      before = source.opened;
    }
    await clock.advance(3_600_000);
    expect(source.opened - before).toBeGreaterThanOrEqual(59);
    expect(source.opened - before).toBeLessThanOrEqual(70);
    await camera.stop();
  });

  it('does not knock with a wrong password: cameras lock the account', async () => {
    const refused: Step = {
      fail: new WatchwordError('unauthenticated', 'the camera refuses the user name or password'),
    };
    const { clock, camera, source } = setUp([[refused]]);
    camera.start();
    await clock.advance(60_000);
    expect(source.opened).toBeLessThanOrEqual(5);
    await camera.stop();
  });

  it('that is known is given up sooner while it connects, and is back within 30 s of a silent connection', async () => {
    const { clock, camera, source } = setUp([[{ picture: true, afterMs: 2_000 }, AWAY], [HANG], [PICTURE, HANG]]);
    camera.start();
    await clock.advance(2_000);
    expect(camera.status()).toMatchObject({ state: 'lost', frames: 1 });
    // The back-off, and then a connection on which nothing comes.
    await clock.advance(11_200);
    expect(source.opened).toBe(2);
    expect(camera.status().cause).toContain('no picture within 10 s');
    await clock.advance(10_000);
    expect(camera.status()).toMatchObject({ state: 'live', frames: 2 });
    await camera.stop();
  });

  it('that falls silent is lost, its connection ended and made anew', async () => {
    const { clock, camera, source } = setUp(
      [
        [PICTURE, HANG],
        [PICTURE, HANG],
      ],
      { lostAfter: '7s' },
    );
    camera.start();
    await clock.advance(6_900);
    expect(camera.status().state).toBe('live');
    await clock.advance(200);
    expect(camera.status()).toMatchObject({
      state: 'lost',
      cause: expect.stringContaining('no picture for 7 s: the stream stalled'),
    });
    expect(source.open).toBe(0);
    await clock.advance(1_000);
    expect(camera.status()).toMatchObject({ state: 'live', frames: 2 });
    expect(source.open).toBe(1);
    await camera.stop();
  });

  it('that never brings a first picture is unreachable or silent', async () => {
    const { clock, camera, source } = setUp([[HANG]]);
    camera.start();
    await clock.advance(20_500);
    expect(camera.status()).toMatchObject({ state: 'lost', cause: expect.stringContaining('unreachable or silent') });
    expect(source.open).toBe(0);
    await camera.stop();
  });

  it('backs off from a camera that dies right after each first picture', async () => {
    const { clock, camera, source } = setUp([[PICTURE, AWAY]]);
    camera.start();
    await clock.advance(60_000);
    expect(source.opened).toBeLessThanOrEqual(11);
    await camera.stop();
  });

  it('leaves damaged pictures out and counts them', async () => {
    const mask = [
      [0, 0],
      [0.5, 0],
      [0.5, 1],
      [0, 1],
    ];
    const { clock, camera, frames } = setUp([[{ damaged: true }, PICTURE, HANG]], { masks: [mask] });
    const seen = new Promise<Frame>((resolve) => camera.onFrame(resolve));
    camera.start();
    await clock.advance(10);
    const frame = await seen;
    expect(camera.status()).toMatchObject({ damaged: 1, frames: 1 });
    expect(frames.map(({ seq }) => seq)).toEqual([1]);
    const grey = await sharp(frame.jpeg).greyscale().raw().toBuffer();
    expect(grey[16 * 64 + 10]).toBeLessThan(20);
    expect(grey[16 * 64 + 50]).toBeGreaterThan(235);
    await camera.stop();
  });

  it('goes on when a listener fails', async () => {
    const { clock, camera, frames } = setUp([[PICTURE, PICTURE, HANG]]);
    camera.onFrame(() => {
      throw new Error('listener');
    });
    camera.onState(() => {
      throw new Error('listener');
    });
    camera.start();
    await clock.advance(10);
    expect(frames).toHaveLength(2);
    await camera.stop();
  });

  it('shows the notes of its source without being degraded', async () => {
    const { clock, camera, health, source } = setUp([[PICTURE, HANG]]);
    source.notes.push('every picture is decoded');
    camera.start();
    await clock.advance(10);
    expect(camera.status().notes).toEqual(['every picture is decoded']);
    expect(health.get('camera/aisle-1')).toMatchObject({ status: 'ok', reason: 'every picture is decoded' });
    await camera.stop();
  });

  it('stops at any moment and leaves no connection and no timer behind', async () => {
    for (const [connections, ms] of [
      [[[HANG]], 5_000],
      [[[PICTURE, HANG]], 5_000],
      [[[AWAY]], 500],
    ] as [Step[][], number][]) {
      const { clock, camera, source, health } = setUp(connections);
      camera.start();
      await clock.advance(ms);
      await camera.stop();
      expect(source.open).toBe(0);
      expect(clock.sleeping).toBe(0);
      expect(health.get('camera/aisle-1')).toBeUndefined();
      const opened = source.opened;
      await clock.advance(100_000);
      expect(source.opened).toBe(opened);
      camera.start();
      await clock.advance(0);
      expect(source.opened).toBe(opened + 1);
      await camera.stop();
    }
  });

  it('keeps to the monotonic clock when the wall clock is stepped', async () => {
    const { clock, camera } = setUp([[PICTURE, HANG]], { lostAfter: '7s' });
    camera.start();
    await clock.advance(10);
    clock.step(86_400_000);
    await clock.advance(5_000);
    expect(camera.status().state).toBe('live');
    await camera.stop();
  });
});
