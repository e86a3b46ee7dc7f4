import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/platform/clock.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { loadVisionModel } from '../../src/vision/load.ts';
import { CAMERAS, type CameraDay, watchDay } from '../support/demo-world/camera-day.ts';
import { demoStore } from '../support/demo-world/watching.ts';

const PACKAGE = fileURLToPath(new URL('../../models/watchword-tiny', import.meta.url));

/**
 * `npm run bench -- day [--hours N] [--seed N] [--camera C] [--start-hour H]
 * [--incident-share S] [--json]`: a simulated day of the demo store's six
 * cameras, one frame every two seconds, in places and with incidents of seeds that the model was not trained on. Frames go
 * through the live pipeline's own parts with the bundled model, the change gate on; once as they are, and once with every
 * tenth frame's verdict turned unknown. What happens is drawn from the seed: test/support/demo-world says how.
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      hours: { type: 'string', default: '24' },
      seed: { type: 'string', default: '9300000' },
      'start-hour': { type: 'string', default: '0' },
      'incident-share': { type: 'string', default: '0.1' },
      camera: { type: 'string', multiple: true },
      json: { type: 'boolean' },
    },
  });
  const { settings, rules } = demoStore();
  const model = await loadVisionModel({ packageDir: PACKAGE, clock: systemClock, logger: silentLogger });
  const days: CameraDay[] = [];
  try {
    for (const [index, camera] of CAMERAS.entries()) {
      if (values.camera && !values.camera.includes(camera.id)) continue;
      const began = systemClock.monotonic();
      const options = {
        ...{ camera, settings, rules, model },
        seed: Number(values.seed) + index,
        hours: Number(values.hours),
        startHour: Number(values['start-hour']),
        incidentShare: Number(values['incident-share']),
        progress: (hour: number) => process.stderr.write(`\r${camera.id}  hour ${hour} of ${values.hours} `),
      };
      const found = await watchDay(options);
      process.stderr.write(`\r${camera.id}: ${Math.round((systemClock.monotonic() - began) / 1_000)} s\n`);
      days.push(...found);
      for (const day of found) print(day, values.json ?? false);
    }
  } finally {
    await model.close();
  }
  const summary = { rules: days.length, ...summaryOf(days) };
  process.stdout.write(`${JSON.stringify({ summary })}\n`);
}

function print({ camera, rule, unknown, tally, gatedShare, coverage }: CameraDay, json: boolean): void {
  const { due, events, missed, wrong, errors } = tally;
  const worst = Math.max(0, ...errors);
  if (json) {
    const counts = { due, events, missed: missed.length, false: wrong.length };
    process.stdout.write(
      `${JSON.stringify({ camera, rule, unknown, ...counts, worstErrorS: worst, gatedShare, coverage })}\n`,
    );
    return;
  }
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const cells = [
    camera.padEnd(12),
    rule.padEnd(15),
    unknown ? '10 % unknown' : 'as it is    ',
    `${due} due, ${events} events, ${missed.length} missed, ${wrong.length} false`.padEnd(40),
    `begins at most ${worst.toFixed(1)} s off`.padEnd(28),
    `gate spared ${percent(gatedShare)}`,
  ];
  process.stdout.write(`${cells.join('  ')}\n`);
  for (const { what, from, to } of missed)
    process.stdout.write(`    missed: ${what}, ${timeOf(from)} to ${timeOf(to)}\n`);
  for (const { from, to } of wrong) {
    process.stdout.write(`    false: ${timeOf(from)} to ${to === null ? 'the end' : timeOf(to)}\n`);
  }
}

function summaryOf(days: readonly CameraDay[]) {
  const sum = (count: (day: CameraDay) => number): number => days.reduce((total, day) => total + count(day), 0);
  const worst = (count: (day: CameraDay) => number): number => Math.max(0, ...days.map(count));
  return {
    due: sum(({ tally }) => tally.due),
    events: sum(({ tally }) => tally.events),
    missed: sum(({ tally }) => tally.missed.length),
    false: sum(({ tally }) => tally.wrong.length),
    mostMissed: worst(({ tally }) => tally.missed.length),
    mostFalse: worst(({ tally }) => tally.wrong.length),
    worstErrorS: worst(({ tally }) => Math.max(0, ...tally.errors)),
  };
}

function timeOf(second: number): string {
  return new Date(Math.round(second) * 1_000).toISOString().slice(11, 19);
}
