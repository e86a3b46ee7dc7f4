import { parseDuration } from '../platform/duration.ts';
import type { EventFilter } from '../store/event-list.ts';
import type { EventLog, ReviewedEvent } from '../store/event-log.ts';
import { openEventLog } from '../store/read-only.ts';
import { type Command, type CommandIo, EXIT_DONE, parseOptions, UsageError, wholeNumber } from './command.ts';
import { DATA_HELP, DATA_OPTIONS, dataFolder } from './store-folder.ts';
import { decimals, formatTable } from './table.ts';

const OPTIONS = {
  ...DATA_OPTIONS,
  since: { type: 'string' },
  camera: { type: 'string' },
  rule: { type: 'string' },
  severity: { type: 'string' },
  open: { type: 'boolean' },
  text: { type: 'string' },
  limit: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const SEVERITIES = ['info', 'warning', 'critical'] as const;
const PAGE = 500;
const DEFAULT_LIMIT = 50;

export const events: Command = {
  name: 'events',
  summary: 'list what happened, newest first, also while Watchword runs',
  usage: 'watchword events [--since 1h] [--camera C] [--rule R] [--json] [--data DIR | --config FILE]',
  details: `options:
  --since TIME    how far back: 90s, 30m, 1h, 7d, or a date such as 2026-03-02T08:00 (all of them; else the newest ${DEFAULT_LIMIT})
  --camera C      of this camera
  --rule R        of this rule
  --severity S    info, warning or critical
  --open          only those that are still open
  --text WORDS    whose sentence, question or note holds these words
  --limit N       at most this many
${DATA_HELP}
  --json          one line of JSON per event

examples:
  watchword events --since 1h
  watchword events --camera dock --since 7d --json`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, OPTIONS);
    if (positionals.length > 0)
      throw new UsageError(`unexpected "${positionals[0]}"`, 'Use --rule, --camera or --text');
    const since = sinceOf(values.since, io);
    const limit =
      wholeNumber(values.limit, 'limit', { min: 1, max: 1_000_000 }) ??
      (since === undefined ? DEFAULT_LIMIT : Number.POSITIVE_INFINITY);
    const filter: EventFilter = {
      ...(since !== undefined && { since }),
      ...(values.camera !== undefined && { cameraId: values.camera }),
      ...(values.rule !== undefined && { ruleId: values.rule }),
      ...(values.severity !== undefined && { severity: severityOf(values.severity) }),
      ...(values.open && { state: 'open' as const }),
      ...(values.text !== undefined && { text: values.text }),
    };
    const { log, close } = openEventLog(dataFolder(values));
    try {
      if (values.json) printLines(log, filter, limit, io);
      else printTable(log, filter, limit, io);
    } finally {
      close();
    }
    return EXIT_DONE;
  },
};

function sinceOf(text: string | undefined, io: CommandIo): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  const since = ms === undefined ? Date.parse(text) : io.clock.now() - ms;
  if (Number.isFinite(since)) return since;
  throw new UsageError(
    `--since does not understand "${text}"`,
    'Write 30m, 1h, 7d, or a date such as 2026-03-02T08:00',
  );
}

function severityOf(text: string): (typeof SEVERITIES)[number] {
  const known = SEVERITIES.find((severity) => severity === text);
  if (known) return known;
  throw new UsageError(`there is no severity "${text}"`, `Known: ${SEVERITIES.join(', ')}`);
}

function* pagesOf(log: EventLog, filter: EventFilter, limit: number): Generator<ReviewedEvent> {
  let cursor: string | null = null;
  for (let left = limit; left > 0; ) {
    const page = log.list(filter, { limit: Math.min(PAGE, left), ...(cursor !== null && { cursor }) });
    yield* page.events;
    left -= page.events.length;
    cursor = page.next;
    if (cursor === null) return;
  }
}

function printLines(log: EventLog, filter: EventFilter, limit: number, io: CommandIo): void {
  for (const { event, review } of pagesOf(log, filter, limit)) {
    const { ruleId, cameraId, startedAt, endedAt, endReason, alertedAt, ...same } = event;
    const line = {
      ...{ id: same.id, rule: ruleId, words: same.words, question: same.question, camera: cameraId },
      ...{
        severity: same.severity,
        startedAt: isoTime(startedAt),
        endedAt: isoTime(endedAt),
        endReason: endReason ?? null,
      },
      ...{ score: same.score, model: same.model, weightsHash: same.weightsHash, stale: same.stale },
      ...{ alertedAt: isoTime(alertedAt ?? null), revision: same.revision },
      review: { ...review, acknowledgedAt: isoTime(review.acknowledgedAt) },
    };
    io.stdout(`${JSON.stringify(line)}\n`);
  }
}

function printTable(log: EventLog, filter: EventFilter, limit: number, io: CommandIo): void {
  const rows = [...pagesOf(log, filter, limit)].map(({ event }) => [
    localTime(event.startedAt),
    event.endedAt === null ? 'open' : lasted(event.endedAt - event.startedAt),
    event.severity,
    event.cameraId,
    event.ruleId,
    decimals(event.score, 2),
    event.words.length > 60 ? `${event.words.slice(0, 59)}…` : event.words,
  ]);
  if (rows.length === 0) {
    io.stderr('no events\n');
    return;
  }
  const titles = ['started', 'lasted', 'severity', 'camera', 'rule', 'score', 'words'];
  io.stdout(
    formatTable(
      titles.map((title) => ({ title, right: title === 'lasted' || title === 'score' })),
      rows,
    ),
  );
}

const isoTime = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** In the time zone of whoever reads it: `2026-03-02 09:00:05`. */
const localTime = (ms: number): string => new Date(ms).toLocaleString('sv-SE');

function lasted(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m ${seconds % 60}s`;
  return `${Math.floor(seconds / 3_600)}h ${Math.floor((seconds % 3_600) / 60)}m`;
}
