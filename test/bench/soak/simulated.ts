import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import sharp from 'sharp';
import type { Frame } from '../../../src/cameras/frame.ts';
import { CommitQueue } from '../../../src/events/commit-queue.ts';
import { Tracker } from '../../../src/events/tracker.ts';
import { FrameHistory } from '../../../src/history/frame-history.ts';
import { PictureIndex } from '../../../src/history/picture-index.ts';
import { every, systemClock } from '../../../src/platform/clock.ts';
import { Health } from '../../../src/platform/health.ts';
import { silentLogger } from '../../../src/platform/logger.ts';
import type { CompiledRule } from '../../../src/rules/rule.ts';
import { judge } from '../../../src/rules/verdict.ts';
import { Retention } from '../../../src/store/retention.ts';
import { openStore } from '../../../src/store/store.ts';
import { Watch } from '../../../src/watch.ts';
import { ruleOf } from '../../events/observing.ts';
import { alertsWith } from '../../support/alerts-setup.ts';
import { startMosquitto } from '../../support/broker.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { ManualClock, settle } from '../../support/manual-clock.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import { collectGarbage, rssMb } from '../model/measure.ts';
import { trendOf } from '../process-use.ts';

const CAMERAS = Array.from({ length: 12 }, (_, i) => ({
  id: `camera-${i + 1}`,
  name: `Camera ${i + 1}`,
  area: 'Store',
}));
const HOUR_MS = 3_600_000;
const FRAME_MS = 2_000;
/** Each rule sees on each camera, once in ten minutes, for one minute, what it asks about. */
const PERIOD_MS = 600_000;
const LASTS_MS = 60_000;
/** The broker is away for the last half hour of every third hour. */
const AWAY_EVERY_MS = 3 * HOUR_MS;
const AWAY_MS = HOUR_MS / 2;
const SAMPLE_MS = 600_000;
/** Small enough that a day has to throw much away. */
const KEPT = { evidenceMaxAgeMs: 6 * HOUR_MS, evidenceMaxBytes: 32 * 2 ** 20, verdictMaxBytes: 8 * 2 ** 20 };
const HISTORY = { maxAgeMs: 12 * HOUR_MS, maxBytes: 48 * 2 ** 20, everyMs: FRAME_MS };
const SETTLING_SHARE = 0.25;

interface Sample {
  readonly hours: number;
  readonly rssMb: number;
  readonly heapMb: number;
  readonly externalMb: number;
  readonly descriptors: number;
}

/** Hours under an injected clock, as fast as they go. Returns trends per simulated day and what was delivered. */
export async function soakSimulated(hours: number, say: (line: string) => void) {
  const box = await startBox();
  const samples: Sample[] = [];
  const began = systemClock.monotonic();
  say(`simulated: ${CAMERAS.length} cameras for ${hours} h`);
  say(' hour    RSS   heap  external  descriptors  events  delivered  waiting');
  try {
    for (let ms = 0; ms < hours * HOUR_MS; ms += FRAME_MS) {
      await box.step(ms);
      if (ms % SAMPLE_MS !== 0) continue;
      collectGarbage();
      samples.push({ hours: ms / HOUR_MS, ...ownUse() });
      if (ms % HOUR_MS === 0) say(`${line(samples.at(-1))} ${box.state()}`);
    }
    const outcome = await box.finish();
    const minutes = (systemClock.monotonic() - began) / 60_000;
    return { hours, minutesTaken: Math.round(minutes * 10) / 10, ...trends(samples), ...outcome };
  } finally {
    await box.stop();
  }
}

