import { type BacktestSources, backtest as runBacktest } from '../backtest/backtest.ts';
import type { Settings } from '../config/settings.ts';
import { PictureIndex } from '../history/picture-index.ts';
import { type CachedQuestion, ScoreCache } from '../history/score-cache.ts';
import { parseDuration } from '../platform/duration.ts';
import { toError } from '../platform/errors.ts';
import { nearest } from '../platform/nearest.ts';
import { contextOf } from '../rules/context.ts';
import type { CompiledRule } from '../rules/rule.ts';
import { readScheduleWords } from '../rules/schedule-words.ts';
import { thresholdsOn } from '../rules/verdict.ts';
import { openScoreHistory } from '../store/score-history.ts';
import { jsonLines, report } from './backtest-report.ts';
import { type Command, type CommandIo, EXIT_DONE, parseOptions, UsageError } from './command.ts';
import { MODEL_OPTION_HELP, MODEL_OPTIONS, type OpenModel, openChosenModel } from './open-model.ts';
import { configuredModel, LazyModel, modelKey } from './past-model.ts';
import { ProgressBar } from './progress.ts';
import { chosenRule, chosenSettings } from './rule-choice.ts';
import { DATA_HELP, DATA_OPTIONS, dataFolder } from './store-folder.ts';

const OPTIONS = {
  ...DATA_OPTIONS,
  ...MODEL_OPTIONS,
  camera: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  for: { type: 'string' },
  'clear-after': { type: 'string' },
  raise: { type: 'string' },
  clear: { type: 'string' },
  schedule: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const DETAILS = `RULE is a rule's id or a sentence in quotes. Answers that live rules got to the same question count first; kept pictures are
asked for the rest of the time, once: trying other thresholds, durations or hours afterwards needs no model.

options:
  --camera C           on this camera (default: the rule's, when it has one)
  --since TIME         how far back: 30m, 24h, 7d, or a date such as 2026-03-02T08:00 (default: 24h)
  --until TIME         up to then (default: now)
  --for D, --clear-after D, --raise N, --clear N, --schedule WORDS
                       try these instead of what the rule says
${DATA_HELP}
${MODEL_OPTION_HELP}
  --json               {"score":{...}} per part of the time, {"event":{...}} per event, {"summary":{...}} as the last line

examples:
  watchword backtest empty-shelf --camera aisle-1 --since 7d
  watchword backtest "Alert me when a shelf is empty for 2 minutes" --camera aisle-1`;

const PARTS = 72;
const DAY_MS = 86_400_000;

export function createBacktest(open: OpenModel): Command {
  return {
    name: 'backtest',
    summary: 'tell what a rule would have done on the past',
    usage: 'watchword backtest RULE --camera C [--since 24h] [--json] [--data DIR | --config FILE]',
    details: DETAILS,
    async run(args, io) {
      const { values, positionals, rest = [] } = parseOptions(args, OPTIONS);
      const text = [...positionals, ...rest].join(' ').trim();
      if (text === '') throw new UsageError('there is no rule', 'Give its id, or a sentence in quotes');
      const { file, settings } = chosenSettings(values.config);
      const written = chosenRule(text, settings);
      const cameraId = cameraFor(written, values.camera, settings);
      const rule = adjusted(written, cameraId, values, settings);
      const until = instantOf(values.until, 'until', io) ?? io.clock.now();
      const since = instantOf(values.since, 'since', io) ?? until - DAY_MS;
      if (since >= until) throw new UsageError('--since is not before --until');
      const choice = configuredModel(values, settings, file);
      const past = openPast({ dataDir: dataFolder(values), settings, rule, cameraId, open, choice, io });
      const bar = new PictureBar(io);
      try {
        const request = { rule, cameraId, since, until, buckets: PARTS, signal: io.signal };
        const result = await runBacktest({ ...request, onProgress: (asked, of) => bar.show(asked, of) }, past.sources);
        bar.clear();
        const shown = { rule, cameraId, since, until, parts: PARTS, result };
        io.stdout(values.json ? jsonLines(shown) : report(shown));
      } finally {
        bar.clear();
        await past.close();
      }
      return EXIT_DONE;
    },
  };
}

export const backtest = createBacktest(openChosenModel);

type Values = Partial<Record<'for' | 'clear-after' | 'raise' | 'clear' | 'schedule', string | undefined>>;

function adjusted(written: CompiledRule, cameraId: string, values: Values, settings: Settings): CompiledRule {
  const { perCamera: _, ...rule } = written;
  const now = thresholdsOn(written, cameraId);
  const raise = shareOf(values.raise, 'raise') ?? now.raise;
  const clear = shareOf(values.clear, 'clear') ?? Math.min(now.clear, raise);
  if (clear > raise) throw new UsageError(`--clear ${clear} is above raise ${raise}`);
  return {
    ...rule,
    raise,
    clear,
    forMs: lengthOf(values.for, 'for') ?? rule.forMs,
    clearAfterMs: lengthOf(values['clear-after'], 'clear-after') ?? rule.clearAfterMs,
    ...(values.schedule !== undefined && { schedule: scheduleOf(values.schedule, settings) }),
  };
}

function shareOf(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const share = text.trim() === '' ? Number.NaN : Number(text);
  if (share >= 0 && share <= 1) return share;
  throw new UsageError(`--${option} takes a number from 0 to 1, not "${text}"`);
}

function lengthOf(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new UsageError(`--${option} takes a length of time such as 30s, not "${text}"`);
}

function scheduleOf(words: string, settings: Settings): CompiledRule['schedule'] {
  const { windows, errors } = readScheduleWords(words, contextOf(settings));
  const [first] = errors;
  if (first) throw new UsageError(`--schedule: ${first.message}`);
  return windows;
}

function cameraFor(rule: CompiledRule, named: string | undefined, settings: Settings): string {
  const known = Object.keys(settings.cameras);
  if (named === undefined) {
    const [only, ...more] = rule.cameras;
    if (only !== undefined && more.length === 0) return only;
    throw new UsageError('on which camera?', `Name one with --camera: ${rule.cameras.join(', ')}`);
  }
  if (known.includes(named) && rule.zone !== null && !settings.cameras[named]?.zones[rule.zone])
    throw new UsageError(
      `camera ${named} has no zone "${rule.zone}"`,
      `The rule looks at it on: ${rule.cameras.join(', ')}`,
    );
  if (known.includes(named)) return named;
  const near = nearest(named, known);
  throw new UsageError(
    `there is no camera "${named}"`,
    near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `Known: ${known.join(', ')}`,
  );
}

function instantOf(text: string | undefined, option: string, io: CommandIo): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  const at = ms === undefined ? Date.parse(text) : io.clock.now() - ms;
  if (Number.isFinite(at)) return at;
  throw new UsageError(
    `--${option} does not understand "${text}"`,
    'Write 30m, 24h, 7d, or a date such as 2026-03-02T08:00',
  );
}

