import type { Verdict } from '../rules/verdict.ts';

/** One rule's state on one camera, in Prometheus' words. Times are monotonic ms. */
export type RuleState =
  | { readonly phase: 'inactive' }
  | { readonly phase: 'pending'; readonly since: number; readonly yesSamples: number; readonly lastYes: number }
  | { readonly phase: 'firing'; readonly since: number; readonly lastYes: number; readonly clearSince: number | null };

export interface Timing {
  /** How long yes must hold before the event opens. */
  readonly forMs: number;
  /** How long no must hold before it ends. */
  readonly clearAfterMs: number;
  /** Yes samples needed at least, however short `forMs` is. */
  readonly minYesSamples: number;
  /** A pending stretch with no yes for longer than this starts anew: unknown cannot carry it on for ever. */
  readonly maxGapMs: number;
}

export type StepChange = 'raise' | 'resolve';

export const INACTIVE: RuleState = { phase: 'inactive' };

export type Step = (state: RuleState, verdict: Verdict['value'], at: number, timing: Timing) => { state: RuleState; change?: StepChange };
