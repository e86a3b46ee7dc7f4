import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAllTruths, readClipTruth, truthAt } from '../../src/demo/truth.ts';
import { DEMO_FOLDER } from '../support/clips.ts';

describe('the truth of the demo clips', () => {
  it('is there for every clip, with its incidents inside it and early enough for a visitor', async () => {
    const truths = await readAllTruths(DEMO_FOLDER);
    expect(truths.map(({ clip }) => clip)).toEqual([
      'camera_covered',
      'camera_moved',
      'exit_blocked',
      'night_visitor',
      'no_vest',
      'quiet_aisle',
      'quiet_hall',
      'road_incident',
      'robot_falls',
      'shelf_runs_empty',
      'spill_cleaned',
    ]);
    for (const truth of truths) {
      const eventful = truth.incident in truth.truth;
      expect(truth.incidents.length > 0, truth.clip).toBe(eventful);
      for (const { predicate, start, end } of truth.incidents) {
        expect(start).toBeGreaterThan(0);
        expect(end).toBeGreaterThan(start);
        expect(end).toBeLessThan(60);
        expect(truthAt(truth, predicate, (start + end) / 2)).toBe('yes');
        expect(truthAt(truth, predicate, 1)).toBe('no');
      }
    }
  });

  it('tells when the camera itself is at fault, and says nothing of the scene meanwhile', async () => {
    const faulty = (await readAllTruths(DEMO_FOLDER)).filter(({ health }) => health.length > 0);
    expect(faulty.map(({ clip, health }) => [clip, health[0]?.state])).toEqual([
      ['camera_covered', 'covered'],
      ['camera_moved', 'moved'],
    ]);
    for (const truth of faulty) {
      const [fault] = truth.health;
      expect(truthAt(truth, 'person', ((fault?.start ?? 0) + (fault?.end ?? 0)) / 2)).toBe('undecided');
      expect(truthAt(truth, 'person', 1)).toBe('no');
    }
  });

  it('says undecided where the script does, and where it knows nothing', async () => {
    const truth = await readClipTruth(DEMO_FOLDER, 'robot_falls');
    expect(truthAt(truth, 'robot_fallen', 25.5)).toBe('undecided');
    expect(truthAt(truth, 'robot_fallen', 26.125)).toBe('yes');
    expect(truthAt(truth, 'robot_fallen', 60)).toBe('no');
    expect(truthAt(truth, 'unheard_of', 60)).toBe('undecided');
  });

  it('has a readable error for a clip that is not there and for a damaged one', async () => {
    await expect(readClipTruth(DEMO_FOLDER, 'nothing')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(readAllTruths(join(DEMO_FOLDER, 'nowhere'))).rejects.toMatchObject({ kind: 'not-found' });
    const folder = await mkdtemp(join(tmpdir(), 'watchword-test-'));
    try {
      await writeFile(join(folder, 'bad.json'), '{"clip": 1}');
      await expect(readClipTruth(folder, 'bad')).rejects.toMatchObject({ kind: 'corrupt' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
