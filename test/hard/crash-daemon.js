// Run as a process of its own by crash-matrix.test.ts, on the compiled program: the real tracker, commit queue, store and
// delivery under a load of made-up verdicts, until it is killed. Says on standard output what it has committed.
// `settle` instead of a load: ends every open event, delivers everything, and ends by itself. `serve`: no load.
import { createAlerts } from '../../dist/alerts/alerts.js';
import { Delivery } from '../../dist/alerts/delivery.js';
import { MqttChannel } from '../../dist/alerts/mqtt-channel.js';
import { mqttReceiver } from '../../dist/alerts/mqtt-receiver.js';
import { noLinks } from '../../dist/alerts/payload.js';
import { mqttSettingsSchema } from '../../dist/alerts/settings.js';
import { topicsUnder } from '../../dist/alerts/topics.js';
import { CommitQueue } from '../../dist/events/commit-queue.js';
import { Tracker } from '../../dist/events/tracker.js';
import { systemClock as clock } from '../../dist/platform/clock.js';
import { Health } from '../../dist/platform/health.js';
import { silentLogger as logger } from '../../dist/platform/logger.js';
import { openStore } from '../../dist/store/store.js';

const [dataDir = '', url = '', mode = 'load'] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${line}\n`);

const rule = (id, changes = {}) => ({
  ...{
    id,
    words: `Alert me about ${id}`,
    cameras: ['*'],
    enabled: true,
    file: `${id}.yaml`,
    question: `Is there ${id}?`,
  },
  ...{
    expects: 'yes',
    forMs: 0,
    clearAfterMs: 0,
    schedule: null,
    severity: 'warning',
    cooldownMs: 0,
    remindMs: 250,
    everyMs: 5,
  },
  ...{ zone: null, raise: 0.6, clear: 0.4, minMass: 0.5, spans: [], warnings: [], ...changes },
});
// A cooldown and a silence hold alerts back: such events are recorded, and some are told late.
const RULES = [
  rule('spill'),
  rule('smoke', { severity: 'critical' }),
  rule('crowd', { cooldownMs: 60 }),
  rule('pallet'),
];
const CAMERAS = ['dock', 'aisle-1', 'aisle-2', 'yard', 'till'];
const silenced = (ruleId) => ruleId === 'pallet' && Math.floor(clock.now() / 150) % 3 === 0;

const store = openStore({ dataDir, clock, logger, version: 'crash', channels: ['mqtt'] });
const commit = (one) => {
  store.events.commit(one);
  say(`${one.alert ? 'committed' : 'held'} ${one.change.key}`);
};
const queue = new CommitQueue({ commit, clock, logger });
const settings = { scoreRise: 0.05, minUpdateGapMs: 0 };
const tracker = new Tracker({ queue, clock, settings, silenced });
const open = store.events.open();
tracker.restore(open, store.events.lastAlerts());
tracker.reconcile({ rules: RULES.map((each) => ({ rule: each, cameraIds: CAMERAS })), cameraIds: CAMERAS });

const alerting = url.startsWith('embedded:') ? withOwnBroker() : withBroker();
alerting.start();
say('open');

/** Delivery to a broker of somebody else, with short times. */
function withBroker() {
  const topics = topicsUnder('watchword/crash');
  const channel = new MqttChannel({
    ...{ endpoint: () => ({ target: url }), protocol: 'auto', clientId: 'watchword-crash', clock, logger },
    ...{ availableTopic: topics.available, connectTimeoutMs: 400, ackTimeoutMs: 400, retry: { minMs: 20, maxMs: 80 } },
  });
  const receiver = mqttReceiver({ channel, topics, links: noLinks, perCamera: true });
  const delivery = new Delivery({ outbox: store.outbox, receiver, clock, logger });
  return {
    start() {
      channel.start();
      delivery.start();
    },
    async stop() {
      await delivery.stop();
      await channel.stop();
    },
  };
}

/** All of alerting as a fresh box has it, on a port that stays the same. */
function withOwnBroker() {
  const mqtt = mqttSettingsSchema.parse({ port: Number(url.slice('embedded:'.length)) });
  const health = new Health(() => clock.now());
  const status = () => ({ evaluationsPerMinute: 0, p95LatencyMs: null, openEvents: 0, alertsWaiting: 0 });
  const { outbox } = store;
  // Lives are short: listeners come back within 100 ms here.
  const audienceTimes = { settleMs: 50 };
  const { brokerSessions } = store;
  return createAlerts({
    brokerSessions,
    onDrop: (messages) => say(`dropped ${messages}`),
    ...{ siteId: 'crash', mqtt, outbox, commands: {}, status, version: '0', audienceTimes, clock, logger, health },
  });
}

let seq = 0;
function observe(ruleIndex, cameraId, value) {
  const asked = RULES[ruleIndex];
  const times = { capturedAt: clock.now(), at: clock.monotonic() };
  const score = { yes: 0.6 + 0.4 * Math.random(), no: 0.1, unknown: 0.5 }[value];
  // The picture says which frame it is, so that a mix-up would be seen.
  const jpeg = Buffer.alloc(200 + Math.floor(Math.random() * 2_000), `${cameraId} ${times.capturedAt} ${score};`);
  const frame = { cameraId, seq: ++seq, ...times, jpeg, width: 320, height: 180 };
  const verdict = { ruleId: asked.id, cameraId, frameSeq: seq, ...times, value, score, mass: 0.99 };
  if (value === 'unknown') verdict.cause = 'undecided';
  store.verdicts.record(verdict, asked);
  tracker.observe({ verdict, rule: asked, frame, model: 'tiny q8', weightsHash: 'abc' });
}

if (mode === 'settle') {
  for (const { event } of open)
    observe(
      RULES.findIndex(({ id }) => id === event.ruleId),
      event.cameraId,
      'no',
    );
  while (store.outbox.depth().messages > 0 || queue.waiting > 0) {
    tracker.tick();
    await clock.sleep(5);
  }
  await alerting.stop();
  store.close();
  say('settled');
} else if (mode === 'load') {
  // What is really so in front of each camera, for each rule.
  const truth = RULES.map(() => CAMERAS.map(() => false));
  for (let turn = 1; ; turn++) {
    const ruleIndex = Math.floor(Math.random() * RULES.length);
    const cameraIndex = Math.floor(Math.random() * CAMERAS.length);
    const row = truth[ruleIndex];
    if (Math.random() < 0.25) row[cameraIndex] = !row[cameraIndex];
    const value = Math.random() < 0.1 ? 'unknown' : row[cameraIndex] ? 'yes' : 'no';
    observe(ruleIndex, CAMERAS[cameraIndex], value);
    if (Math.random() < 0.02) tracker.cameraLost(CAMERAS[cameraIndex]);
    if (turn % 10 === 0) tracker.tick();
    if (turn % 60 === 0) store.flush();
    if (turn % 8 === 0) await clock.sleep(3);
  }
}
