import type { CompiledRule } from './rule.ts';

/** What the model costs on this box, measured: milliseconds of its time per look, and per question beyond that. */
export interface ModelCosts {
  readonly lookMs: number;
  readonly questionMs: number;
}

/** One part of one camera's picture that rules look at: they share each look. */
export interface WatchedPart {
  readonly cameraId: string;
  /** Null: the whole picture. */
  readonly zone: string | null;
  /** How often each of its rules asks, ms: one entry per rule. */
  readonly intervalsMs: readonly number[];
}

/** A box as the plan needs it. */
export interface BoxLoad {
  readonly costs: ModelCosts;
  readonly parts: readonly WatchedPart[];
  /** How often each camera is sampled, ms. */
  readonly cameras: Readonly<Record<string, number>>;
}

export interface CapacityPlan {
  /** Share of the model's time that the rule takes, with all its cameras; 0.1 is a tenth of the box. */
  readonly share: number;
  /** Share that all rules take together with it. Above 1 the box falls behind, and every interval is stretched by it. */
  readonly total: number;
  /** From the beginning of what is to be seen to its alert, at worst, ms. */
  readonly delayMs: number;
}

/**
 * Whether a rule pushes the box beyond what it can do. One that takes no more than what it replaces does not: a box that falls
 * behind already must still let people change a rule's words or make it lighter.
 *
 * @param before the rule that it replaces; undefined for a new one, or one that was off
 */
export function overloads(plan: CapacityPlan, before: CapacityPlan | undefined): boolean {
  const ROUNDING = 1e-6;
  return plan.total > 1 && plan.share > (before?.share ?? 0) + ROUNDING;
}

/** What all rules of a box together take of the model's time; above 1 it falls behind. */
export function totalOf(box: BoxLoad): number {
  return loadOf(box.parts, box);
}

type Planned = Pick<CompiledRule, 'cameras' | 'zone' | 'everyMs' | 'forMs'>;

/** Yes samples that an event needs; events/tracker.ts asks for the same. */
const YES_SAMPLES = 2;

/**
 * How much of the box a rule takes before it is saved, and how late it may be. Pure. At worst: all rules are on at once, every
 * picture changes, and what is to be seen begins just after a look.
 */
export function planOf(rule: Planned, box: BoxLoad): CapacityPlan {
  const before = loadOf(box.parts, box);
  const total = loadOf(withRule(rule, box), box);
  const delays = rule.cameras.map((cameraId) => delayOn(cameraId, rule, box, Math.max(1, total)));
  return { share: total - before, total, delayMs: Math.max(0, ...delays) };
}

/** The parts watched by these rules. */
export function partsOf(
  rules: Iterable<{ readonly cameraId: string; readonly rule: Pick<CompiledRule, 'zone' | 'everyMs'> }>,
): WatchedPart[] {
  const parts = new Map<string, WatchedPart>();
  for (const { cameraId, rule } of rules) {
    const key = `${cameraId}\n${rule.zone ?? ''}`;
    const known = parts.get(key);
    parts.set(key, joined(known ?? { cameraId, zone: rule.zone, intervalsMs: [] }, rule));
  }
  return [...parts.values()];
}

function joined(part: WatchedPart, { everyMs }: Pick<CompiledRule, 'everyMs'>): WatchedPart {
  return { ...part, intervalsMs: [...part.intervalsMs, everyMs] };
}

function withRule(rule: Planned, { parts }: BoxLoad): WatchedPart[] {
  const others = parts.filter(({ cameraId, zone }) => zone !== rule.zone || !rule.cameras.includes(cameraId));
  const own = rule.cameras.map((cameraId) => {
    const known = parts.find((part) => part.cameraId === cameraId && part.zone === rule.zone);
    return joined(known ?? { cameraId, zone: rule.zone, intervalsMs: [] }, rule);
  });
  return [...others, ...own];
}

function loadOf(parts: readonly WatchedPart[], { costs, cameras }: BoxLoad): number {
  return parts.reduce((sum, { cameraId, intervalsMs }) => {
    // Nothing is asked more often than the camera gives pictures.
    const everyMs = intervalsMs.map((ms) => Math.max(ms, cameras[cameraId] ?? 0));
    const asked = everyMs.reduce((share, ms) => share + costs.questionMs / ms, 0);
    return sum + costs.lookMs / Math.min(...everyMs) + asked;
  }, 0);
}

function delayOn(cameraId: string, rule: Planned, { costs, cameras }: BoxLoad, stretch: number): number {
  const frameMs = cameras[cameraId] ?? 0;
  const everyMs = Math.max(rule.everyMs, frameMs) * stretch;
  const held = Math.max(Math.ceil(rule.forMs / everyMs), YES_SAMPLES - 1) * everyMs;
  // The frame waits for its turn, the first yes for the next look, the alert until it has held.
  return frameMs + everyMs + held + costs.lookMs + costs.questionMs;
}
