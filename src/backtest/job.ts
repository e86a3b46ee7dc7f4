import { wilsonInterval } from '../evaluation/statistics.ts';
import type { FrameLabel } from '../history/frame-labels.ts';
import type { CachedQuestion } from '../history/score-cache.ts';
import type { CompiledRule } from '../rules/rule.ts';
import type {
  BacktestFigures,
  BacktestFrame,
  BacktestOrder,
  BacktestResult,
  BacktestView,
  MarkedShare,
  ProposedFit,
} from '../web/backtests.ts';
import type { FramedBacktest } from './messages.ts';

const DAY_MS = 86_400_000;
/** More events than that are a rule to be changed, not a list to be read. */
const MOST_EVENTS = 300;

/** One order, from waiting to its end. */
export class BacktestJob {
  readonly id: string;
  readonly order: BacktestOrder;
  readonly rule: CompiledRule;
  /** Under which its scores and marks are kept. */
  readonly asked: CachedQuestion;
  readonly orderedBy: string;
  readonly orderedAt: number;
  readonly stopping = new AbortController();
  state: BacktestView['state'] = 'waiting';
  progress: BacktestView['progress'] = null;
  problem: string | undefined;
  fit: ProposedFit | undefined;
  #tested: Omit<BacktestResult, 'frames' | 'figures'> | undefined;
  #frames: FramedBacktest['frames'] = [];

  constructor(options: Pick<BacktestJob, 'id' | 'order' | 'rule' | 'asked' | 'orderedBy' | 'orderedAt'>) {
    this.id = options.id;
    this.order = options.order;
    this.rule = options.rule;
    this.asked = options.asked;
    this.orderedBy = options.orderedBy;
    this.orderedAt = options.orderedAt;
  }

  get ended(): boolean {
    return this.state !== 'waiting' && this.state !== 'running';
  }

  done({ backtest, frames }: FramedBacktest): void {
    const { events, alertedAt, looks, coverage, timeline } = backtest;
    const { since, until } = this.order;
    this.state = 'done';
    this.#frames = frames;
    this.#tested = {
      events: events.slice(0, MOST_EVENTS).map(({ startedAt, endedAt, endReason, score, alertedAt: at }) => ({
        ...{ startedAt, endedAt, score },
        ...(endReason !== undefined && { endReason }),
        ...(at !== undefined && { alertedAt: at }),
      })),
      eventCount: events.length,
      alertCount: alertedAt.length,
      alertsPerDay: (alertedAt.length * DAY_MS) / (until - since),
      ...{ looks, coverage, timeline },
    };
  }

  frame(at: number): FramedBacktest['frames'][number] | undefined {
    return this.#frames.find((frame) => frame.at === at);
  }

  /** What a mark says is true of a picture: the right answer to the question. */
  answerBehind({ value }: Pick<BacktestFrame, 'value'>, mark: 'right' | 'wrong'): FrameLabel['answer'] {
    const shows = (value === 'yes') === (mark === 'right');
    return shows === (this.rule.expects === 'yes') ? 'yes' : 'no';
  }

  view(ahead: number, labels?: readonly FrameLabel[]): BacktestView {
    const { id, order, rule, orderedBy, orderedAt, state, progress, problem, fit } = this;
    return {
      ...{ id, rule, orderedBy, orderedAt, state, progress, ahead },
      ruleId: order.rule ?? null,
      ...(order.draft && { draft: order.draft }),
      changes: order.changes ?? {},
      ...{ cameraId: order.cameraId, since: order.since, until: order.until },
      ...(problem !== undefined && { problem }),
      ...(fit && { fit }),
      ...(labels && this.#tested && { result: this.#result(this.#tested, labels) }),
    };
  }

  #result(tested: Omit<BacktestResult, 'frames' | 'figures'>, labels: readonly FrameLabel[]): BacktestResult {
    const known = new Map(labels.map((label) => [label.capturedAt, label]));
    const frames = this.#frames.map((frame): BacktestFrame => {
      const label = known.get(frame.at);
      const mark = label ? (this.answerBehind(frame, 'right') === label.answer ? 'right' : 'wrong') : null;
      return { ...frame, mark, markedBy: label?.markedBy ?? null };
    });
    return { ...tested, frames, figures: figuresOf(frames) };
  }
}

function figuresOf(frames: readonly BacktestFrame[]): BacktestFigures {
  const count = (readsYes: boolean, mark: BacktestFrame['mark']): number =>
    frames.filter((frame) => (frame.value === 'yes') === readsYes && frame.mark === mark).length;
  const [found, wrong, missed] = [count(true, 'right'), count(true, 'wrong'), count(false, 'wrong')];
  return {
    marked: frames.filter(({ mark }) => mark !== null).length,
    precision: shareOf(found, found + wrong),
    recall: shareOf(found, found + missed),
  };
}

function shareOf(part: number, of: number): MarkedShare | null {
  if (of === 0) return null;
  const [low, high] = wilsonInterval(part, of);
  return { share: part / of, low, high, of };
}
