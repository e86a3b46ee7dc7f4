import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { AlertChannel } from '../alerts/outbox.ts';
import type { Clock } from '../platform/clock.ts';
import { toError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import { ApiTokenStore } from './api-tokens.ts';
import { AuditLog } from './audit.ts';
import { BrokerSessionStore } from './broker-sessions.ts';
import { CoverageStore } from './coverage.ts';
import { connect, DATABASE_FILE, verifyIntegrity } from './database.ts';
import { guarded, storeError } from './errors.ts';
import { EventLog } from './event-log.ts';
import { EventStore } from './events.ts';
import { EvidenceStore } from './evidence.ts';
import { lockFolder } from './lock.ts';
import { migrate } from './migrations.ts';
import { type OutboxLimits, StoredOutbox } from './outbox.ts';
import { RuleVersionStore } from './rule-versions.ts';
import { type Run, RunStore } from './runs.ts';
import { SessionStore } from './sessions.ts';
import { SilenceStore } from './silences.ts';
import { UserStore } from './users.ts';
import { VerdictStore } from './verdicts.ts';

export interface StoreOptions {
  /** Made when it is missing. Holds watchword.db and evidence/. */
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The program's version, for the row of this run. */
  readonly version: string;
  /** Where alerts go; see Outbox. */
  readonly channels?: readonly AlertChannel[];
  readonly outbox?: Partial<OutboxLimits>;
}

/** Everything the box remembers. One process at a time. */
export interface Store {
  /** Events as they are committed and restored. */
  readonly events: EventStore;
  /** Events as people list, search and review them. */
  readonly log: EventLog;
  readonly outbox: StoredOutbox;
  readonly evidence: EvidenceStore;
  readonly verdicts: VerdictStore;
  readonly coverage: CoverageStore;
  readonly silences: SilenceStore;
  readonly ruleVersions: RuleVersionStore;
  readonly runs: RunStore;
  /** Who changed what. */
  readonly audit: AuditLog;
  readonly users: UserStore;
  readonly sessions: SessionStore;
  /** Subscribers of the embedded broker that want to miss nothing. */
  readonly brokerSessions: BrokerSessionStore;
  readonly tokens: ApiTokenStore;
  /** The run before this one; one without `stoppedAt` was killed or lost its power. */
  readonly previousRun: Run | undefined;
  /** Writes what waits in memory. Call it every few seconds. */
  flush(): void;
  /** Flushes, marks the run as stopped, closes. Idempotent. */
  close(): void;
}

export const EVIDENCE_FOLDER = 'evidence';

/**
 * A database larger than this (about a hundred thousand events) is not read through at start: 567 MB took 21 s on a busy
 * machine. Damage in it shows as `corrupt` where it is met, and in every backup.
 */
const CHECK_UP_TO_BYTES = 64 * 1024 * 1024;

/**
 * Opens the store, making or migrating the database as needed.
 *
 * @throws WatchwordError `corrupt` when the database is damaged (with the way out), `unsupported` when a newer program
 *   wrote it, `conflict` when another process has it open, `unavailable` when the disk refuses
 */
export function openStore(options: StoreOptions): Store {
  const { dataDir } = options;
  guarded('making the data folder', () => mkdirSync(join(dataDir, EVIDENCE_FOLDER), { recursive: true, mode: 0o750 }));
  const opened: Array<{ close(): void }> = [lockFolder(dataDir)];
  const closeAll = (): void => {
    for (const each of opened.splice(0).reverse()) each.close();
  };
  try {
    const file = join(dataDir, DATABASE_FILE);
    const db = connect(file, 'full');
    opened.push(db);
    if (sizeOf(file) <= CHECK_UP_TO_BYTES) verifyIntegrity(db);
    migrate(db);
    const relaxed = connect(file, 'normal');
    opened.push(relaxed);
    return assemble(options, db, relaxed, closeAll);
  } catch (error) {
    closeAll();
    throw storeError(error, 'opening the store');
  }
}

function assemble(options: StoreOptions, db: Database, relaxed: Database, closeAll: () => void): Store {
  const { dataDir, clock, logger, channels = ['mqtt'] } = options;
  const runs = new RunStore({ db: relaxed, clock, logger });
  const evidence = new EvidenceStore({ folder: join(dataDir, EVIDENCE_FOLDER), db });
  const outbox = new StoredOutbox({
    db,
    relaxed,
    clock,
    logger,
    channels,
    ...(options.outbox && { limits: options.outbox }),
  });
  const verdicts = new VerdictStore({ db: relaxed, clock, logger });
  const audit = new AuditLog({ db, clock });
  const previousRun = runs.newest(1)[0];
  beginRun(runs, options);
  let closed = false;
  return {
    events: new EventStore({ db, outbox, evidence }),
    log: new EventLog({ db, evidence, audit }),
    outbox,
    evidence,
    verdicts,
    runs,
    audit,
    users: new UserStore({ db, audit }),
    sessions: new SessionStore({ db }),
    brokerSessions: new BrokerSessionStore({ db: relaxed, clock }),
    tokens: new ApiTokenStore({ db, audit }),
    coverage: new CoverageStore({ db: relaxed, clock, logger }),
    silences: new SilenceStore({ db, clock, audit }),
    ruleVersions: new RuleVersionStore({ db, audit }),
    previousRun,
    flush: () => verdicts.flush(),
    close() {
      if (closed) return;
      closed = true;
      try {
        verdicts.flush();
        runs.end();
      } finally {
        closeAll();
      }
    },
  };
}

/** A full disk costs the record of this run, not the run. */
function beginRun(runs: RunStore, { version, logger }: StoreOptions): void {
  try {
    runs.begin(version);
  } catch (error) {
    logger.warn('this run is not recorded', { error: toError(error) });
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
