import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChangeGate } from '../../src/cameras/change-gate.ts';
import { thumbnailOf } from '../../src/cameras/thumbnail.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { loadVisionModelInThread } from '../../src/vision/load.ts';
import type { LocalVisionModel } from '../../src/vision/model.ts';
import { DEMO_FOLDER } from '../support/clips.ts';
import { CAMERAS, watchDay } from '../support/demo-world/camera-day.ts';
import { writeDay } from '../support/demo-world/day.ts';
import { drawScene, Exposure } from '../support/demo-world/scene.ts';
import type { Occurrence } from '../support/demo-world/script.ts';
import { type TimedEvent, tally } from '../support/demo-world/tally.ts';
import { demoStore } from '../support/demo-world/watching.ts';

const { settings, rules } = demoStore();

describe('two simulated hours in places that the model was not trained on', { timeout: 300_000 }, () => {
  let model: LocalVisionModel;
  beforeAll(async () => {
    model = await loadVisionModelInThread({ packageDir: join(DEMO_FOLDER, '..'), clock: systemClock });
  }, 60_000);
  afterAll(() => model?.close());

  /** `npm run bench -- day` watches a whole day of all six cameras. */
  it.each([
    { camera: 'aisle-1', seed: 9_320_000, startHour: 10 },
    { camera: 'warehouse-1', seed: 9_320_002, startHour: 14 },
    // The lights go out in between.
    { camera: 'warehouse-2', seed: 9_320_003, startHour: 21 },
    { camera: 'yard', seed: 9_320_005, startHour: 11 },
  ])('give the right events on $camera, the change gate on, also with every tenth frame unknown', async (row) => {
    const camera = CAMERAS.find(({ id }) => id === row.camera);
    if (!camera) throw new Error('there is no such camera');
    const { seed, startHour } = row;
    const days = await watchDay({ camera, settings, rules, model, seed, startHour, hours: 0.5, incidentShare: 0.7 });
    expect(days.reduce((sum, { tally: { due } }) => sum + due, 0)).toBeGreaterThan(3);
    for (const unknown of [false, true]) {
      const run = days.filter((day) => day.unknown === unknown);
      expect(run.flatMap(({ tally: { missed } }) => missed)).toEqual([]);
      expect(run.flatMap(({ tally: { wrong } }) => wrong)).toEqual([]);
      for (const { rule, gatedShare, coverage } of run) {
        expect(gatedShare, rule).toBeGreaterThan(unknown ? 0.4 : 0.5);
        expect(coverage, rule).toBeGreaterThan(unknown ? 0.87 : 0.97);
      }
    }
  });

  it('come out the same whenever they are written, and other seeds make other days', () => {
    const options = { family: 'warehouse', seed: 9_320_002, hours: 2 } as const;
    const [first, again] = [writeDay(options), writeDay(options)];
    expect(again.occurrences).toEqual(first.occurrences);
    const { place: _, ...scene } = first.sceneAt(1_234);
    const { place: __, ...same } = again.sceneAt(1_234);
    expect(same).toEqual(scene);
    expect(writeDay({ ...options, seed: 9_320_003 }).occurrences).not.toEqual(first.occurrences);
  });
});

describe('the change gate in a hall without light', () => {
  it('sees the pallet that somebody puts before the exit, and nothing in the noise', async () => {
    const { place, seed, sceneAt } = writeDay({ family: 'warehouse', seed: 9_300_002, hours: 1 });
    const gate = new ChangeGate({ maxAgeMs: 60_000, gapMs: 60_000 });
    const exposure = new Exposure(seed);
    const light = { brightness: 0.33, isNight: true };
    const reasons: string[] = [];
    for (let at = 0; at < 10; at++) {
      const scene = { ...sceneAt(0), place, ...(at >= 8 && { exitBlockedBy: 'pallet' as const }) };
      const small = await thumbnailOf(await exposure.jpeg(await drawScene(scene), light, 0.016, at));
      const { evaluate, reason } = gate.decide('blocked-exit', null, small, at * 2_000);
      if (evaluate) gate.evaluated('blocked-exit', small, at * 2_000);
      reasons.push(reason);
    }
    expect(reasons).toEqual(['first', ...Array(7).fill('same'), 'changed', 'settled']);
  });
});

describe('the tally of a day', () => {
  const happened: Occurrence = { rule: 'spill', what: 'spill', from: 100, to: 200, around: { from: 98, to: 203 } };
  const count = (events: readonly TimedEvent[], occurrences = [happened]) => {
    const { due, missed, wrong, errors } = tally('spill', { occurrences, events, leastS: 8, forS: 4 });
    return { due, missed: missed.length, wrong: wrong.length, errors };
  };
  const event = (from: number, to: number | null): TimedEvent => ({ rule: 'spill', from, to });

  it('takes one event that begins in the right minute, and counts how far off it is', () => {
    expect(count([event(102, 202)])).toEqual({ due: 1, missed: 0, wrong: 0, errors: [2] });
    expect(count([event(99, null)])).toEqual({ due: 1, missed: 0, wrong: 0, errors: [0] });
  });

  it('counts what was not told, told twice, told late or made up', () => {
    expect(count([])).toMatchObject({ missed: 1, wrong: 0 });
    expect(count([event(102, 130), event(150, 202)])).toMatchObject({ missed: 0, wrong: 1 });
    expect(count([event(170, 202)])).toMatchObject({ missed: 1, wrong: 1 });
    expect(count([event(102, 202), event(500, 520)])).toMatchObject({ missed: 0, wrong: 1 });
    expect(count([{ ...event(500, 520), rule: 'no-vest' }])).toMatchObject({ missed: 1, wrong: 0 });
  });

  it('does not ask for what was too short, but takes an event of it where it may have held', () => {
    const short = { ...happened, to: 105, around: { from: 98, to: 106 } };
    expect(count([], [short])).toMatchObject({ due: 0, missed: 0 });
    expect(count([event(100, 106)], [short])).toMatchObject({ due: 0, wrong: 0 });
    const glimpse = { ...happened, to: 101, around: { from: 99, to: 102 } };
    expect(count([event(100, 106)], [glimpse])).toMatchObject({ due: 0, wrong: 1 });
  });
});
