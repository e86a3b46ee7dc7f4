import type { RuleState } from '../events/step.ts';
import { type Clock, every } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { RepeatLimiter } from '../platform/repeats.ts';
import type { Verdict } from '../rules/verdict.ts';
import type { AlertCatalog, CatalogRule } from './catalog.ts';
import { isoTime } from './payload.ts';
import type { RetainedTopics } from './retained.ts';
import { blindAfterMs, keepAliveMs } from './timing.ts';
import type { Topics } from './topics.ts';

/** What the pipeline knows after each verdict. */
export interface RuleStateUpdate {
  readonly verdict: Verdict;
  /** The rule's state on that camera after the verdict. */
  readonly phase: RuleState['phase'];
  /** Wall-clock ms since when it fires or is inactive; null when that is not known. */
  readonly since: number | null;
  /** Share of its scheduled time in which the rule was really evaluated, 0..1; null when there is none yet. */
  readonly coverage: number | null;
}

/** What the pipeline calls. Never throws, never waits: what the broker does with it is not the pipeline's business. */
export interface RuleStatePublisher {
  update(update: RuleStateUpdate): void;
  /** The deciding frame of an event that opened. A picture is published once per event. */
  snapshot(snapshot: { cameraId: string; ruleId: string; eventId: string; jpeg: Uint8Array }): void;
  /** The rule's hours began or ended for this camera. Outside them it has no open event, and is OFF on purpose. */
  scheduled(cameraId: string, ruleId: string, on: boolean): void;
  camera(cameraId: string, available: boolean): void;
}

interface Entry {
  rule: CatalogRule;
  readonly cameraId: string;
  phase: RuleState['phase'];
  scheduled: boolean;
  /** Monotonic ms of the last verdict that knew something; the entry's birth before the first. */
  knownAt: number;
  everKnown: boolean;
  latest: RuleStateUpdate | undefined;
  stateAt: number;
  attributesAt: number;
  snapshotOf: string | undefined;
}

const TICK_MS = 1_000;
const ATTRIBUTES_AT_MOST_EVERY_MS = 10_000;
const MAX_SNAPSHOT_BYTES = 1024 * 1024;
/** Pictures kept to be published again after a reconnect; the oldest give way. */
const MAX_SNAPSHOTS_BYTES = 32 * 1024 * 1024;

/**
 * Retained state, attributes and picture of each rule on each camera, and each camera's availability. A rule is ON only
 * while it fires. Without a verdict that knows something for three intervals it is `unknown`: never OFF by silence.
 */
export class RuleStates implements RuleStatePublisher {
  readonly #retained: RetainedTopics;
  readonly #topics: Topics;
  readonly #clock: Clock;
  readonly #repeats: RepeatLimiter;
  readonly #entries = new Map<string, Entry>();
  /** Topic and size, oldest first. */
  readonly #snapshots = new Map<string, number>();
  #cameras = new Set<string>();
  #snapshotBytes = 0;

  constructor(options: { retained: RetainedTopics; topics: Topics; clock: Clock; logger: Logger }) {
    this.#retained = options.retained;
    this.#topics = options.topics;
    this.#clock = options.clock;
    this.#repeats = new RepeatLimiter({ clock: options.clock, logger: options.logger });
  }