async function startBox() {
  const folder = temporaryFolder('watchword-soak-');
  const clock = new ManualClock();
  const health = new Health(() => clock.now());
  const base = { clock, logger: silentLogger };
  const broker = await startMosquitto();
  const proxy = new TcpProxy(() => ({ host: '127.0.0.1', port: broker.port }));
  await proxy.start();
  const listener = await listen(`mqtt://127.0.0.1:${broker.port}`);
  const store = openStore({ dataDir: join(folder.path, 'data'), version: 'soak', ...base });
  const { alerts } = alertsWith({ url: `mqtt://127.0.0.1:${proxy.port}` }, { outbox: store.outbox, health, ...base });
  const queue = new CommitQueue({ ...base, commit: (commit) => store.events.commit(commit) });
  const tracker = new Tracker({ queue, clock, silenced: (ruleId) => store.silences.until(ruleId) !== null });
  const rules = ['empty-shelf', 'spill'].map((id) => ruleOf({ id, cameras: ['camera-*'], everyMs: FRAME_MS }));
  const watch = new Watch({
    ...{ clock, health, timeZone: 'UTC', calendars: {}, cameras: CAMERAS, tracker, store, alerts },
    rules: () => rules,
    model: () => ({ name: 'scripted', dtype: 'none', device: 'cpu', weightsHash: 'abc' }),
    tell: () => undefined,
  });
  const index = PictureIndex.open(join(folder.path, 'data'));
  let seq = 0;
  const notice = async (frame: Frame) => ({ changed: frame.seq % 15 === 0, trouble: null });
  const history = new FrameHistory({ ...base, index, settings: HISTORY, notice });
  const retention = new Retention({ ...base, store, dataDir: folder.path, health, settings: KEPT });
  const jpeg = await sharp({
    create: {
      width: 640,
      height: 360,
      channels: 3,
      background: '#777',
      noise: { type: 'gaussian', mean: 128, sigma: 6 },
    },
  })
    .jpeg()
    .toBuffer();
  const stopped = new AbortController();
  const { signal } = stopped;
  watch.refresh();
  await alerts.start();
  const running = Promise.all([
    history.run(signal),
    retention.run(signal),
    every(clock, 1_000, signal, () => watch.tick()),
    every(clock, 5_000, signal, () => {
      watch.flush();
      store.flush();
    }),
    every(clock, 60_000, signal, () => store.runs.seen()),
  ]);
  const isUp = (): boolean => health.get('broker')?.status === 'ok';
  /** The network is real: while it works, simulated time goes on at its pace. */
  const pass = async (done: () => boolean): Promise<void> => {
    const limit = systemClock.monotonic() + 60_000;
    while (!done()) {
      if (systemClock.monotonic() > limit) throw new Error('nothing was delivered for a minute');
      await clock.advance(5);
    }
  };
  await pass(isUp);

  return {
    /** One frame of each camera, and what comes of it. */
    async step(ms: number): Promise<void> {
      const away = ms % AWAY_EVERY_MS >= AWAY_EVERY_MS - AWAY_MS;
      if (away && proxy.fault === 'none') proxy.cut();
      proxy.fault = away ? 'refuse' : 'none';
      for (const [i, { id }] of CAMERAS.entries()) {
        const frame: Frame = {
          ...{ cameraId: id, seq: ++seq, capturedAt: clock.now(), at: clock.monotonic(), width: 640, height: 360 },
          jpeg: new Uint8Array(jpeg),
        };
        history.offer(frame);
        const verdicts = rules.map((rule, n) => verdictOf(rule, frame, ms + i * 37_000 + n * 290_000));
        const at = clock.monotonic();
        watch.settle({ frame, verdicts, modelMs: 1, offeredAt: at, startedAt: at, finishedAt: at });
      }
      await clock.advance(FRAME_MS);
      if (!away) await pass(() => isUp() && store.outbox.depth().messages === 0);
    },
    state: () =>
      [listener.opened(), listener.messages(), store.outbox.depth().messages]
        .map((value, i) => String(value).padStart([7, 10, 8][i] ?? 8))
        .join(' '),
    async finish() {
      proxy.fault = 'none';
      await pass(() => isUp() && store.outbox.depth().messages === 0);
      await settle();
      const kept = store.evidence.totalBytes();
      return {
        events: countOf(store),
        opened: listener.opened(),
        ended: listener.ended(),
        outOfOrder: listener.outOfOrder(),
        evidenceMb: Math.round(kept / 2 ** 20),
        historyMb: Math.round(index.totalBytes() / 2 ** 20),
        sleepsPending: clock.sleeping,
      };
    },
    async stop(): Promise<void> {
      stopped.abort();
      await clock.advance(10_000);
      await running;
      const stopping = alerts.stop();
      await pass(() => health.get('broker')?.status !== 'ok').catch(() => undefined);
      await stopping;
      index.close();
      store.close();
      await listener.stop();
      await proxy.stop();
      await broker.stop();
      folder.remove();
    },
  };
}

