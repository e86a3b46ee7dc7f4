import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { PictureHealth } from '../../src/cameras/picture-health.ts';
import type { PictureProblem } from '../../src/cameras/settings.ts';
import { HARD } from '../hard/seeded.ts';
import { DEMO_FOLDER, realFootage } from '../support/clips.ts';
import { FAULTS, type Fault, sampledPictures } from '../support/clips-faults.ts';

const DEMO = ['exit_blocked', 'no_vest', 'road_incident', 'robot_falls', 'shelf_runs_empty', 'spill_cleaned'];

/** The clips to judge and how often a second they are sampled; the real ones only where they are. */
function clips(): { name: string; file: string; perSecond: number }[] {
  const real = (name: string, perSecond: number): { name: string; file: string; perSecond: number }[] => {
    const file = realFootage(name);
    return file ? [{ name, file, perSecond }] : [];
  };
  return [
    ...DEMO.map((name) => ({ name, file: join(DEMO_FOLDER, `${name}.mp4`), perSecond: 0.5 })),
    ...real('bottle-detection.mp4', 1),
    ...real('store-aisle-detection.gif', 4),
    ...real('worker-zone-detection.gif', 4),
  ];
}

/** The camera shows its last picture for ever. */
const FROZEN: Fault = { name: 'frozen', problem: 'frozen', apply: async (jpeg) => jpeg };

class Judged {
  readonly #health: PictureHealth;
  #at = 0;

  constructor(ignore: PictureProblem[] = []) {
    this.#health = new PictureHealth({ ignore });
  }

  judge(jpeg: Uint8Array): Promise<PictureProblem | undefined> {
    this.#at += 1_000;
    return this.#health.judge({ jpeg, at: this.#at, width: 640, height: 360 });
  }
}

describe('picture health', () => {
  it('finds every fault within three samples and nothing in the clean clips', { timeout: 120_000 }, async () => {
    let clean = 0;
    let falseAlarms = 0;
    const missed: string[] = [];
    const found = new Map<string, [found: number, of: number]>();
    let faults = 0;
    for (const { name, file, perSecond } of clips()) {
      const pictures = await sampledPictures(file, perSecond);
      const judged = new Judged();
      for (const picture of pictures) {
        clean++;
        if ((await judged.judge(picture)) !== undefined) falseAlarms++;
      }
      const before = pictures.slice(0, 4);
      const last = pictures.slice(-3);
      for (const fault of [...FAULTS, FROZEN]) {
        const camera = new Judged();
        for (const picture of before) await camera.judge(picture);
        const verdicts: (PictureProblem | undefined)[] = [];
        const after = fault === FROZEN ? last.map(() => last[0] as Buffer) : last;
        for (const picture of after) verdicts.push(await camera.judge(await fault.apply(picture)));
        faults++;
        const [seen = 0, of = 0] = found.get(fault.problem) ?? [];
        found.set(fault.problem, [seen + (verdicts.includes(fault.problem) ? 1 : 0), of + 1]);
        if (!verdicts.includes(fault.problem)) missed.push(`${name}, ${fault.name}: ${verdicts.join(' ')}`);
      }
    }
    const table = [...found].map(([problem, [seen, of]]) => `${problem} ${seen}/${of}`).join(', ');
    if (HARD) process.stdout.write(`picture health: ${table}; false ${falseAlarms} of ${clean} clean pictures\n`);
    expect(clean).toBeGreaterThan(200);
    expect(falseAlarms / clean).toBeLessThanOrEqual(0.01);
    for (const [problem, [seen, of]] of found) expect(seen / of, `${problem}: ${missed}`).toBeGreaterThanOrEqual(0.95);
    expect(1 - missed.length / faults, missed.join('\n')).toBeGreaterThanOrEqual(0.95);
  });

  it('finds a frozen picture at its third sample, and says so no longer when it moves again', async () => {
    const [first, second] = await sampledPictures(join(DEMO_FOLDER, 'robot_falls.mp4'), 0.1);
    if (!first || !second) throw new Error('the clip is empty');
    const camera = new Judged();
    expect(await camera.judge(first)).toBeUndefined();
    expect(await camera.judge(first)).toBeUndefined();
    expect(await camera.judge(first)).toBe('frozen');
    expect(await camera.judge(first)).toBe('frozen');
    expect(await camera.judge(second)).toBeUndefined();
  });

  it('takes a new view as usual once it is told to', async () => {
    const pictures = await sampledPictures(join(DEMO_FOLDER, 'robot_falls.mp4'), 0.2);
    const moved = FAULTS.find(({ name }) => name === 'turned by 30 % of its view');
    if (!moved) throw new Error('there is no such fault');
    const health = new PictureHealth();
    let at = 0;
    const judge = (jpeg: Uint8Array): Promise<PictureProblem | undefined> =>
      health.judge({ jpeg, at: ++at * 1_000, width: 640, height: 360 });
    for (const picture of pictures.slice(0, 5)) await judge(picture);
    const turned = await Promise.all(pictures.slice(5, 13).map(moved.apply));
    expect(await judge(turned[0] ?? new Uint8Array())).toBeUndefined();
    expect(await judge(turned[1] ?? new Uint8Array())).toBe('moved');
    health.relearn();
    for (const picture of turned.slice(2)) expect(await judge(picture)).toBeUndefined();
  });

  it('lets pass what is normal for a camera', async () => {
    const dark = new Uint8Array(
      await sharp({ create: { width: 64, height: 36, channels: 3, background: '#050505' } })
        .jpeg()
        .toBuffer(),
    );
    const camera = new Judged(['dark', 'frozen']);
    for (let sample = 0; sample < 5; sample++) expect(await camera.judge(dark)).toBeUndefined();
  });

  it('refuses a damaged picture', async () => {
    await expect(new Judged().judge(new Uint8Array([0xff, 0xd8, 1]))).rejects.toMatchObject({ kind: 'corrupt' });
  });
});
