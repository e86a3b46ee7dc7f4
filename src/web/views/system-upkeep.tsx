import type { LogLevel } from '../../platform/logger.ts';
import type { Page } from '../context.ts';
import type { KeptBackup, UpkeepFacts } from '../upkeep.ts';
import { Layout } from './layout.tsx';
import { ActionForm, Facts, When } from './parts.tsx';

export interface UpkeepProps {
  readonly page: Page;
  readonly facts: UpkeepFacts;
  /** What only admins see and change; undefined for others. */
  readonly admin:
    | {
        readonly backups: readonly KeptBackup[];
        readonly written: string | undefined;
        readonly logLevel: LogLevel;
        readonly mayRestart: boolean;
      }
    | undefined;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export function UpkeepPanels({ page, facts, admin }: UpkeepProps) {
  return (
    <>
      <CostPanel page={page} facts={facts} />
      <AlertsPanel page={page} facts={facts} />
      <DiskPanel page={page} facts={facts} admin={admin} />
      {admin ? <LogPanel page={page} logLevel={admin.logLevel} mayRestart={admin.mayRestart} /> : null}
    </>
  );
}

function CostPanel({ page, facts }: { page: Page; facts: UpkeepFacts }) {
  const { t } = page;
  const { upkeep } = t;
  const { model, frames, p95LatencyMs } = facts;
  const count = (number: number): string => new Intl.NumberFormat(page.language).format(number);
  return (
    <section class="panel">
      <h2>{upkeep.cost}</h2>
      {model ? null : <p class="quiet">{upkeep.notMeasured}</p>}
      <Facts
        rows={[
          model ? [upkeep.load, upkeep.loadOf(percent(model.load))] : null,
          model ? [upkeep.look, milliseconds(model.lookMs)] : null,
          model ? [upkeep.question, milliseconds(model.questionMs)] : null,
          [upkeep.judged, count(facts.evaluationsPerMinute)],
          [upkeep.latency, p95LatencyMs === null ? t.never : milliseconds(p95LatencyMs)],
          [upkeep.frames, count(frames.judged)],
          [upkeep.dropped, count(frames.dropped)],
          [upkeep.skipped, count(frames.skipped)],
          [upkeep.coverage, facts.coverage === null ? upkeep.noHours : percent(facts.coverage)],
          [t.reports.title, <a href="/reports">{t.reports.dayReport}</a>],
        ]}
      />
    </section>
  );
}

function AlertsPanel({ page, facts }: { page: Page; facts: UpkeepFacts }) {
  const { upkeep } = page.t;
  const { waiting } = facts;
  return (
    <section class="panel">
      <h2>{upkeep.alerts}</h2>
      <Facts
        rows={[
          [upkeep.broker, <code>{facts.brokerUrl}</code>],
          [upkeep.topics, <code>{facts.topicBase}</code>],
          [upkeep.waiting, upkeep.messages(waiting.messages, bytes(page, waiting.bytes))],
          waiting.oldestAt === null ? null : [upkeep.oldest, <When page={page} at={waiting.oldestAt} />],
          [upkeep.delivered, new Intl.NumberFormat(page.language).format(facts.delivered)],
        ]}
      />
    </section>
  );
}

function DiskPanel({ page, facts, admin }: UpkeepProps) {
  const { upkeep } = page.t;
  const { disk } = facts;
  return (
    <section class="panel" id="backup">
      <h2>{upkeep.disk}</h2>
      <Facts
        rows={[
          disk ? [upkeep.free, upkeep.freeOf(bytes(page, disk.freeBytes), bytes(page, disk.totalBytes))] : null,
          [upkeep.database, bytes(page, facts.databaseBytes)],
        ]}
      />
      {admin ? (
        <>
          <h3>{upkeep.backups}</h3>
          {admin.written === undefined ? null : (
            <p class="success" role="status">
              {upkeep.written(admin.written)}
            </p>
          )}
          {admin.backups.length === 0 ? <p class="quiet">{upkeep.noBackup}</p> : null}
          <ul class="people">
            {admin.backups.map(({ name, bytes: size, writtenAt }) => (
              <li>
                <span class="person">
                  <When page={page} at={writtenAt} /> <span class="quiet">{bytes(page, size)}</span>
                </span>
                <a
                  class="button"
                  href={`/system/backups/${name}`}
                  aria-label={`${upkeep.download}: ${name}`}
                  download={name}
                >
                  {upkeep.download}
                </a>
              </li>
            ))}
          </ul>
          <ActionForm page={page} action="/system/backups">
            <button type="submit" class="button">
              {upkeep.backupNow}
            </button>
          </ActionForm>
          <p class="quiet">{upkeep.backupHint}</p>
        </>
      ) : null}
    </section>
  );
}

function LogPanel({ page, logLevel, mayRestart }: { page: Page; logLevel: LogLevel; mayRestart: boolean }) {
  const { upkeep } = page.t;
  return (
    <section class="panel" id="log">
      <h2>{upkeep.log}</h2>
      <ActionForm page={page} action="/system/log" class="form">
        <label class="field">
          <span>{upkeep.logLevel}</span>
          <select name="level">
            {LEVELS.map((level) => (
              <option value={level} selected={level === logLevel}>
                {upkeep.level[level]}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="button">
          {upkeep.change}
        </button>
        <p class="quiet">{upkeep.logHint}</p>
      </ActionForm>
      {mayRestart ? (
        <>
          <h3>{upkeep.restart}</h3>
          <p class="quiet">{upkeep.restartHint}</p>
          <ActionForm page={page} action="/system/restart">
            <button type="submit" class="button" data-confirm={upkeep.restartQuestion}>
              {upkeep.restart}
            </button>
          </ActionForm>
        </>
      ) : null}
    </section>
  );
}

/** Until the box is back; start.js looks for it. */
export function RestartingPage({ page, runId }: { page: Page; runId: string }) {
  const { start, upkeep } = page.t;
  return (
    <Layout page={page} title={upkeep.restart} scripts={['start.js']}>
      <section class="panel" data-restarting={runId} data-then="/system" role="status">
        <h1>{upkeep.restart}</h1>
        <p>{start.restartingHint}</p>
      </section>
    </Layout>
  );
}

/** `1.4 GB`: as disks are sold, in thousands. */
function bytes(page: Page, count: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  return new Intl.NumberFormat(page.language, {
    style: 'unit',
    unit: units[power] ?? 'byte',
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumSignificantDigits: 3,
  }).format(count / 1000 ** power);
}

const percent = (share: number): string => `${Math.round(share * 1_000) / 10}\u00a0%`;

const milliseconds = (ms: number): string => `${ms < 10 ? Math.round(ms * 10) / 10 : Math.round(ms)}\u00a0ms`;
