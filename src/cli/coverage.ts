import { parseDuration } from '../platform/duration.ts';
import type { CoverageSummary } from '../store/coverage.ts';
import { openCoverage } from '../store/coverage-history.ts';
import { type Command, type CommandIo, EXIT_DONE, parseOptions, UsageError } from './command.ts';
import { lengthText } from './lengths.ts';
import { DATA_HELP, DATA_OPTIONS, dataFolder } from './store-folder.ts';
import { type Column, formatTable } from './table.ts';

const OPTIONS = {
  ...DATA_OPTIONS,
  since: { type: 'string' },
  camera: { type: 'string' },
  rule: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const HOUR_MS = 3_600_000;

export const coverage: Command = {
  name: 'coverage',
  summary: 'tell how much of its hours each rule was really watched, and why not',
  usage: 'watchword coverage [--since 24h] [--rule R] [--camera C] [--json] [--data DIR | --config FILE]',
  details: `options:
  --since TIME    how far back, to the full hour: 2h, 24h, 7d (default: 24h)
  --rule R        of this rule
  --camera C      of this camera
${DATA_HELP}
  --json          one line of JSON per rule and camera

A question that was not asked because nothing had changed counts as watched. Lost time names its cause: a camera that was lost,
a picture too dark, a model without an answer, frames that came faster than the model could look (dropped), or nothing at all.`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, OPTIONS);
    if (positionals.length > 0) throw new UsageError(`unexpected "${positionals[0]}"`, 'Use --rule or --camera');
    const sinceMs = parseDuration(values.since ?? '24h');
    if (sinceMs === undefined)
      throw new UsageError(`--since does not understand "${values.since}"`, 'Write 2h, 24h, 7d');
    const now = io.clock.now();
    const { coverage: store, close } = openCoverage(dataFolder(values), io);
    try {
      const found = store.summaries({
        since: Math.floor((now - sinceMs) / HOUR_MS) * HOUR_MS,
        until: now,
        ...(values.rule !== undefined && { ruleId: values.rule }),
        ...(values.camera !== undefined && { cameraId: values.camera }),
      });
      if (values.json) for (const summary of found) io.stdout(`${JSON.stringify(asJson(summary))}\n`);
      else printTable(found, io);
    } finally {
      close();
    }
    return EXIT_DONE;
  },
};

function asJson(summary: CoverageSummary): Record<string, unknown> {
  const { ruleId, cameraId, share, scheduledMs, evaluatedMs, gatedMs, lostMs, longestGap } = summary;
  const gap = longestGap && { ms: Math.round(longestGap.ms), from: isoTime(longestGap.from), cause: longestGap.cause };
  const lost = Object.fromEntries(Object.entries(lostMs).map(([cause, ms]) => [cause, Math.round(ms)]));
  return {
    ...{ rule: ruleId, camera: cameraId, share: Math.round(share * 10_000) / 10_000 },
    ...{ scheduledMs: Math.round(scheduledMs), evaluatedMs: Math.round(evaluatedMs), gatedMs: Math.round(gatedMs) },
    ...{ lostMs: lost, longestGap: gap },
  };
}

const COLUMNS: readonly Column[] = [
  { title: 'rule' },
  { title: 'camera' },
  { title: 'watched', right: true },
  { title: 'of', right: true },
  { title: 'longest gap', right: true },
  { title: 'from' },
  { title: 'cause' },
  { title: 'lost to' },
];

function printTable(found: readonly CoverageSummary[], io: CommandIo): void {
  if (found.length === 0) {
    io.stderr('nothing was watched in this time\n');
    return;
  }
  const rows = found.map(({ ruleId, cameraId, share, scheduledMs, lostMs, longestGap }) => [
    ruleId,
    cameraId,
    `${(share * 100).toFixed(1)} %`,
    lengthText(scheduledMs),
    longestGap ? lengthText(longestGap.ms) : '-',
    longestGap ? localTime(longestGap.from) : '',
    longestGap?.cause ?? '',
    Object.entries(lostMs)
      .sort(([, a], [, b]) => b - a)
      .map(([cause, ms]) => `${cause} ${lengthText(ms)}`)
      .join(', '),
  ]);
  io.stdout(formatTable(COLUMNS, rows));
}

const isoTime = (ms: number): string => new Date(Math.round(ms)).toISOString();

/** In the time zone of whoever reads it. */
const localTime = (ms: number): string => new Date(ms).toLocaleString('sv-SE').slice(0, 16);
