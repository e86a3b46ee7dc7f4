import type { Verdict } from '../rules/verdict.ts';

/** One rule's state on one camera, in Prometheus' words. Times are monotonic ms. Plain JSON. */
export type RuleState =
  | { readonly phase: 'inactive' }
  | { readonly phase: 'pending'; readonly since: number; readonly yesSamples: number; readonly lastYes: number }
  | {
      readonly phase: 'firing';
      /** First yes of the stretch that opened it. */
      readonly since: number;
      readonly lastYes: number;
      /** First and newest no of the clear stretch; both null while none runs. */
      readonly clearSince: number | null;
      readonly lastNo: number | null;
    };

export interface Timing {
  /** How long yes must hold before the event opens. */
  readonly forMs: number;
  /** How long no must hold before it ends (Prometheus: keep_firing_for). */
  readonly clearAfterMs: number;
  /** Yes samples needed at least, however short `forMs` is. */
  readonly minYesSamples: number;
  /** A pending stretch with no yes for longer than this starts anew: unknown cannot carry it on for ever. */
  readonly maxGapMs: number;
  /** The same for the clear stretch of a firing rule: two no samples farther apart do not vouch for the time between. */
  readonly maxClearGapMs: number;
}

export type StepChange = 'raise' | 'resolve';

export interface Stepped {
  readonly state: RuleState;
  readonly change?: StepChange;
}

export const INACTIVE: RuleState = { phase: 'inactive' };

/**
 * What one verdict does to a rule's state. Pure: time is an argument, `at` must not go back.
 *
 * Unknown returns before any state is touched, as a failed query does in Prometheus (rules/alerting.go, Eval): it never
 * opens, carries or closes anything. What it leaves behind is a gap between samples, and both directions judge gaps
 * alike: samples no farther apart than the gap allowed vouch for the time between them, a longer gap makes the stretch
 * begin again. (Stopping the clear timer at each unknown was the alternative; with every second frame unknown, an event
 * whose every known answer is no would then never end.)
 */
export function step(state: RuleState, verdict: Verdict['value'], at: number, timing: Timing): Stepped {
  if (verdict === 'unknown') return { state };
  if (state.phase === 'firing') return verdict === 'yes' ? keepFiring(state, at) : clearing(state, at, timing);
  if (verdict === 'no') return { state: INACTIVE };
  return holding(state, at, timing);
}

function holding(state: RuleState, at: number, timing: Timing): Stepped {
  const carried = state.phase === 'pending' && at - state.lastYes <= timing.maxGapMs;
  const since = carried ? state.since : at;
  const yesSamples = carried ? state.yesSamples + 1 : 1;
  if (at - since < timing.forMs || yesSamples < timing.minYesSamples) {
    return { state: { phase: 'pending', since, yesSamples, lastYes: at } };
  }
  return { state: { phase: 'firing', since, lastYes: at, clearSince: null, lastNo: null }, change: 'raise' };
}

function keepFiring(state: RuleState & { phase: 'firing' }, at: number): Stepped {
  return { state: { ...state, lastYes: at, clearSince: null, lastNo: null } };
}

function clearing(state: RuleState & { phase: 'firing' }, at: number, timing: Timing): Stepped {
  const carried = state.lastNo !== null && at - state.lastNo <= timing.maxClearGapMs;
  const clearSince = carried && state.clearSince !== null ? state.clearSince : at;
  if (at - clearSince < timing.clearAfterMs) return { state: { ...state, clearSince, lastNo: at } };
  return { state: INACTIVE, change: 'resolve' };
}
