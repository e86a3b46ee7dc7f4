import { WatchwordError } from '../../src/platform/errors.ts';
import type { CompiledRule } from '../../src/rules/rule.ts';
import type {
  BacktestDesk,
  BacktestFrame,
  BacktestOrder,
  BacktestResult,
  BacktestView,
} from '../../src/web/backtests.ts';
import type { RuleDesk } from '../../src/web/rule-editing.ts';
import type { CoverageDay, FalseAlarms, RuleRecords } from '../../src/web/rule-records.ts';
import { NOW } from './demo-store.ts';

const MINUTE = 60_000;
export const DONE = 'done-1';
export const FRAME_AT = NOW - 300 * MINUTE;

/** Backtests that are all written down: `done-1` has ended, what is started waits for ever. */
export class MemoryBacktests {
  readonly views = new Map<string, BacktestView>();
  /** What was asked of it, and by whom. */
  readonly acts: string[] = [];
  picture: Uint8Array | undefined = Buffer.from('jpeg');

  constructor(rule: CompiledRule) {
    this.views.set(
      DONE,
      viewOf(DONE, { rule: rule.id, cameraId: 'aisle-3', since: NOW - 1440 * MINUTE, until: NOW }, rule),
    );
  }

  desk(rules: () => readonly CompiledRule[], ruleDesk: Pick<RuleDesk, 'understand'>): BacktestDesk {
    const { views, acts } = this;
    const known = (id: string): BacktestView => {
      const view = views.get(id);
      if (!view) throw new WatchwordError('not-found', 'there is no such backtest');
      return view;
    };
    const change = (id: string, more: Partial<BacktestView>): BacktestView => {
      const view = { ...known(id), ...more };
      views.set(id, view);
      return view;
    };
    return {
      list: () => [...views.values()].map(({ result: _, ...view }) => view).reverse(),
      get: (id) => views.get(id),
      async start(order, by) {
        const { draft, rule: id } = order;
        const rule = draft ? (await ruleDesk.understand(draft, id)).rule : rules().find((each) => each.id === id);
        if (!rule) throw new WatchwordError(draft ? 'invalid-input' : 'not-found', 'there is no such rule');
        acts.push(`${by} start ${JSON.stringify(order)}`);
        const { result: _, ...view } = viewOf(`run-${views.size}`, order, {
          ...rule,
          ...order.changes,
          schedule: rule.schedule,
        });
        views.set(view.id, { ...view, state: 'waiting', ahead: 1, orderedBy: by });
        return known(view.id);
      },
      cancel(id) {
        const { state } = known(id);
        acts.push(`cancel ${id}`);
        if (state === 'waiting') change(id, { state: 'cancelled' });
        else views.delete(id);
      },
      picture: async (id, at) => (known(id).result?.frames.some((frame) => frame.at === at) ? this.picture : undefined),
      async mark(id, at, mark, by) {
        const { result } = known(id);
        if (!result?.frames.some((frame) => frame.at === at)) throw new WatchwordError('not-found', 'no such frame');
        acts.push(`${by} mark ${at} ${mark}`);
        const frames = result.frames.map((frame) =>
          frame.at === at ? { ...frame, mark, markedBy: mark && by } : frame,
        );
        const marked = frames.filter((frame) => frame.mark !== null).length;
        return change(id, { result: { ...result, frames, figures: { ...result.figures, marked } } });
      },
      async fit(id, target) {
        acts.push(`fit ${target}`);
        return change(id, { fit: { target, now: { raise: 0.6, clear: 0.4 }, outcome: FIT } });
      },
      async applyFit(id, raise, by) {
        const { ruleId, fit } = known(id);
        if (!fit || 'refused' in fit.outcome || fit.outcome.raise !== raise) {
          throw new WatchwordError('conflict', 'these thresholds are not proposed any more');
        }
        acts.push(`${by} apply ${raise}`);
        return { id: ruleId ?? '' };
      },
    };
  }
}

const FIT = {
  ...{ raise: 0.74, clear: 0.54, right: 9, wrong: 6, heldOut: 0.93, calibration: { slope: 2, intercept: -1 } },
  before: { balancedAccuracy: 0.75, falseAlarmsPerWeek: 21 },
  after: { balancedAccuracy: 0.94, falseAlarmsPerWeek: 1.4 },
};

