import { WatchwordError } from '../platform/errors.ts';
import { nearest } from '../platform/nearest.ts';
import { type BoxDescription, contextOf } from '../rules/context.ts';
import type { CompiledRule } from '../rules/rule.ts';
import { readScheduleWords } from '../rules/schedule-words.ts';
import { thresholdsOn } from '../rules/verdict.ts';
import type { BacktestChanges, BacktestOrder } from '../web/backtests.ts';
import type { RuleDesk } from '../web/rule-editing.ts';

const DAY_MS = 86_400_000;
/** What a thread can hold of one camera that is looked at every second. */
const LONGEST_MS = 31 * DAY_MS;

export interface OrderContext {
  readonly box: () => BoxDescription;
  readonly ruleDesk: Pick<RuleDesk, 'understand'>;
  readonly rules: () => readonly CompiledRule[];
}

/** The rule that an order means, with its changes. Rejects with `not-found` and `invalid-input`. */
export async function orderedRule(order: BacktestOrder, context: OrderContext): Promise<CompiledRule> {
  const { cameraId, since, until, changes = {} } = order;
  const { cameras } = context.box();
  const camera = Object.hasOwn(cameras, cameraId) ? cameras[cameraId] : undefined;
  if (!camera) {
    const near = nearest(cameraId, Object.keys(cameras));
    const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'Look at the list of cameras';
    throw new WatchwordError('not-found', `there is no camera "${cameraId}"`, { hint });
  }
  if (!(since < until)) throw new WatchwordError('invalid-input', 'the time does not begin before it ends');
  if (until - since > LONGEST_MS) {
    throw new WatchwordError('invalid-input', 'the time is longer than 31 days', { hint: 'Choose a shorter one' });
  }
  const rule = await writtenRule(order, context);
  if (rule.zone !== null && !Object.hasOwn(camera.zones, rule.zone)) {
    throw new WatchwordError('invalid-input', `camera ${cameraId} has no zone "${rule.zone}"`, {
      hint: `The rule looks at it on: ${rule.cameras.join(', ')}`,
    });
  }
  return changed(rule, cameraId, changes, context);
}

async function writtenRule({ rule: id, draft }: BacktestOrder, context: OrderContext): Promise<CompiledRule> {
  if (draft) {
    const { rule, errors } = await context.ruleDesk.understand(draft, id);
    if (rule) return rule;
    throw new WatchwordError('invalid-input', `it is refused: ${errors.map(({ message }) => message).join('; ')}`);
  }
  const rule = context.rules().find((each) => each.id === id);
  if (rule) return rule;
  throw new WatchwordError('not-found', `there is no rule "${id ?? ''}"`, { hint: 'Look at the list of rules' });
}

function changed(
  written: CompiledRule,
  cameraId: string,
  changes: BacktestChanges,
  { box }: OrderContext,
): CompiledRule {
  const { perCamera: _, ...rule } = written;
  const now = thresholdsOn(written, cameraId);
  const { raise = now.raise, forMs = rule.forMs, clearAfterMs = rule.clearAfterMs, schedule } = changes;
  const clear = changes.clear ?? Math.min(now.clear, raise);
  if (clear > raise) throw new WatchwordError('invalid-input', `clear ${clear} is above raise ${raise}`);
  const windows = schedule === undefined ? rule.schedule : scheduleOf(schedule, box());
  return { ...rule, raise, clear, forMs, clearAfterMs, schedule: windows };
}

function scheduleOf(words: string, box: BoxDescription): CompiledRule['schedule'] {
  const { windows, errors } = readScheduleWords(words, contextOf(box));
  const [first] = errors;
  if (first) throw new WatchwordError('invalid-input', `the schedule "${words}": ${first.message}`);
  return windows;
}
