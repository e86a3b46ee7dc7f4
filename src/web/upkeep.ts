import type { LogLevel } from '../platform/logger.ts';

/** How the box is doing, beyond what each part says of its health. */
export interface UpkeepFacts {
  /** null where it cannot be read. */
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number } | null;
  readonly databaseBytes: number;
  readonly evaluationsPerMinute: number;
  /** From a picture's capture to its verdicts; null when nothing was judged in the last minute. */
  readonly p95LatencyMs: number | null;
  /** What the model costs, measured, and what all rules together take of its time (1 is all of it); null before that is known. */
  readonly model: { readonly lookMs: number; readonly questionMs: number; readonly load: number } | null;
  /** Frames since the start. */
  readonly frames: { readonly judged: number; readonly dropped: number; readonly skipped: number };
  /** Messages that wait to be delivered; `oldestAt` in wall-clock ms. */
  readonly waiting: { readonly messages: number; readonly bytes: number; readonly oldestAt: number | null };
  /** Messages acknowledged since the start. */
  readonly delivered: number;
  readonly brokerUrl: string;
  readonly topicBase: string;
  /** Of the last 24 hours, 0..1; null when no rule had hours. */
  readonly coverage: number | null;
}

export interface KeptBackup {
  readonly name: string;
  readonly bytes: number;
  /** Wall-clock ms. */
  readonly writtenAt: number;
}

/** What keeps the box going. */
export interface Upkeep {
  facts(): Promise<UpkeepFacts>;
  /** Newest first. */
  backups(): Promise<readonly KeptBackup[]>;
  /**
   * Copies and checks the database, in a thread of its own; the oldest backups go. Rejects with `too-many` while one is being
   * written, and with `unavailable` when the disk refuses.
   */
  backup(by: string): Promise<KeptBackup>;
  /** The file of one; undefined when there is none of that name. */
  backupFile(name: string): string | undefined;
  logLevel(): LogLevel;
  /** Until the next start. */
  setLogLevel(level: LogLevel, by: string): void;
  /** Starts the box anew with its configuration as it is then; absent where nobody would start it again. */
  readonly restart?: (by: string) => void;
}
