import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Frame } from '../../src/cameras/frame.ts';
import { FrameHistory, type FrameHistoryOptions, type Noticed } from '../../src/history/frame-history.ts';
import { LONGEST_STAND_MS, PictureIndex } from '../../src/history/picture-index.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { tempFolder } from '../store/temp-store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { until } from '../support/until.ts';

const START = Date.parse('2026-03-02T09:00:00Z');
const DAY_MS = 86_400_000;
const PLENTY = async () => ({ freeBytes: 1e12, totalBytes: 2e12 });

/** A history whose frames show what their text says: another text is a change. */
function box(options: Partial<FrameHistoryOptions> & { dataDir?: string } = {}) {
  const { dataDir = tempFolder(), ...rest } = options;
  const clock = new ManualClock(START);
  const index = PictureIndex.open(dataDir);
  onTestFinished(() => index.close());
  const kept = new Map<string, string>();
  const notice = async (frame: Frame): Promise<Noticed> => {
    const text = Buffer.from(frame.jpeg).toString();
    if (text === 'damaged') throw new Error('the picture is damaged');
    const changed = kept.get(frame.cameraId) !== text;
    kept.set(frame.cameraId, text);
    return { changed, trouble: text === 'black' ? 'dark' : null };
  };
  const settings = { maxAgeMs: 7 * DAY_MS, maxBytes: 1e9, everyMs: 2_000 };
  const history = new FrameHistory({ index, settings, clock, logger: silentLogger, notice, space: PLENTY, ...rest });
  let seq = 0;
  /** Shows a picture on a camera, then lets time pass. */
  const show = async (text: string, how: { cameraId?: string; ms?: number } = {}): Promise<void> => {
    const { cameraId = 'aisle-1', ms = 2_000 } = how;
    const times = { capturedAt: clock.now(), at: clock.monotonic() };
    history.offer({ cameraId, seq: ++seq, ...times, jpeg: Buffer.from(text), width: 320, height: 180 });
    await history.takeWaiting();
    await clock.advance(ms);
  };
  const list = (cameraId = 'aisle-1') => {
    history.flush();
    return index.list({ cameraId, since: 0, until: Number.MAX_SAFE_INTEGER });
  };
  return { dataDir, clock, index, history, show, list };
}

/** Seconds since the start: from, until. */
const stood = (pictures: ReturnType<ReturnType<typeof box>['list']>) =>
  pictures.map(({ capturedAt, until }) => [(capturedAt - START) / 1_000, (until - START) / 1_000]);

describe('the frame history', () => {
  test('keeps one picture while nothing changes, and how long it stood', async () => {
    const { show, list, index } = box();
    for (const text of ['full', 'full', 'full', 'empty', 'empty']) await show(text);
    expect(stood(list())).toEqual([
      [0, 4],
      [6, 8],
    ]);
    const [, second] = list();
    expect(second && Buffer.from((await index.read(second)) ?? []).toString()).toBe('empty');
  });

  test('takes at most one frame per interval, and forgives frames that come a little early', async () => {
    const { show, list } = box();
    for (const text of ['a', 'b', 'c', 'd']) await show(text, { ms: 500 });
    await show('e', { ms: 1_900 });
    await show('f');
    expect(stood(list()).map(([from]) => from)).toEqual([0, 2, 3.9]);
  });

  test('does not vouch for a gap: the first picture after it is kept anew', async () => {
    const { show, list } = box();
    await show('full', { ms: 60_000 });
    await show('full');
    expect(stood(list())).toEqual([
      [0, 0],
      [60, 60],
    ]);
  });

  test('keeps a picture anew after ten minutes without a change', async () => {
    const { show, list } = box();
    for (let ms = 0; ms <= LONGEST_STAND_MS; ms += 2_000) await show('full');
    expect(stood(list())).toEqual([
      [0, 598],
      [600, 600],
    ]);
  });

  test('keeps what was wrong with the picture, and begins anew when that changes', async () => {
    const { show, list } = box();
    for (const text of ['full', 'black', 'black', 'full']) await show(text);
    expect(list().map(({ trouble }) => trouble)).toEqual([null, 'dark', null]);
  });

  test('finds pictures that stood at the beginning of a stretch, and none of another camera', async () => {
    const { show, list, index } = box();
    for (const text of ['full', 'full', 'full', 'empty']) await show(text);
    await show('full', { cameraId: 'aisle-2' });
    list();
    const found = index.list({ cameraId: 'aisle-1', since: START + 3_000, until: START + 6_000 });
    expect(stood(found)).toEqual([[0, 4]]);
  });

  test('goes on after a frame that cannot be read, without vouching for it', async () => {
    const { show, list } = box();
    for (const text of ['full', 'damaged', 'full']) await show(text);
    expect(stood(list())).toEqual([
      [0, 0],
      [4, 4],
    ]);
  });

  test('holds one newest frame per camera: a slow disk never makes cameras wait', async () => {
    const { clock, history, list } = box();
    for (const text of ['a', 'b', 'c']) {
      const times = { capturedAt: clock.now(), at: clock.monotonic() };
      history.offer({ cameraId: 'aisle-1', seq: 1, ...times, jpeg: Buffer.from(text), width: 1, height: 1 });
      await clock.advance(2_000);
    }
    await history.takeWaiting();
    expect(stood(list())).toEqual([[4, 4]]);
  });

  test('runs until it is stopped, and writes the last stand then', async () => {
    const { clock, history, index } = box();
    const stopped = new AbortController();
    const running = history.run(stopped.signal);
    for (let at = 0; at < 3; at++) {
      const times = { capturedAt: clock.now(), at: clock.monotonic() };
      history.offer({ cameraId: 'aisle-1', seq: 1, ...times, jpeg: Buffer.from('full'), width: 1, height: 1 });
      await until(() => index.oldest(9).length === 1, 'the first picture');
      await clock.advance(2_000);
    }
    stopped.abort();
    await running;
    expect(stood(index.list({ cameraId: 'aisle-1', since: START, until: START + 9_000 }))).toEqual([[0, 4]]);
    expect(clock.sleeping).toBe(0);
  });
});

