import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogLevel } from '../../src/platform/logger.ts';
import type { KeptBackup, Upkeep } from '../../src/web/upkeep.ts';

let shared: string | undefined;

/** One for all, gone with the process. */
function folder(): string {
  if (shared === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'watchword-test-backups-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    shared = made;
  }
  return shared;
}

/** A box that does well, with backups of a few bytes. */
export class MemoryUpkeep implements Upkeep {
  level: LogLevel = 'info';
  restarts = 0;
  kept: KeptBackup[] = [];

  async facts() {
    return {
      disk: { freeBytes: 41.2e9, totalBytes: 118e9 },
      databaseBytes: 5.4e6,
      evaluationsPerMinute: 214,
      p95LatencyMs: 412,
      model: { lookMs: 61.3, questionMs: 7.4, load: 0.37 },
      frames: { judged: 81_233, dropped: 12, skipped: 40_110 },
      waiting: { messages: 3, bytes: 4_800, oldestAt: Date.parse('2026-03-02T08:58:00Z') },
      delivered: 1_284,
      brokerUrl: 'mqtt://127.0.0.1:1883',
      topicBase: 'watchword/hafen',
      coverage: 0.982,
    };
  }

  async backups() {
    return this.kept;
  }

  async backup() {
    const name = `watchword-2026030${this.kept.length + 1}T090000Z.db`;
    writeFileSync(join(folder(), name), 'SQLite format 3');
    const backup = { name, bytes: 15, writtenAt: Date.parse('2026-03-02T09:00:00Z') };
    this.kept = [backup, ...this.kept];
    return backup;
  }

  backupFile(name: string): string | undefined {
    return this.kept.some((each) => each.name === name) ? join(folder(), name) : undefined;
  }

  logLevel(): LogLevel {
    return this.level;
  }

  setLogLevel(level: LogLevel): void {
    this.level = level;
  }

  restart(): void {
    this.restarts++;
  }
}