function viewOf(id: string, order: BacktestOrder, rule: CompiledRule): BacktestView {
  const { cameraId, since, until, draft, rule: ruleId = null } = order;
  return {
    changes: order.changes ?? {},
    ...{ id, ruleId, rule, cameraId, since, until, orderedBy: 'operator', orderedAt: until, state: 'done', ahead: 0 },
    ...(draft && { draft }),
    progress: { asked: 120, toAsk: 120 },
    result: resultOf(since),
  };
}

function resultOf(since: number): BacktestResult {
  const frame = (
    at: number,
    value: BacktestFrame['value'],
    score: number,
    role: BacktestFrame['role'],
  ): BacktestFrame => {
    return { at, value, score, role, mark: null, markedBy: null };
  };
  return {
    events: [
      {
        startedAt: FRAME_AT - 5 * MINUTE,
        endedAt: FRAME_AT + 20 * MINUTE,
        endReason: 'clear',
        score: 0.91,
        alertedAt: FRAME_AT,
      },
    ],
    ...{ eventCount: 1, alertCount: 1, alertsPerDay: 1, looks: { stored: 900, pictures: 120, asked: 120 } },
    coverage: {
      ...{ scheduledMs: 1440 * MINUTE, evaluatedMs: 1200 * MINUTE, gatedMs: 200 * MINUTE, share: 0.97 },
      lostMs: { dark: 40 * MINUTE },
      longestGap: { ms: 40 * MINUTE, from: since + 60 * MINUTE, cause: 'dark' },
    },
    timeline: [
      { from: since, yes: 0, no: 9, unknown: 1, min: 0.01, max: 0.2, mean: 0.1 },
      { from: since + 60 * MINUTE, yes: 0, no: 0, unknown: 4, min: null, max: null, mean: null },
      { from: FRAME_AT, yes: 5, no: 0, unknown: 0, min: 0.7, max: 0.91, mean: 0.8 },
    ],
    frames: [
      frame(FRAME_AT, 'yes', 0.91, 'deciding'),
      frame(FRAME_AT + 60 * MINUTE, 'unknown', 0.52, 'near'),
      frame(FRAME_AT + 120 * MINUTE, 'no', 0.12, 'near'),
    ],
    figures: { marked: 0, precision: null, recall: { share: 0.75, low: 0.3, high: 0.95, of: 4 } },
  };
}

/** A week of one rule on one camera, whatever is asked for. */
export const memoryRecords: RuleRecords = {
  coverage: ({ ruleId = 'empty-shelf' }) =>
    ruleId === 'gone'
      ? []
      : DAYS.map((day, index): CoverageDay => {
          const dark = index === 1 ? 90 * MINUTE : 0;
          return {
            ...{
              ruleId,
              cameraId: 'aisle-3',
              day,
              scheduledMs: 720 * MINUTE,
              evaluatedMs: 500 * MINUTE - dark,
              gatedMs: 220 * MINUTE,
            },
            lostMs: dark > 0 ? { dark, 'not-asked': 0 } : {},
            longestGap: dark > 0 ? { ms: 80 * MINUTE, from: NOW - 2_000 * MINUTE, cause: 'dark' } : null,
            share: (720 * MINUTE - dark) / (720 * MINUTE),
          };
        }),
  falseAlarms: (ruleId): FalseAlarms[] =>
    ruleId === 'gone'
      ? []
      : (ruleId === 'road-hazard' ? MANY : ['aisle-3']).map((cameraId) => ({ ...ALARMS, cameraId })),
};

/** The rule that watches all of these. */
const MANY = Array.from({ length: 8 }, (_, nth) => `yard-${nth}`);

const DAYS = ['2026-02-28', '2026-03-01', '2026-03-02'];
const ALARMS: FalseAlarms = {
  ...{ cameraId: '', events: 9, right: 3, wrong: 2, perDay: { rate: 0.67, low: 0.08, high: 2.4 }, trend: 'falling' },
  days: DAYS.map((day, index) => ({ day, events: 3, right: 1, wrong: index === 0 ? 2 : 0 })),
};
