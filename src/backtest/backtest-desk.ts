import { readFile } from 'node:fs/promises';
import type { ModelTurns } from '../desks/model-turns.ts';
import { FrameLabels } from '../history/frame-labels.ts';
import { pictureFile } from '../history/picture-index.ts';
import { Bell } from '../platform/bell.ts';
import type { Clock } from '../platform/clock.ts';
import { describeError, WatchwordError } from '../platform/errors.ts';
import { linked } from '../platform/linked.ts';
import type { Logger } from '../platform/logger.ts';
import { contextOf } from '../rules/context.ts';
import { withFit } from '../rules/edit.ts';
import type { FrameFit } from '../rules/fit-frames.ts';
import type { CompiledRule } from '../rules/rule.ts';
import type { FittedThresholds } from '../rules/settings.ts';
import { thresholdsOn } from '../rules/verdict.ts';
import type { EventLog } from '../store/event-log.ts';
import type { ModelIdentity } from '../vision/model.ts';
import type { BacktestDesk, BacktestOrder, BacktestView } from '../web/backtests.ts';
import type { RuleDesk, SavedRule } from '../web/rule-editing.ts';
import { BacktestAsker } from './asker.ts';
import { BacktestJob } from './job.ts';
import type { BacktestSettings, FitSettings } from './messages.ts';
import { type OrderContext, orderedRule } from './order.ts';
import { runBacktest, runFit } from './run.ts';

export interface BacktestDeskOptions extends OrderContext {
  readonly dataDir: string;
  readonly turns: Pick<ModelTurns, 'spare'>;
  readonly model: () => ModelIdentity | null;
  readonly ruleDesk: Pick<RuleDesk, 'understand' | 'openFile' | 'saveFile'>;
  /** Marked events of live rules count in a fit. */
  readonly events: Pick<EventLog, 'list'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Waiting beside the one that runs. */
const MOST_WAITING = 4;
/** Ended ones that are still shown. */
const MOST_ENDED = 12;
const MOST_EVENTS = 500;

/**
 * Runs what people order on the past, one after the other. What a test holds while it runs is bounded by its thread; what is kept
 * of it afterwards by the number of ended ones. A restart forgets all of them, but not the scores: the next test goes on there.
 */
export class Backtests implements BacktestDesk {
  readonly name = 'backtests';
  readonly #options: BacktestDeskOptions;
  readonly #labels: FrameLabels;
  readonly #asker: BacktestAsker;
  readonly #bell = new Bell();
  /** Oldest first. */
  #jobs: BacktestJob[] = [];
  #count = 0;
  #fitting: Promise<void> | undefined;
  readonly #stopped = new AbortController();

  constructor(options: BacktestDeskOptions) {
    this.#options = options;
    this.#labels = new FrameLabels(options.dataDir);
    this.#asker = new BacktestAsker(options);
  }