interface PastOptions {
  readonly dataDir: string;
  readonly settings: Settings;
  readonly rule: CompiledRule;
  readonly cameraId: string;
  readonly open: OpenModel;
  readonly choice: Parameters<OpenModel>[0];
  readonly io: CommandIo;
}

/** The data folder's past, also while the daemon runs on it. */
function openPast({ dataDir, settings, rule, cameraId, open, choice, io }: PastOptions) {
  const history = openScoreHistory(dataDir);
  const index = PictureIndex.openReadOnly(dataDir);
  const cache = index && openCache(dataDir, io);
  const model = new LazyModel(open, choice, io);
  const polygon = rule.zone === null ? null : (settings.cameras[cameraId]?.zones[rule.zone] ?? null);
  const asked = (): CachedQuestion => {
    const zone = polygon === null ? '' : JSON.stringify(polygon);
    return { model: modelKey(choice), cameraId, question: rule.question, zone };
  };
  const sources: BacktestSources = {
    timeZone: settings.site.timeZone,
    calendars: contextOf(settings).calendars,
    storedScores: (query) => history.scores.scores(query),
    pictures: (query) => index?.list(query) ?? [],
    cached: (since, until) => cache?.scores(asked(), since, until) ?? new Map(),
    keep: (scores) => cache?.keep(asked(), scores),
    async ask(picture) {
      const jpeg = await index?.read(picture);
      return jpeg && model.ask({ jpeg, width: picture.width, height: picture.height }, rule.question, polygon);
    },
  };
  const close = async (): Promise<void> => {
    await model.close();
    cache?.prune(index?.oldest(1)[0]?.capturedAt ?? Number.MAX_SAFE_INTEGER);
    cache?.close();
    index?.close();
    history.close();
  };
  return { sources, close };
}

/** Without one the pictures are asked again the next time: no reason to refuse. */
function openCache(dataDir: string, io: CommandIo): ScoreCache | undefined {
  try {
    return new ScoreCache(dataDir);
  } catch (error) {
    io.stderr(`scores are not kept: ${toError(error).message}\n`);
    return undefined;
  }
}

/** Its total is known only once the pictures are counted. */
class PictureBar {
  readonly #io: CommandIo;
  #bar: ProgressBar | undefined;

  constructor(io: CommandIo) {
    this.#io = io;
  }

  show(asked: number, of: number): void {
    this.#bar ??= new ProgressBar(this.#io, of);
    this.#bar.show(asked, 'pictures asked');
  }

  clear(): void {
    this.#bar?.clear();
  }
}
