import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backtest } from '../../src/backtest/backtest.ts';
import type { WatchEvent } from '../../src/events/event.ts';
import { type KeptPicture, PictureIndex } from '../../src/history/picture-index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { CompiledRule } from '../../src/rules/rule.ts';
import { loadVisionModelInThread } from '../../src/vision/load.ts';
import type { LocalVisionModel } from '../../src/vision/model.ts';
import { DEMO_FOLDER } from '../support/clips.ts';
import { writeDay } from '../support/demo-world/day.ts';
import { livePast } from '../support/demo-world/past.ts';
import { demoStore } from '../support/demo-world/watching.ts';

const BEGAN = Date.parse('2026-03-02T12:00:00Z');
const { settings, rules } = demoStore();

describe('a backtest on what the box kept', { timeout: 180_000 }, () => {
  let model: LocalVisionModel;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'watchword-past-'));
    model = await loadVisionModelInThread({ packageDir: join(DEMO_FOLDER, '..'), clock: systemClock });
  }, 60_000);
  afterAll(async () => {
    await model?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function answer(index: PictureIndex, picture: KeptPicture, { question }: CompiledRule) {
    const look = await model.look((await index.read(picture)) ?? new Uint8Array());
    const [first] = await model.score(look, [question]);
    await model.release(look);
    return first;
  }

  it.each([
    { cameraId: 'warehouse-1', family: 'warehouse', seed: 9_310_002, hours: 0.3 },
    { cameraId: 'yard', family: 'road', seed: 9_310_005, hours: 0.5 },
  ] as const)(
    'raises the events that the live rules raised on $cameraId',
    async ({ cameraId, family, seed, hours }) => {
      const script = writeDay({ family, seed, hours, startHour: 12, incidentShare: 0.8 });
      const index = PictureIndex.open(join(folder, cameraId));
      const { events, frames } = await livePast({ script, index, cameraId, rules, settings, model, began: BEGAN });
      expect(events.length).toBeGreaterThan(2);
      const times = (list: readonly WatchEvent[]) =>
        list.map(({ ruleId, startedAt, endedAt }) => [ruleId, startedAt - BEGAN, endedAt && endedAt - BEGAN]);
      const until = BEGAN + script.seconds * 1_000;
      let asked = 0;
      for (const rule of rules.filter((each) => each.cameras.includes(cameraId))) {
        const result = await backtest(
          { rule, cameraId, since: BEGAN, until, buckets: 10, signal: AbortSignal.timeout(120_000) },
          {
            ...{ timeZone: 'UTC', calendars: {}, cached: () => new Map(), keep: () => undefined },
            storedScores: () => NOTHING_STORED,
            pictures: (query) => index.list(query),
            ask: (picture) => answer(index, picture, rule),
          },
        );
        asked += result.looks.asked;
        expect(times(result.events), rule.id).toEqual(times(events.filter(({ ruleId }) => ruleId === rule.id)));
      }
      // The history kept what changed, not every frame.
      expect(asked).toBeLessThan(0.6 * frames * rules.filter((each) => each.cameras.includes(cameraId)).length);
      index.close();
    },
  );
});

/** Nobody had asked the rule live: all it knows are pictures. */
const NOTHING_STORED = {
  length: 0,
  capturedAt: new Float64Array(),
  yes: new Float64Array(),
  mass: new Float64Array(),
  cause: [],
};