  /** Works until the signal is aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const next = this.#jobs.find(({ state }) => state === 'waiting');
      if (next) await this.#work(next, signal);
      else await this.#bell.wait(signal);
    }
    this.#stopped.abort(new WatchwordError('cancelled', 'stopping'));
    await this.#fitting?.catch(() => undefined);
    this.#labels.close();
  }

  list(): BacktestView[] {
    return this.#jobs.map((job) => job.view(this.#ahead(job))).reverse();
  }

  get(id: string): BacktestView | undefined {
    const job = this.#jobs.find((each) => each.id === id);
    return job && this.#view(job);
  }

  async start(order: BacktestOrder, by: string): Promise<BacktestView> {
    const rule = await orderedRule(order, this.#options);
    if (this.#jobs.filter(({ state }) => state === 'waiting').length >= MOST_WAITING) {
      throw new WatchwordError('too-many', 'others wait already', { hint: 'Try again when one has ended' });
    }
    const { clock } = this.#options;
    const id = `${clock.now().toString(36)}-${++this.#count}`;
    const asked = this.#asked(rule, order.cameraId);
    const job = new BacktestJob({ id, order, rule, asked, orderedBy: by, orderedAt: clock.now() });
    this.#jobs.push(job);
    const ended = this.#jobs.filter((each) => each.ended);
    const old = new Set(ended.slice(0, Math.max(0, ended.length - MOST_ENDED)));
    this.#jobs = this.#jobs.filter((each) => !old.has(each));
    this.#bell.ring();
    return this.#view(job);
  }

  cancel(id: string): void {
    const job = this.#job(id);
    if (job.ended) this.#jobs = this.#jobs.filter((each) => each !== job);
    else if (job.state === 'waiting') job.state = 'cancelled';
    else job.stopping.abort(new WatchwordError('cancelled', 'the backtest was cancelled'));
  }

  async picture(id: string, at: number): Promise<Uint8Array | undefined> {
    const job = this.#jobs.find((each) => each.id === id);
    if (!job?.frame(at)) return undefined;
    return this.#picture(job.order.cameraId, at);
  }

  async mark(id: string, at: number, mark: 'right' | 'wrong' | null, by: string): Promise<BacktestView> {
    const job = this.#job(id);
    const frame = job.frame(at);
    if (!frame) throw new WatchwordError('not-found', 'there is no such frame in this backtest');
    const { cameraId } = job.order;
    if (mark === null) this.#labels.remove(job.asked, at);
    else {
      const answer = job.answerBehind(frame, mark);
      const score = job.rule.expects === 'yes' ? frame.score : 1 - frame.score;
      const { model } = job.asked;
      const label = { capturedAt: at, answer, score, model, markedAt: this.#options.clock.now(), markedBy: by };
      await this.#labels.put(job.asked, label, await this.#picture(cameraId, at));
    }
    return this.#view(job);
  }

  async fit(id: string, target: number): Promise<BacktestView> {
    const job = this.#job(id);
    if (job.state !== 'done') {
      throw new WatchwordError('conflict', 'the backtest has not ended', { hint: 'Wait until it is done' });
    }
    if (this.#fitting !== undefined)
      throw new WatchwordError('too-many', 'another fit is at work', { hint: 'Try again in a moment' });
    // Only thresholds are written: durations and hours that were tried beside them do not count.
    const rule = this.#inForce(job) ?? job.rule;
    const settings = { ...this.#settingsOf(job), rule, fit: this.#fitSettings(job, target) };
    const { clock } = this.#options;
    const { signal, stop } = linked([this.#stopped.signal, job.stopping.signal]);
    this.#fitting = runFit({ settings, clock, signal }).then((outcome) => {
      job.fit = { target, now: thresholdsOn(rule, job.order.cameraId), outcome };
    });
    try {
      await this.#fitting;
    } finally {
      stop();
      this.#fitting = undefined;
    }
    return this.#view(job);
  }

  async applyFit(id: string, raise: number, by: string): Promise<SavedRule> {
    const job = this.#job(id);
    const { rule: ruleId, draft, cameraId } = job.order;
    const { outcome, target } = job.fit ?? {};
    if (!outcome || target === undefined || 'refused' in outcome || outcome.raise !== raise) {
      throw new WatchwordError('conflict', 'these thresholds are not proposed any more', { hint: 'Fit them again' });
    }
    if (ruleId === undefined || draft) {
      throw new WatchwordError('conflict', 'the rule is not saved', { hint: 'Save it, and test it then' });
    }
    const { ruleDesk, clock, logger } = this.#options;
    if (!this.#inForce(job)) {
      throw new WatchwordError('conflict', 'the rule asks something else by now', { hint: 'Test it again' });
    }
    const { text, version } = await ruleDesk.openFile(ruleId);
    const fitted = entryOf(outcome, target, clock.now());
    const saved = await ruleDesk.saveFile(ruleId, version, withFit(text, cameraId, fitted), by);
    logger.info('fitted thresholds applied', { rule: ruleId, camera: cameraId, raise, by });
    return saved;
  }

  /** The rule as it is now; undefined of a draft, and when it asks something else by now. */
  #inForce({ order, rule }: BacktestJob): CompiledRule | undefined {
    const now = order.draft ? undefined : this.#options.rules().find(({ id }) => id === order.rule);
    const { question, expects, zone } = rule;
    return now?.question === question && now.expects === expects && now.zone === zone ? now : undefined;
  }