describe('the bounds of the frame history', () => {
  test('knows how much it keeps also when pictures are removed while another is written', async () => {
    const { history, index, show, clock } = box({ settings: { maxAgeMs: 7 * DAY_MS, maxBytes: 100, everyMs: 2_000 } });
    for (let number = 10; number < 30; number++) await show(`picture ${number}`);
    const [pipe, pathOf] = [join(index.folder, 'slow.jpg'), index.pathOf.bind(index)];
    execFileSync('mkfifo', [pipe]);
    // A write to a pipe that nobody reads waits, as one to a busy disk does.
    index.pathOf = (picture) => (picture.cameraId === 'yard' ? pipe : pathOf(picture));
    const times = { capturedAt: clock.now(), at: clock.monotonic() };
    history.offer({ cameraId: 'yard', seq: 1, ...times, jpeg: Buffer.from('picture 30'), width: 320, height: 180 });
    const taken = history.takeWaiting();
    await history.bound();
    expect(index.totalBytes()).toBe(100);
    await Promise.all([taken, readFile(pipe)]);
    expect(index.totalBytes()).toBe(110);
    await history.bound();
    expect(index.totalBytes()).toBe(100);
  });

  test('reckons ages from the time it is given: a clock that jumps ahead takes nothing', async () => {
    let believed = START;
    const { history, show, list, clock } = box({ agesBy: () => believed });
    await show('full');
    await show('empty');
    clock.step(365 * DAY_MS);
    await history.bound();
    expect(list()).toHaveLength(2);
    believed = START + 8 * DAY_MS;
    await history.bound();
    expect(list()).toEqual([]);
  });

  test('pictures that are too old go, with their files and folders', async () => {
    const { dataDir, clock, history, show, list } = box();
    await show('old');
    await clock.advance(7 * DAY_MS);
    await show('new');
    await history.bound();
    expect(stood(list())).toHaveLength(1);
    expect(readdirSync(join(dataDir, 'history', 'aisle-1'))).toEqual(['2026-03-09']);
  });

  test('when there are too many bytes the oldest of all cameras go', async () => {
    const { history, show, list } = box({ settings: { maxAgeMs: 7 * DAY_MS, maxBytes: 25, everyMs: 2_000 } });
    await show('a'.repeat(10), { cameraId: 'yard' });
    await show('b'.repeat(10));
    await show('c'.repeat(10));
    await history.bound();
    expect([list('yard'), list()].map((pictures) => pictures.length)).toEqual([0, 2]);
    await history.bound();
    expect(list()).toHaveLength(2);
  });

  test('a disk that is nearly full takes the oldest first, and no more than it lacks', async () => {
    const space = async () => ({ freeBytes: 1e9 - 15, totalBytes: 1e12 });
    const { history, show, list } = box({ minFreeBytes: 1e9, space });
    for (const text of ['a', 'b', 'c']) await show(text.repeat(10));
    await history.bound();
    expect(stood(list()).map(([from]) => from)).toEqual([4]);
  });

  test('what a crash left without a row goes with its day', async () => {
    const { dataDir, clock, history } = box();
    const leftOver = join(dataDir, 'history', 'gone', '2026-03-02', '09', '1.jpg');
    mkdirSync(dirname(leftOver), { recursive: true });
    writeFileSync(leftOver, 'x');
    await history.bound();
    expect(existsSync(leftOver)).toBe(true);
    await clock.advance(8 * DAY_MS);
    await history.bound();
    expect(existsSync(leftOver)).toBe(false);
  });

  test('counts what an earlier run kept', async () => {
    const first = box();
    await first.show('a'.repeat(30));
    const settings = { maxAgeMs: 7 * DAY_MS, maxBytes: 20, everyMs: 2_000 };
    const second = box({ dataDir: first.dataDir, settings });
    await second.history.bound();
    expect(second.list()).toEqual([]);
  });

  test('an index that is damaged is begun anew', () => {
    const dataDir = tempFolder();
    mkdirSync(join(dataDir, 'history'));
    writeFileSync(join(dataDir, 'history', 'pictures.db'), 'no database, but long enough to be one'.repeat(50));
    const index = PictureIndex.open(dataDir);
    onTestFinished(() => index.close());
    expect(index.totalBytes()).toBe(0);
  });

  test('a picture that is gone meanwhile is undefined, and nothing was ever kept where there is no index', async () => {
    const { dataDir, show, list, index } = box();
    await show('full');
    const [picture] = list();
    if (picture) rmSync(index.pathOf(picture));
    expect(picture && (await index.read(picture))).toBeUndefined();
    expect(PictureIndex.openReadOnly(join(dataDir, 'nowhere'))).toBeUndefined();
  });
});