function verdictOf(rule: CompiledRule, frame: Frame, ms: number) {
  const isThere = ms % PERIOD_MS < LASTS_MS;
  return { rule, verdict: judge(rule, frame, { score: isThere ? 0.9 : 0.05, mass: 1 }), gated: false };
}

function countOf(store: ReturnType<typeof openStore>): number {
  let count = 0;
  let cursor: string | undefined;
  do {
    const page = store.log.list({}, { limit: 100, ...(cursor !== undefined && { cursor }) });
    count += page.events.length;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return count;
}

/** Counts, and checks the order per event; remembers open events only. */
async function listen(url: string) {
  const client = await connectAsync(url);
  const open = new Map<string, number>();
  const count = { messages: 0, opened: 0, ended: 0, outOfOrder: 0 };
  client.on('message', (_topic, payload) => {
    const { key } = JSON.parse(payload.toString()) as { key: string };
    const [id = '', type = '', revision = ''] = key.split(':');
    const before = open.get(id) ?? 0;
    count.messages++;
    // A repeat is allowed, a gap is not; what comes again of an ended event begins at 0 and is a repeat too.
    if (Number(revision) > before + 1) count.outOfOrder++;
    if (type === 'new' && before === 0) count.opened++;
    if (type === 'end') {
      count.ended++;
      open.delete(id);
    } else open.set(id, Math.max(before, Number(revision)));
  });
  await client.subscribeAsync('watchword/shop/events', { qos: 1 });
  return {
    messages: () => count.messages,
    opened: () => count.opened,
    ended: () => count.ended,
    outOfOrder: () => count.outOfOrder,
    stop: () => client.endAsync(true),
  };
}

function ownUse() {
  const { heapUsed, external } = process.memoryUsage();
  const descriptors = readdirSync('/proc/self/fd').length;
  return { rssMb: rssMb(), heapMb: heapUsed / 2 ** 20, externalMb: external / 2 ** 20, descriptors };
}

function line(sample: Sample | undefined): string {
  if (!sample) return '';
  const pad = (value: number, width: number, digits = 1): string => value.toFixed(digits).padStart(width);
  const { hours, rssMb: rss, heapMb, externalMb, descriptors } = sample;
  return [pad(hours, 5), pad(rss, 6), pad(heapMb, 6), pad(externalMb, 9), pad(descriptors, 12, 0)].join(' ');
}

function trends(samples: readonly Sample[]) {
  const settled = samples.slice(Math.floor(samples.length * SETTLING_SHARE));
  const trend = (value: (sample: Sample) => number) => {
    const { slope, margin } = trendOf(settled.map((sample) => [sample.hours / 24, value(sample)] as const));
    return { mbPerDay: Math.round(slope * 10) / 10, margin: Math.round(margin * 10) / 10 };
  };
  return {
    rss: trend(({ rssMb: rss }) => rss),
    heap: trend(({ heapMb }) => heapMb),
    external: trend(({ externalMb }) => externalMb),
    descriptors: {
      least: Math.min(...settled.map(({ descriptors }) => descriptors)),
      most: Math.max(...settled.map(({ descriptors }) => descriptors)),
    },
  };
}
