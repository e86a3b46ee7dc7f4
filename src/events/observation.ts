import type { Frame } from '../cameras/frame.ts';
import type { CompiledRule } from '../rules/rule.ts';
import type { Verdict } from '../rules/verdict.ts';
import type { WatchEvent } from './event.ts';
import type { RuleState } from './step.ts';

/** One verdict with all that an event must remember of it. */
export interface Observation {
  readonly verdict: Verdict;
  readonly rule: CompiledRule;
  /** The very frame the verdict is about, and the one before it. */
  readonly frame?: Frame;
  readonly before?: Frame;
  /** Which model answered: `watchword-tiny q8`, and the hash of its weights. */
  readonly model: string;
  readonly weightsHash: string;
}

/** An open event as the store remembers it. */
export interface RestoredEvent {
  readonly event: WatchEvent;
  /** Wall-clock ms of its last yes that is known. */
  readonly lastYesAt: number;
}

/** When a rule last alerted on a camera, wall-clock ms. */
export interface LastAlert {
  readonly ruleId: string;
  readonly cameraId: string;
  readonly alertedAt: number;
}

/** What a page or a state topic shows of one rule on one camera. Times are wall-clock ms. */
export interface RuleView {
  readonly ruleId: string;
  readonly cameraId: string;
  readonly phase: RuleState['phase'];
  /** Since when: the first yes of a pending or firing stretch, the verdict that made it inactive. Null before any verdict. */
  readonly since: number | null;
  /** The newest verdict; null when there was none yet. */
  readonly verdict: Verdict | null;
  /** The open event, as last committed or waiting to be. */
  readonly event: WatchEvent | null;
}

/** Everything watched: which rules look at which cameras, and the cameras there are. */
export interface Watched {
  readonly rules: ReadonlyArray<{ readonly rule: CompiledRule; readonly cameraIds: readonly string[] }>;
  readonly cameraIds: readonly string[];
}