  async #work(job: BacktestJob, stopped: AbortSignal): Promise<void> {
    const { clock, logger, box } = this.#options;
    const { rule, order } = job;
    const { signal, stop } = linked([stopped, job.stopping.signal]);
    const zone = rule.zone === null ? null : (box().cameras[order.cameraId]?.zones[rule.zone] ?? null);
    job.state = 'running';
    const began = clock.monotonic();
    try {
      const result = await runBacktest({
        ...{ settings: this.#settingsOf(job), clock, signal },
        ask: (picture) => this.#asker.ask(picture, rule.question, zone && [...zone], signal),
        onProgress: (asked, toAsk) => {
          job.progress = { asked, toAsk };
        },
      });
      job.done(result);
      const { asked } = result.backtest.looks;
      const ms = Math.round(clock.monotonic() - began);
      logger.info('backtest done', { rule: rule.id, camera: order.cameraId, by: job.orderedBy, asked, ms });
    } catch (error) {
      job.state = signal.aborted ? 'cancelled' : 'failed';
      if (signal.aborted) return;
      job.problem = describeError(error);
      logger.warn('a backtest failed', { rule: rule.id, camera: order.cameraId, error });
    } finally {
      stop();
    }
  }

  #settingsOf({ rule, order, asked }: BacktestJob): BacktestSettings {
    const { dataDir, box } = this.#options;
    const { calendars, timeZone } = contextOf(box());
    const { cameraId, since, until } = order;
    return { dataDir, timeZone, calendars, rule, cameraId, since, until, asked };
  }

  /** Marks on frames of this question, and on events of the live rule that asked it. */
  #fitSettings({ rule, order, asked }: BacktestJob, target: number): FitSettings {
    const expected = (answer: 'yes' | 'no'): boolean => answer === rule.expects;
    const labels = this.#labels.list(asked).filter(({ model }) => model === asked.model);
    const found = order.rule === undefined ? [] : this.#reviewed(order.rule, order.cameraId, rule.question);
    return {
      target,
      labels: [
        ...labels.map(({ score, answer }) => ({
          score: rule.expects === 'yes' ? score : 1 - score,
          shows: expected(answer),
        })),
        ...found.map(({ score, right }) => ({ score, shows: right })),
      ],
      marks: [
        ...labels.map(({ capturedAt: from, answer }) => ({ from, to: from + rule.everyMs, right: expected(answer) })),
        ...found,
      ],
    };
  }

  #reviewed(ruleId: string, cameraId: string, question: string) {
    const { events, clock } = this.#options;
    return (['right', 'wrong'] as const).flatMap((mark) =>
      events
        .list({ ruleId, cameraId, mark }, { limit: MOST_EVENTS })
        .events.filter(({ event }) => event.question === question)
        .map(({ event }) => ({
          ...{ from: event.startedAt, to: event.endedAt ?? clock.now(), score: event.score, right: mark === 'right' },
        })),
    );
  }

  #asked({ question, zone }: BacktestJob['rule'], cameraId: string): BacktestJob['asked'] {
    const { model, box } = this.#options;
    const identity = model();
    const { name = '', dtype = '', device = '', weightsHash = '' } = identity ?? {};
    const polygon = zone === null ? undefined : box().cameras[cameraId]?.zones[zone];
    return {
      model: JSON.stringify([name, dtype, device, weightsHash]),
      ...{ cameraId, question, zone: polygon ? JSON.stringify(polygon) : '' },
    };
  }

  /** What was marked stays when the history has let go of it. */
  async #picture(cameraId: string, at: number): Promise<Uint8Array | undefined> {
    const file = pictureFile(this.#options.dataDir, { cameraId, capturedAt: at });
    return readFile(file).catch(() => this.#labels.picture(cameraId, at));
  }

  #job(id: string): BacktestJob {
    const job = this.#jobs.find((each) => each.id === id);
    if (job) return job;
    throw new WatchwordError('not-found', 'there is no such backtest', {
      hint: 'A restart forgets them; start it again',
    });
  }

  #view(job: BacktestJob): BacktestView {
    return job.view(this.#ahead(job), job.state === 'done' ? this.#labels.list(job.asked) : undefined);
  }

  #ahead(job: BacktestJob): number {
    if (job.state !== 'waiting') return 0;
    return this.#jobs.slice(0, this.#jobs.indexOf(job)).filter((each) => !each.ended).length;
  }
}

function entryOf({ raise, clear, right, wrong, calibration }: FrameFit, target: number, now: number): FittedThresholds {
  const thousandths = (value: number): number => Math.round(value * 1_000) / 1_000;
  return {
    ...{ raise, clear },
    at: new Date(now).toISOString().slice(0, 10),
    from: `${right} right, ${wrong} wrong, at most ${target} false alarms a week`,
    slope: thousandths(calibration.slope),
    intercept: thousandths(calibration.intercept),
  };
}
