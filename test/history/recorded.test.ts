import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createBacktest } from '../../src/cli/backtest.ts';
import { type CommandIo, runCommand } from '../../src/cli/command.ts';
import { PictureIndex } from '../../src/history/picture-index.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { recordIo } from '../support/command-io.ts';
import { ScriptedModel } from '../support/scripted-model.ts';
import { startTestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

// The whole app on a real clip; only the model is written down.
describe('a box that runs', { timeout: 60_000 }, () => {
  test('keeps what its cameras show, and a rule that was never asked can be tried on it meanwhile', async () => {
    const box = await startTestApp({
      rules: { 'empty-shelf': 'rule: Alert me when a shelf is empty\n' },
      scoreOf: () => 0.1,
    });
    try {
      const dataDir = join(box.folder, 'data');
      const kept = (): number => {
        const index = PictureIndex.openReadOnly(dataDir);
        try {
          return index?.oldest(99).length ?? 0;
        } finally {
          index?.close();
        }
      };
      await until(() => kept() >= 3, 'three kept pictures');
      const model = new ScriptedModel(() => ({ score: 0.9 }));
      const io = recordIo();
      const live: CommandIo = { ...io, clock: systemClock };
      const config = join(box.folder, 'watchword.yaml');
      const words = 'Alert me when a crate is empty';
      const code = await runCommand(createBacktest(model.open), [words, '--config', config, '--json'], live);
      expect([code, io.err()]).toEqual([0, '']);
      const summary = io.lines().at(-1)?.summary;
      expect(summary).toMatchObject({ camera: 'cam', question: 'Is a crate empty?', looks: { stored: 0 }, events: 1 });
      expect(model.calls.filter((call) => call.startsWith('look')).length).toBeGreaterThanOrEqual(3);
    } finally {
      await box.stop();
    }
  });
});