  /** Looks every second for states that grew old, until the signal is aborted. */
  run(signal: AbortSignal): Promise<void> {
    return every(this.#clock, TICK_MS, signal, () => this.#tick());
  }

  setCatalog(catalog: AlertCatalog): void {
    const wanted = new Set<string>();
    for (const rule of catalog.rules) {
      for (const cameraId of rule.cameras) {
        const key = keyOf(cameraId, rule.id);
        wanted.add(key);
        const entry = this.#entries.get(key);
        if (entry) entry.rule = rule;
        else this.#entries.set(key, this.#born(cameraId, rule));
      }
    }
    for (const [key, { cameraId, rule }] of this.#entries) {
      if (!wanted.has(key)) this.#forget(key, cameraId, rule.id);
    }
    const cameras = new Set(catalog.cameras.map(({ id }) => id));
    for (const id of this.#cameras) if (!cameras.has(id)) this.#retained.clear(this.#topics.cameraAvailable(id));
    this.#cameras = cameras;
  }

  update(update: RuleStateUpdate): void {
    const { cameraId, ruleId } = update.verdict;
    // A verdict can come in just after its rule was removed or its hours ended.
    const entry = this.#entries.get(keyOf(cameraId, ruleId));
    if (!entry?.scheduled) return;
    entry.latest = update;
    entry.phase = update.phase;
    // Between the thresholds the model did answer, and hysteresis keeps the state on purpose.
    if (update.verdict.value !== 'unknown' || update.verdict.cause === 'undecided') {
      entry.knownAt = this.#clock.monotonic();
      entry.everKnown = true;
    }
    this.#publish(entry);
  }

  scheduled(cameraId: string, ruleId: string, on: boolean): void {
    const entry = this.#entries.get(keyOf(cameraId, ruleId));
    if (!entry || entry.scheduled === on) return;
    entry.scheduled = on;
    entry.phase = 'inactive';
    entry.knownAt = this.#clock.monotonic();
    this.#publish(entry);
  }

  camera(cameraId: string, available: boolean): void {
    if (!this.#cameras.has(cameraId)) return;
    this.#retained.set(this.#topics.cameraAvailable(cameraId), available ? 'online' : 'offline');
  }

  snapshot({ cameraId, ruleId, eventId, jpeg }: Parameters<RuleStatePublisher['snapshot']>[0]): void {
    const entry = this.#entries.get(keyOf(cameraId, ruleId));
    if (!entry || entry.snapshotOf === eventId) return;
    entry.snapshotOf = eventId;
    if (jpeg.byteLength > MAX_SNAPSHOT_BYTES) {
      this.#repeats.log('warn', `picture ${cameraId}`, 'a picture is too large to be published', {
        camera: cameraId,
        bytes: jpeg.byteLength,
      });
      return;
    }
    const topic = this.#topics.ruleSnapshot(cameraId, ruleId);
    this.#dropSnapshot(topic);
    this.#snapshots.set(topic, jpeg.byteLength);
    this.#snapshotBytes += jpeg.byteLength;
    this.#retained.set(topic, jpeg);
    for (const oldest of this.#snapshots.keys()) {
      if (this.#snapshotBytes <= MAX_SNAPSHOTS_BYTES) break;
      this.#dropSnapshot(oldest);
      this.#retained.release(oldest);
    }
  }

  #born(cameraId: string, rule: CatalogRule): Entry {
    const now = this.#clock.monotonic();
    return {
      rule,
      cameraId,
      phase: 'inactive',
      scheduled: true,
      knownAt: now,
      everKnown: false,
      latest: undefined,
      stateAt: now,
      attributesAt: Number.NEGATIVE_INFINITY,
      snapshotOf: undefined,
    };
  }

  #tick(): void {
    for (const entry of this.#entries.values()) this.#publish(entry);
  }

  #publish(entry: Entry): void {
    const now = this.#clock.monotonic();
    const state = this.#stateOf(entry, now);
    // Before the first verdict the broker's retained state of the last run stands: no flicker at a restart.
    if (state === undefined) return;
    const topic = this.#topics.ruleState(entry.cameraId, entry.rule.id);
    const changed = this.#retained.get(topic) !== state;
    const again = now - entry.stateAt >= keepAliveMs(entry.rule.everyMs);
    if (changed || again) {
      entry.stateAt = now;
      this.#retained.set(topic, state, { again });
    }
    if (changed || now - entry.attributesAt >= ATTRIBUTES_AT_MOST_EVERY_MS) {
      entry.attributesAt = now;
      this.#retained.set(this.#topics.ruleAttributes(entry.cameraId, entry.rule.id), attributesOf(entry));
    }
  }

  #stateOf(entry: Entry, now: number): 'ON' | 'OFF' | 'unknown' | undefined {
    if (!entry.rule.enabled) return 'unknown';
    if (!entry.scheduled) return 'OFF';
    if (now - entry.knownAt > blindAfterMs(entry.rule.everyMs)) return 'unknown';
    if (!entry.everKnown) return undefined;
    return entry.phase === 'firing' ? 'ON' : 'OFF';
  }

  #forget(key: string, cameraId: string, ruleId: string): void {
    this.#entries.delete(key);
    const snapshot = this.#topics.ruleSnapshot(cameraId, ruleId);
    this.#dropSnapshot(snapshot);
    this.#retained.clear(this.#topics.ruleState(cameraId, ruleId));
    this.#retained.clear(this.#topics.ruleAttributes(cameraId, ruleId));
    this.#retained.clear(snapshot);
  }

  #dropSnapshot(topic: string): void {
    this.#snapshotBytes -= this.#snapshots.get(topic) ?? 0;
    this.#snapshots.delete(topic);
  }
}

function attributesOf({ rule, latest, scheduled }: Entry): string {
  const { verdict, since, coverage } = latest ?? {};
  return JSON.stringify({
    rule: rule.id,
    words: rule.words,
    question: rule.question,
    score: verdict?.score ?? null,
    verdict: verdict?.value ?? null,
    cause: verdict?.cause ?? null,
    since: since === null || since === undefined ? null : isoTime(since),
    lastEvaluated: verdict ? isoTime(verdict.capturedAt) : null,
    coverage: coverage ?? null,
    scheduled,
  });
}

/** Ids hold no slash. */
function keyOf(cameraId: string, ruleId: string): string {
  return `${cameraId}/${ruleId}`;
}
