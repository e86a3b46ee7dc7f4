import type { Frame } from '../../src/cameras/frame.ts';
import { CommitQueue } from '../../src/events/commit-queue.ts';
import type { EventCommit } from '../../src/events/event.ts';
import type { Observation } from '../../src/events/observation.ts';
import { Tracker, type TrackerSettings } from '../../src/events/tracker.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import type { CompiledRule } from '../../src/rules/rule.ts';
import type { UnknownCause, Verdict } from '../../src/rules/verdict.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { series } from '../support/series.ts';

export function ruleOf(changes: Partial<CompiledRule> = {}): CompiledRule {
  return {
    id: 'empty-shelf',
    words: 'Alert me when a shelf is empty for 3 seconds',
    cameras: ['aisle-*'],
    enabled: true,
    file: 'rules/empty-shelf.yaml',
    question: 'Is a shelf empty?',
    expects: 'yes',
    forMs: 3_000,
    clearAfterMs: 2_000,
    schedule: null,
    severity: 'warning',
    cooldownMs: 0,
    remindMs: 0,
    everyMs: 1_000,
    zone: null,
    raise: 0.6,
    clear: 0.4,
    minMass: 0.5,
    spans: [],
    warnings: [],
    ...changes,
  };
}

const SCORES = { yes: 0.8, no: 0.1 };

/** A tracker on a manual clock over a store that can be told to fail; plays series of verdicts, one a second. */
export class TrackerBench {
  readonly clock: ManualClock;
  readonly commits: EventCommit[] = [];
  readonly queue: CommitQueue;
  readonly tracker: Tracker;
  readonly silenced = new Set<string>();
  /** Ids of events. */
  readonly acknowledged = new Set<string>();
  rule = ruleOf();
  diskFull = false;
  #seq = 0;

  constructor(settings: Partial<TrackerSettings> = {}, clock = new ManualClock()) {
    this.clock = clock;
    this.queue = new CommitQueue({
      clock: this.clock,
      logger: silentLogger,
      commit: (commit) => {
        if (this.diskFull) throw new Error('database or disk is full');
        this.commits.push(commit);
      },
    });
    let ids = 0;
    this.tracker = new Tracker({
      queue: this.queue,
      clock: this.clock,
      settings: { minUpdateGapMs: 0, ...settings },
      silenced: (ruleId) => this.silenced.has(ruleId),
      acknowledged: (eventId) => this.acknowledged.has(eventId),
      random: () => `id${++ids}`,
    });
  }

  /** Plays `text` (see series.ts) in real steps of the clock, with a tick after each second. */
  async play(text: string, how: { score?: number; cameraId?: string; cause?: UnknownCause } = {}): Promise<void> {
    const start = this.clock.monotonic();
    for (const sample of series(`${text} _`, { startAt: start })) {
      await this.clock.advance(sample.at - this.clock.monotonic());
      this.tracker.observe(this.observation(sample.value, how));
      this.tracker.tick();
    }
    await this.clock.advance(1_000);
  }

  observation(
    value: Verdict['value'],
    how: { score?: number; cameraId?: string; cause?: UnknownCause } = {},
  ): Observation {
    const { cameraId = 'aisle-1', cause = 'dark' } = how;
    const seq = ++this.#seq;
    const times = { capturedAt: this.clock.now(), at: this.clock.monotonic() };
    const frame: Frame = { cameraId, seq, ...times, jpeg: Buffer.from(`frame ${seq}`), width: 320, height: 180 };
    const said = value === 'unknown' ? { cause } : { score: how.score ?? SCORES[value], mass: 0.99 };
    const verdict: Verdict = { ruleId: this.rule.id, cameraId, frameSeq: seq, ...times, value, ...said };
    return { verdict, rule: this.rule, frame, model: 'tiny q8', weightsHash: 'abc' };
  }

  /** `new update:score end:clear`; what nobody is told stands in brackets. */
  get told(): string {
    return this.commits
      .map(({ change, alert }) => {
        const detail = change.reason ?? change.event.endReason;
        const word = detail ? `${change.type}:${detail}` : change.type;
        return alert ? word : `(${word})`;
      })
      .join(' ');
  }

  get last(): EventCommit {
    const commit = this.commits.at(-1);
    if (!commit) throw new Error('nothing was committed');
    return commit;
  }
}
