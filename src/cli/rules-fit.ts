import { fitCases } from '../backtest/fitting.ts';
import type { Settings } from '../config/settings.ts';
import { WatchwordError } from '../platform/errors.ts';
import { rightAt } from '../rules/calibration.ts';
import { editFile, withFit, withoutFit } from '../rules/edit.ts';
import { type Fit, fitThresholds, type NoFit } from '../rules/fit.ts';
import type { CompiledRule } from '../rules/rule.ts';
import type { FittedThresholds } from '../rules/settings.ts';
import { thresholdsOn } from '../rules/verdict.ts';
import type { EventLog, ReviewedEvent } from '../store/event-log.ts';
import { openEventLog } from '../store/read-only.ts';
import { openScoreHistory } from '../store/score-history.ts';
import { type CommandIo, EXIT_DONE, EXIT_FAILED, UsageError } from './command.ts';
import { chosenRule, fileOfRule } from './rule-choice.ts';

export interface FitRequest {
  /** The rule's id. */
  readonly rule: string;
  /** One camera; undefined: all that the rule is for. */
  readonly cameraId: string | undefined;
  readonly settings: Settings;
  readonly dataDir: string;
  /** False alarms a week at most. */
  readonly target: number;
  /** Wall-clock ms. */
  readonly since: number;
  readonly apply: boolean;
  readonly undo: boolean;
  readonly json: boolean;
}

const WEEK_MS = 7 * 86_400_000;
const MOST_EVENTS = 2_000;

interface Fitted {
  readonly cameraId: string;
  readonly rule: CompiledRule;
  readonly outcome: Fit | NoFit;
}

/** Fits the thresholds of a rule to what people marked; shows old and new, and writes them into the rule's file if asked. */
export async function fitRule(request: FitRequest, io: CommandIo): Promise<number> {
  const { settings, cameraId, json, undo } = request;
  const rule = chosenRule(request.rule, settings);
  const file = fileOfRule(request.rule, settings);
  if (file === undefined) throw new UsageError('only a rule with a file can be fitted', 'Give its id');
  const cameras = cameraId === undefined ? rule.cameras : [cameraId];
  if (undo) return takeBack(rule, file, cameras, io);
  const fitted = fitAll(rule, cameras, request, io);
  for (const each of fitted) io.stdout(json ? `${JSON.stringify(asJson(each))}\n` : asText(each));
  const found = fitted.flatMap(({ cameraId, outcome }) => ('refused' in outcome ? [] : [{ cameraId, fit: outcome }]));
  if (!request.apply) {
    if (found.length > 0 && !json) io.stderr('nothing is changed yet: --apply writes it into the rule file\n');
    return EXIT_DONE;
  }
  for (const { cameraId, fit } of found) {
    await editFile(file, (text) => withFit(text, cameraId, entryOf(fit, request, io)));
  }
  io.stderr(
    found.length > 0
      ? `written into ${file}; --undo takes it back\n`
      : 'nothing was written: there is nothing to change\n',
  );
  return found.length > 0 ? EXIT_DONE : EXIT_FAILED;
}

async function takeBack(rule: CompiledRule, file: string, cameras: readonly string[], io: CommandIo): Promise<number> {
  const fitted = cameras.filter((camera) => rule.perCamera?.[camera] !== undefined);
  if (fitted.length === 0) throw new WatchwordError('not-found', `nothing was fitted for ${cameras.join(', ')}`);
  for (const camera of fitted) await editFile(file, (text) => withoutFit(text, camera));
  io.stderr(`took the newest thresholds back for ${fitted.join(', ')} in ${file}\n`);
  return EXIT_DONE;
}

function fitAll(rule: CompiledRule, cameras: readonly string[], request: FitRequest, io: CommandIo): Fitted[] {
  const { since, target, dataDir } = request;
  const until = io.clock.now();
  const { log, close } = openEventLog(dataDir);
  const history = openScoreHistory(dataDir);
  try {
    return cameras.map((cameraId) => {
      const events = eventsOf(log, rule, cameraId, since);
      const storedScores = history.scores.scores.bind(history.scores);
      const cases = fitCases({ rule, cameraId, events, storedScores, until });
      const began = Math.min(until, ...events.map(({ event }) => event.startedAt));
      const weeks = (until - Math.max(since, began)) / WEEK_MS;
      const outcome = fitThresholds(cases, { now: thresholdsOn(rule, cameraId), weeks, target });
      return { cameraId, rule, outcome };
    });
  } finally {
    history.close();
    close();
  }
}

/** Of this rule's question: what it asked before says nothing of what it asks now. */
function eventsOf(log: EventLog, rule: CompiledRule, cameraId: string, since: number): ReviewedEvent[] {
  const events: ReviewedEvent[] = [];
  let cursor: string | undefined;
  do {
    const page = log.list({ ruleId: rule.id, cameraId, since }, { limit: 500, ...(cursor && { cursor }) });
    events.push(...page.events.filter(({ event }) => event.question === rule.question));
    cursor = page.next ?? undefined;
  } while (cursor && events.length < MOST_EVENTS);
  return events;
}

function entryOf(
  { raise, clear, right, wrong, calibration }: Fit,
  request: FitRequest,
  io: CommandIo,
): FittedThresholds {
  const thousandths = (value: number): number => Math.round(value * 1_000) / 1_000;
  return {
    raise,
    clear,
    at: new Date(io.clock.now()).toISOString().slice(0, 10),
    from: `${right} right, ${wrong} wrong, at most ${request.target} false alarms a week`,
    slope: thousandths(calibration.slope),
    intercept: thousandths(calibration.intercept),
  };
}

function asJson({ cameraId, rule, outcome }: Fitted): Record<string, unknown> {
  const { raise, clear } = thresholdsOn(rule, cameraId);
  const about = { rule: rule.id, camera: cameraId, now: { raise, clear } };
  if ('refused' in outcome) return { ...about, refused: outcome.refused, message: outcome.message };
  const { right, wrong, before, after, calibration } = outcome;
  return { ...about, fitted: { raise: outcome.raise, clear: outcome.clear }, right, wrong, before, after, calibration };
}

function asText({ cameraId, rule, outcome }: Fitted): string {
  const now = thresholdsOn(rule, cameraId);
  const head = `${rule.id} on ${cameraId}`;
  if ('refused' in outcome) return `${head}: nothing to change, ${outcome.message}\n`;
  const { right, wrong, before, after, calibration } = outcome;
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  const lines = [
    `${head}, from ${right} events marked right and ${wrong} wrong`,
    `  raise               ${now.raise} -> ${outcome.raise}`,
    `  clear               ${now.clear} -> ${outcome.clear}`,
    `  false alarms a week ${before.falseAlarmsPerWeek.toFixed(1)} -> ${after.falseAlarmsPerWeek.toFixed(1)}`,
    `  right events told   ${percent(before.rightKept)} -> ${percent(after.rightKept)}`,
    `  an alert is right   ${percent(rightAt(now.raise, calibration))} at the old threshold, ${percent(rightAt(outcome.raise, calibration))} at the new`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}
