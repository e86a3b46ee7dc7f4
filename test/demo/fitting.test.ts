import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { loadVisionModelInThread } from '../../src/vision/load.ts';
import type { LocalVisionModel } from '../../src/vision/model.ts';
import { DEMO_FOLDER } from '../support/clips.ts';
import { fittedAgainstDefaults, labelledFrames, mean, OTHER_CAMERAS } from '../support/demo-world/labelled.ts';
import { demoStore } from '../support/demo-world/watching.ts';

describe('thresholds fitted to marked frames of a camera that the model does not know', { timeout: 120_000 }, () => {
  let model: LocalVisionModel;
  beforeAll(async () => {
    model = await loadVisionModelInThread({ packageDir: join(DEMO_FOLDER, '..'), clock: systemClock });
  }, 60_000);
  afterAll(() => model?.close());

  it('read frames of other scenes better than the defaults, with fewer false alarms', async () => {
    const through = OTHER_CAMERAS['coarse stream'];
    if (!through) throw new Error('there is no such camera');
    const compared = (await labelledFrames(demoStore().rules, model, through)).map(fittedAgainstDefaults);
    expect(compared).toHaveLength(6);
    const accuracy = (when: 'before' | 'after'): number => mean(compared.map((each) => each[when].balancedAccuracy));
    const alarms = (when: 'before' | 'after'): number =>
      compared.reduce((sum, each) => sum + each[when].falseAlarms, 0);
    // The defaults are not right here, or there is nothing to show.
    expect(accuracy('before')).toBeLessThan(0.96);
    expect(accuracy('after')).toBeGreaterThan(accuracy('before'));
    expect(alarms('after')).toBeLessThan(alarms('before'));
  });
});
