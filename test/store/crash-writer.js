// Run as a process of its own by crash.test.ts, on the compiled program: opens a store and commits events for ever, each
// told on standard output once its commit has returned. Half of them are delivered.
import { systemClock } from '../../dist/platform/clock.js';
import { silentLogger } from '../../dist/platform/logger.js';
import { openStore } from '../../dist/store/store.js';

const dataDir = process.argv[2] ?? '';
const store = openStore({ dataDir, clock: systemClock, logger: silentLogger, version: 'crash', channels: ['mqtt'] });
const say = (word) => process.stdout.write(`${word}\n`);
say('open');

const rule = { id: 'spill', question: 'q', expects: 'yes', zone: null };
const jpeg = Buffer.alloc(3_000, 7);

function commit(type, event, evidence = []) {
  const key = `${event.id}:${type}:${event.revision}`;
  store.events.commit({ change: { type, key, event, changedAt: event.startedAt }, alert: true, evidence });
  say(key);
}

const end = (event) =>
  commit('end', { ...event, endedAt: event.startedAt, endReason: 'clear', revision: event.revision + 1 });

for (const { event } of store.events.open()) end(event);
for (let index = 0; ; index++) {
  const startedAt = systemClock.now();
  const event = {
    ...{ id: `${startedAt.toString(36)}-${process.pid}-${index}`, ruleId: 'spill', cameraId: 'dock', words: 'w' },
    ...{ question: 'q', severity: 'warning', startedAt, endedAt: null, score: 0.9, model: 'm', weightsHash: 'h' },
    ...{ stale: false, revision: 1 },
  };
  commit('new', event, [{ role: 'deciding', jpeg, capturedAt: startedAt, width: 10, height: 10 }]);
  const verdict = { ruleId: 'spill', cameraId: 'dock', frameSeq: index, at: 0, capturedAt: startedAt, value: 'yes' };
  store.verdicts.record(verdict, rule);
  if (index % 3 === 0) store.flush();
  end(event);
  if (index % 2 === 0) {
    const messages = store.outbox.pending('mqtt', 2);
    // Told before it is marked: what is marked was acknowledged by a receiver.
    for (const { change } of messages) say(`delivered ${change.key}`);
    store.outbox.markDelivered(
      'mqtt',
      messages.map(({ id }) => id),
    );
  }
  // Lets standard output through.
  await new Promise((resolve) => setImmediate(resolve));
}
