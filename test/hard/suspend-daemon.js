// Run as a process of its own by suspend.test.ts, on the compiled program: a tracker on the real clock judges every 50 ms
// what standard input said last (yes or no), and says each observation and each change with its monotonic time.
import { createInterface } from 'node:readline';
import { CommitQueue } from '../../dist/events/commit-queue.js';
import { Tracker } from '../../dist/events/tracker.js';
import { systemClock as clock } from '../../dist/platform/clock.js';
import { silentLogger as logger } from '../../dist/platform/logger.js';

const say = (word, at) => process.stdout.write(`${word} ${at}\n`);
const rule = {
  ...{ id: 'spill', words: 'Alert me about a spill', cameras: ['*'], enabled: true, file: 'spill.yaml', question: 'q' },
  ...{
    expects: 'yes',
    forMs: 1_500,
    clearAfterMs: 1_500,
    schedule: null,
    severity: 'warning',
    cooldownMs: 0,
    remindMs: 0,
  },
  ...{ everyMs: 50, zone: null, raise: 0.6, clear: 0.4, minMass: 0.5, spans: [], warnings: [] },
};
const commit = ({ change }) => say(change.type, clock.monotonic());
const tracker = new Tracker({ queue: new CommitQueue({ commit, clock, logger }), clock });

let value = 'no';
createInterface({ input: process.stdin }).on('line', (line) => {
  value = line;
});
for (let frameSeq = 1; ; frameSeq++) {
  const at = clock.monotonic();
  const verdict = {
    ruleId: 'spill',
    cameraId: 'dock',
    frameSeq,
    capturedAt: clock.now(),
    at,
    value,
    score: 0.9,
    mass: 1,
  };
  tracker.observe({ verdict, rule, model: 'm', weightsHash: 'h' });
  tracker.tick();
  say(value, at);
  await clock.sleep(50);
}
