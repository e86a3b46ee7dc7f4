import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/platform/clock.ts';
import { loadVisionModelInThread } from '../../src/vision/load.ts';
import {
  type Figures,
  fittedAgainstDefaults,
  labelledFrames,
  mean,
  OTHER_CAMERAS,
} from '../support/demo-world/labelled.ts';
import { demoStore } from '../support/demo-world/watching.ts';

const PACKAGE = fileURLToPath(new URL('../../models/watchword-tiny', import.meta.url));

/**
 * `npm run bench -- fit [--json]`: fitted thresholds against the defaults, on frames that neither the model nor the fit has seen.
 * The six shipped rules are asked about the 420 held-out pictures as four cameras would show them; thresholds are fitted to the
 * scenes with even seeds and tried on those with odd ones. Balanced accuracy and false alarms stand side by side.
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { json: { type: 'boolean' } } });
  const { rules } = demoStore();
  const model = await loadVisionModelInThread({ packageDir: PACKAGE, clock: systemClock });
  const summary: Record<string, { before: Total; after: Total }> = {};
  try {
    for (const [camera, through] of Object.entries(OTHER_CAMERAS)) {
      const rows = (await labelledFrames(rules, model, through)).map((frames) => {
        const { before, after } = fittedAgainstDefaults(frames);
        const n = frames.heldOut.length;
        process.stdout.write(
          values.json
            ? `${JSON.stringify({ camera, rule: frames.rule.id, n, before, after })}\n`
            : `${camera.padEnd(14)}  ${frames.rule.id.padEnd(15)}  ${n} frames  ${shown(before)}  ->  ${shown(after)}\n`,
        );
        return { before, after };
      });
      const [before, after] = [totalOf(rows.map((row) => row.before)), totalOf(rows.map((row) => row.after))];
      summary[camera] = { before, after };
      if (!values.json)
        process.stdout.write(`${camera.padEnd(14)}  ${'all'.padEnd(15)}  ${total(before)}  ->  ${total(after)}\n`);
    }
  } finally {
    await model.close();
  }
  process.stdout.write(`${JSON.stringify({ summary })}\n`);
}

interface Total {
  readonly balancedAccuracy: number;
  readonly falseAlarms: number;
}

function totalOf(figures: readonly Figures[]): Total {
  return {
    balancedAccuracy: Math.round(mean(figures.map(({ balancedAccuracy }) => balancedAccuracy)) * 10_000) / 10_000,
    falseAlarms: figures.reduce((sum, { falseAlarms }) => sum + falseAlarms, 0),
  };
}

const shown = ({ raise, balancedAccuracy, falseAlarms }: Figures): string =>
  `raise ${raise.toFixed(2)}: balanced accuracy ${balancedAccuracy.toFixed(3)}, ${String(falseAlarms).padStart(2)} false alarms`;
const total = ({ balancedAccuracy, falseAlarms }: Total): string =>
  `mean balanced accuracy ${balancedAccuracy.toFixed(4)}, ${falseAlarms} false alarms`;
