import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { AlertChannel } from './alerts/outbox.ts';
import type { Camera } from './cameras/camera.ts';
import type { Judgement, PipelineCounts } from './pipeline.ts';
import type { Health } from './platform/health.ts';
import type { UsageCounts } from './vision/endpoint/usage.ts';

export interface MetricsSources {
  readonly cameras: readonly Camera[];
  readonly counts: () => PipelineCounts;
  readonly health: Health;
  /** `oldestAt`: wall-clock ms; null when nothing waits. */
  readonly outboxDepth: () => {
    readonly messages: number;
    readonly bytes: number;
    readonly oldestAt: number | null;
    readonly dropped: number;
  };
  /** Wall-clock ms. */
  readonly now: () => number;
  readonly openEvents: () => number;
  /** What model servers were asked. */
  readonly served: () => readonly UsageCounts[];
  readonly delivered: () => Partial<Record<AlertChannel, { readonly delivered: number }>>;
  readonly droppedForSessions: () => number;
}

export interface Metrics {
  readonly registry: Registry;
  judged(judgement: Judgement): void;
}

/** Prometheus metrics. What parts count themselves is read when somebody asks. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'watchword_' });
  const registers = [registry];
  const buckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

  const verdicts = new Counter({
    name: 'watchword_verdicts_total',
    help: 'Verdicts by value and, when unknown, cause',
    labelNames: ['value', 'cause'],
    registers,
  });
  const model = new Histogram({
    name: 'watchword_model_seconds',
    help: 'Time one look and its questions took the model',
    buckets,
    registers,
  });
  const latency = new Histogram({
    name: 'watchword_verdict_latency_seconds',
    help: 'From the capture of a frame to its verdicts',
    buckets,
    registers,
  });

  const sampled = (name: string, help: string, labelNames: string[], read: (gauge: Gauge) => void): void => {
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        read(this);
      },
    });
  };
  sampled('watchword_camera_frames', 'Frames sampled since the start', ['camera'], (gauge) => {
    for (const camera of sources.cameras) gauge.set({ camera: camera.id }, camera.status().frames);
  });
  sampled('watchword_camera_reconnects', 'Connections lost or failed since the start', ['camera'], (gauge) => {
    for (const camera of sources.cameras) gauge.set({ camera: camera.id }, camera.status().reconnects);
  });
  sampled('watchword_frames', 'What became of the frames offered to the model', ['outcome'], (gauge) => {
    const { dropped, stale, skipped, judged } = sources.counts();
    for (const [outcome, count] of Object.entries({ dropped, stale, skipped, judged })) gauge.set({ outcome }, count);
  });
  sampled('watchword_health', 'Health of a part: 0 ok, 1 degraded, 2 down', ['part'], (gauge) => {
    for (const { part, status } of sources.health.parts()) gauge.set({ part }, { ok: 0, degraded: 1, down: 2 }[status]);
  });
  sampled('watchword_outbox_messages', 'Messages waiting to be delivered', [], (gauge) =>
    gauge.set(sources.outboxDepth().messages),
  );
  sampled('watchword_outbox_bytes', 'Bytes waiting to be delivered', [], (gauge) =>
    gauge.set(sources.outboxDepth().bytes),
  );
  sampled('watchword_outbox_age_seconds', 'How long the oldest message waits to be delivered', [], (gauge) => {
    const { oldestAt } = sources.outboxDepth();
    gauge.set(oldestAt === null ? 0 : Math.max(0, sources.now() - oldestAt) / 1_000);
  });
  sampled('watchword_outbox_dropped', 'Updates dropped since the start because too much waited', [], (gauge) =>
    gauge.set(sources.outboxDepth().dropped),
  );
  sampled('watchword_open_events', 'Events open now', [], (gauge) => gauge.set(sources.openEvents()));
  sampled('watchword_delivered', 'Messages acknowledged by the receiver since the start', ['channel'], (gauge) => {
    for (const [channel, stats] of Object.entries(sources.delivered())) gauge.set({ channel }, stats.delivered);
  });

  sampled(
    'watchword_session_dropped',
    'Messages dropped since the start for subscribers that were away: too much waited for them',
    [],
    (gauge) => gauge.set(sources.droppedForSessions()),
  );

  const perServer = (name: string, help: string, read: (counts: UsageCounts) => number | undefined): void =>
    sampled(`watchword_model_server_${name}`, help, ['server'], (gauge) => {
      for (const counts of sources.served()) gauge.set({ server: counts.server }, read(counts) ?? Number.NaN);
    });
  sampled(
    'watchword_model_server_requests',
    'Requests to a model server by how they ended',
    ['server', 'outcome'],
    (gauge) => {
      for (const { server, requests } of sources.served())
        for (const [outcome, count] of Object.entries(requests)) gauge.set({ server, outcome }, count);
    },
  );
  sampled(
    'watchword_model_server_tokens',
    'Tokens as the server counts them; cached ones are part of the prompt',
    ['server', 'kind'],
    (gauge) => {
      for (const {
        server,
        promptTokens: prompt,
        cachedTokens: cached,
        completionTokens: completion,
      } of sources.served())
        for (const [kind, count] of Object.entries({ prompt, cached, completion })) gauge.set({ server, kind }, count);
    },
  );
  perServer('retries', 'Requests to a model server that were asked again', ({ retries }) => retries);
  perServer('uncounted', 'Answers that came without a count of tokens', ({ uncounted }) => uncounted);
  perServer('seconds', 'Time that requests to a model server took', ({ ms }) => ms / 1_000);
  perServer('cost', 'What the tokens cost by model.price, in its currency; NaN without one', ({ cost }) => cost);

  return {
    registry,
    judged({ frame, verdicts: all, modelMs, finishedAt }) {
      for (const { verdict } of all) verdicts.inc({ value: verdict.value, cause: verdict.cause ?? '' });
      if (modelMs > 0) model.observe(modelMs / 1_000);
      latency.observe(Math.max(0, finishedAt - frame.at) / 1_000);
    },
  };
}
