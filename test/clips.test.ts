import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { VideoPiece } from '../src/cameras/recent-video.ts';
import { EvidenceClips } from '../src/clips.ts';
import type { EventCommit } from '../src/events/event.ts';
import { createLogger } from '../src/platform/logger.ts';
import { makeNumberedClip } from './support/clips.ts';
import { temporaryFolder } from './support/daemon.ts';
import { ManualClock } from './support/manual-clock.ts';

/** A busy machine takes its time to run ffmpeg. */
const PATIENT = { timeout: 15_000 };

let made: ReturnType<typeof temporaryFolder>;
let transport: Buffer;
beforeAll(async () => {
  made = temporaryFolder();
  await makeNumberedClip(join(made.path, 'clip.mp4'), { seconds: 3, fps: 10, gopSeconds: 1 });
  const [input, output] = [join(made.path, 'clip.mp4'), join(made.path, 'clip.ts')];
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-i', input, '-c', 'copy', output]);
  transport = readFileSync(output);
});
afterAll(() => made.remove());

describe('clips of events', () => {
  const clock = new ManualClock();
  let folder: ReturnType<typeof temporaryFolder>;
  let asked: Array<[from: number, to: number]>;
  let answer: (signal: AbortSignal) => Promise<VideoPiece | undefined>;
  let warnings: string[];
  const running: EvidenceClips[] = [];
  beforeEach(() => {
    folder = temporaryFolder();
    asked = [];
    warnings = [];
    answer = async () => ({ transport, startsAt: clock.monotonic() - 9_000 });
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((clips) => clips.stop()));
    folder.remove();
  });

  function open(maxBytes?: number): EvidenceClips {
    const recent = {
      piece(from: number, to: number, signal: AbortSignal) {
        asked.push([from, to]);
        return answer(signal);
      },
    };
    const clips = new EvidenceClips({
      dataDir: folder.path,
      cameras: [
        { id: 'dock', recent, settings: { clipBeforeMs: 8_000, clipAfterMs: 6_000 } },
        { id: 'yard', recent: undefined, settings: { clipBeforeMs: 8_000, clipAfterMs: 6_000 } },
      ],
      clock,
      logger: createLogger((_level, message) => warnings.push(message)),
      ...(maxBytes !== undefined && { maxBytes }),
    });
    running.push(clips);
    clips.start();
    return clips;
  }

  function opened(
    id: string,
    changes: { cameraId?: string; type?: 'new' | 'update'; isPictured?: boolean } = {},
  ): EventCommit {
    const { cameraId = 'dock', type = 'new', isPictured = true } = changes;
    const jpeg = new Uint8Array(1);
    const picture = { role: 'deciding', jpeg, capturedAt: clock.now() - 500, width: 4, height: 2 } as const;
    const event = { id, cameraId } as EventCommit['change']['event'];
    const change = { type, key: id, event, changedAt: clock.now() };
    return { change, alert: true, evidence: isPictured ? [picture] : [] };
  }
  const files = () => readdirSync(join(folder.path, 'clips'));

  it('are cut from eight seconds before the deciding frame to six after, and found again by the next run', async () => {
    const clips = open();
    clips.committed(opened('mm8x1-0a'));
    await expect.poll(() => clips.find('mm8x1-0a'), PATIENT).toBeDefined();
    const at = clock.monotonic() - 500;
    expect(asked).toEqual([[at - 8_000, at + 6_000]]);
    const startsAt = clock.now() - 9_000;
    expect(files()).toEqual([`mm8x1-0a.${startsAt}.mp4`]);
    const mp4 = await clips.read('mm8x1-0a');
    expect(Buffer.from(mp4 ?? []).toString('latin1', 4, 8)).toBe('ftyp');

    writeFileSync(join(folder.path, 'clips', 'mm8x2-0b.1.mp4.part'), 'half');
    const next = open();
    expect(next.find('mm8x1-0a')).toMatchObject({ startsAt });
    expect(files()).toHaveLength(1);
    expect(await next.read('nobody')).toBeUndefined();
  });

  it('are made once per event, of cameras that keep them', async () => {
    const clips = open();
    expect([clips.keeps('dock'), clips.keeps('yard'), clips.keeps('nowhere')]).toEqual([true, false, false]);
    clips.committed(opened('mm8x1-0a', { cameraId: 'yard' }));
    clips.committed(opened('mm8x1-0b', { type: 'update' }));
    clips.committed(opened('mm8x1-0c', { isPictured: false }));
    answer = async () => undefined;
    clips.committed(opened('mm8x1-0d'));
    await clips.stop();
    expect([asked.length, files()]).toEqual([1, []]);
  });

  it('never take more room than they may: the oldest go', async () => {
    const first = open();
    first.committed(opened('mm8x1-0a'));
    await expect.poll(() => first.find('mm8x1-0a'), PATIENT).toBeDefined();
    const { size } = { size: (await first.read('mm8x1-0a'))?.length ?? 0 };
    const clips = open(Math.max(transport.length, size) * 2 + size);
    for (const id of ['mm8x1-0b', 'mm8x1-0c', 'mm8x1-0d', 'mm8x1-0e']) {
      await clock.advance(1_000);
      clips.committed(opened(id));
      await expect.poll(() => clips.find(id), PATIENT).toBeDefined();
    }
    expect(clips.find('mm8x1-0a')).toBeUndefined();
    expect(clips.find('mm8x1-0e')).toBeDefined();
    expect(files().length).toBeLessThanOrEqual(3);
  });

  it('go with their age, and first of all when the disk is nearly full', async () => {
    const clips = open();
    for (const id of ['mm8x1-0a', 'mm8x1-0b', 'mm8x1-0c']) {
      await clock.advance(60_000);
      clips.committed(opened(id));
      await expect.poll(() => clips.find(id), PATIENT).toBeDefined();
    }
    await clips.removeBefore((clips.find('mm8x1-0b')?.startsAt ?? 0) - 1);
    expect([files().length, clips.find('mm8x1-0a')]).toEqual([2, undefined]);
    expect(await clips.removeOldest(1)).toBe(1);
    expect(files()).toEqual([expect.stringMatching(/^mm8x1-0c\./)]);
    expect([await clips.removeOldest(1e9), await clips.removeOldest(1e9), files()]).toEqual([1, 0, []]);
  });

  it('that fail cost nothing but a line in the log', async () => {
    const clips = open();
    answer = async () => ({ transport: Buffer.from('no video'), startsAt: 0 });
    clips.committed(opened('mm8x1-0a'));
    await expect.poll(() => warnings, PATIENT).toEqual(['the clip of an event could not be kept']);
    expect(files()).toEqual([]);
  });

  it('are not waited for without bound, nor at the end', async () => {
    const clips = open();
    answer = (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    for (let i = 0; i < 20; i++) clips.committed(opened(`mm8x1-${i}`));
    expect(asked).toHaveLength(16);
    expect(warnings).toHaveLength(4);
    await clips.stop();
    clips.committed(opened('mm8x1-99'));
    expect([asked.length, files()]).toEqual([16, []]);
  });
});
