import { describe, expect, test } from 'vitest';
import { LoadingModel } from '../src/model-loading.ts';
import { Health } from '../src/platform/health.ts';
import { createLogger } from '../src/platform/logger.ts';
import type { VisionModel } from '../src/vision/model.ts';
import { ManualClock } from './support/manual-clock.ts';

function loaded(concern?: string) {
  const clock = new ManualClock();
  const health = new Health(() => clock.now());
  const lines: string[] = [];
  const logger = createLogger((level, message) => lines.push(`${level} ${message}`));
  const model = {
    identity: { name: 'tiny', dtype: 'q8', device: 'cpu', weightsHash: '' },
    ...(concern !== undefined && { concern }),
    close: async () => undefined,
  } as VisionModel;
  return { health, lines, loading: new LoadingModel({ load: async () => model, clock, logger, health }) };
}

describe('a model that is loaded', () => {
  test('is healthy where it runs as well as this box lets it', async () => {
    const { health, loading } = loaded();
    await loading.start();
    expect(health.parts()).toMatchObject([{ part: 'model', status: 'ok', reason: '' }]);
    await loading.stop();
  });

  test('that runs on the processor of a box with an accelerator says so in health and in the log', async () => {
    const concern = 'this box has an NVIDIA device, but the model runs on the processor: cuda: no libcudart';
    const { health, lines, loading } = loaded(concern);
    await loading.start();
    expect(health.get('accelerator')).toMatchObject({ status: 'degraded', reason: concern });
    // As the pipeline does with each answer.
    health.report('model', 'ok');
    expect(health.overall()).toBe('degraded');
    expect(lines).toContain('warn the model runs slower than this box could');
    await loading.stop();
  });
});
