import { parentPort, workerData } from 'node:worker_threads';
import { PictureIndex } from '../history/picture-index.ts';
import { ScoreCache } from '../history/score-cache.ts';
import { WatchwordError } from '../platform/errors.ts';
import { type Calibration, rightAt } from '../rules/calibration.ts';
import type { NoFit, Thresholds } from '../rules/fit.ts';
import { type FrameFit, fitToFrames } from '../rules/fit-frames.ts';
import { thresholdsOn } from '../rules/verdict.ts';
import { openScoreHistory } from '../store/score-history.ts';
import { packError } from '../vision/worker-messages.ts';
import { type BacktestRequest, type BacktestSources, type Past, readPast, replayPast } from './backtest.ts';
import { chooseFrames } from './frames.ts';
import type { BacktestSettings, FitSettings, FromBacktest, ToBacktest } from './messages.ts';

/** Parts of the timeline. */
const PARTS = 360;
const WEEK_MS = 7 * 86_400_000;

/**
 * Thread entry: one rule on the past of one camera. In a thread of its own because a week of answers takes about a second to read
 * and to replay, and because what it holds is then bounded and gone with it. The model is asked by the thread that started it.
 */
async function main(settings: BacktestSettings): Promise<void> {
  const port = parentPort;
  if (!port) throw new WatchwordError('internal', 'src/backtest/thread.ts is a thread entry');
  const send = (message: FromBacktest): void => port.postMessage(message);
  const cancelled = new AbortController();
  const waiting = new Map<number, (answer: Extract<ToBacktest, { type: 'answer' }>['answer']) => void>();
  port.on('message', (message: ToBacktest) => {
    if (message.type === 'cancel') {
      cancelled.abort(new WatchwordError('cancelled', 'the backtest was cancelled'));
      for (const answer of waiting.values()) answer(undefined);
      return;
    }
    waiting.get(message.id)?.(message.answer);
    waiting.delete(message.id);
  });
  const { rule, cameraId, since, until, fit } = settings;
  let asks = 0;
  const past = openPast(settings, async (picture) => {
    if (fit) return undefined;
    const jpeg = await past.index?.read(picture);
    cancelled.signal.throwIfAborted();
    if (!jpeg) return undefined;
    const id = ++asks;
    return new Promise((resolve) => {
      waiting.set(id, resolve);
      send({ type: 'ask', id, jpeg, width: picture.width, height: picture.height });
    });
  });
  try {
    const request: BacktestRequest = {
      ...{ rule, cameraId, since, until, buckets: PARTS, signal: cancelled.signal },
      onProgress: (asked, toAsk) => send({ type: 'progress', asked, toAsk }),
    };
    const known = await readPast(request, past.sources);
    cancelled.signal.throwIfAborted();
    if (fit) {
      send({ type: 'fitted', outcome: fitted(known, request, past.sources, fit) });
      return;
    }
    const backtest = replayPast(known, request, past.sources);
    const pictures = past.sources.pictures({ cameraId, since, until });
    const frames = chooseFrames({ past: known, rule, cameraId, since, until, replayed: backtest, pictures });
    send({ type: 'tested', result: { backtest, frames } });
  } catch (error) {
    send({ type: 'failed', error: packError(error) });
  } finally {
    past.close();
    port.close();
  }
}

function openPast({ dataDir, timeZone, calendars, asked }: BacktestSettings, ask: BacktestSources['ask']) {
  const history = openScoreHistory(dataDir);
  const index = PictureIndex.openReadOnly(dataDir);
  const cache = index && new ScoreCache(dataDir);
  const sources: BacktestSources = {
    ...{ timeZone, calendars, ask },
    storedScores: (query) => history.scores.scores(query),
    pictures: (query) => index?.list(query) ?? [],
    cached: (from, to) => cache?.scores(asked, from, to) ?? new Map(),
    keep: (scores) => cache?.keep(asked, scores),
  };
  const close = (): void => {
    cache?.prune(index?.oldest(1)[0]?.capturedAt ?? Number.MAX_SAFE_INTEGER);
    cache?.close();
    index?.close();
    history.close();
  };
  return { sources, index, close };
}

function fitted(past: Past, request: BacktestRequest, sources: BacktestSources, fit: FitSettings): FrameFit | NoFit {
  const { rule, cameraId, since, until } = request;
  const { perCamera: _, ...plain } = rule;
  const weeks = (until - since) / WEEK_MS;
  /** Events marked wrong count, those marked right do not; of the others as great a share as their score makes likely. */
  const falseAlarmsPerWeek = (thresholds: Thresholds, calibration: Calibration): number => {
    const { events } = replayPast(past, { ...request, rule: { ...plain, ...thresholds } }, sources);
    const falseAlarms = events.map(({ startedAt, endedAt, score }) => {
      const marks = fit.marks.filter(({ from, to }) => from <= (endedAt ?? until) && to >= startedAt);
      if (marks.length === 0) return 1 - rightAt(score, calibration);
      return marks.filter(({ right }) => !right).length / marks.length;
    });
    return falseAlarms.reduce((sum, each) => sum + each, 0) / weeks;
  };
  return fitToFrames(fit.labels, { now: thresholdsOn(rule, cameraId), target: fit.target, falseAlarmsPerWeek });
}

await main(workerData as BacktestSettings);
