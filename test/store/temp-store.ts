import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  type ChangeType,
  changeKey,
  type EventCommit,
  type Evidence,
  type WatchEvent,
} from '../../src/events/event.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { openStore, type Store, type StoreOptions } from '../../src/store/store.ts';
import { ManualClock } from '../support/manual-clock.ts';

export const START = Date.parse('2026-03-02T09:00:00Z');

/** Memory, where the machine offers it: fsync then costs nothing, and what is tested stays the same. */
const TEMP = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A folder that goes when the test ends. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(TEMP, 'watchword-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A real store in a folder of its own, closed when the test ends. */
export function tempStore(options: Partial<StoreOptions> = {}): { store: Store; dataDir: string; clock: ManualClock } {
  const dataDir = options.dataDir ?? tempFolder();
  const clock = new ManualClock(START);
  const store = openStore({ dataDir, clock, logger: silentLogger, version: '0.0.0', ...options });
  onTestFinished(() => store.close());
  return { store, dataDir, clock };
}

let ids = 0;

export function eventOf(changes: Partial<WatchEvent> = {}): WatchEvent {
  const startedAt = changes.startedAt ?? START;
  return {
    id: `${startedAt.toString(36).padStart(9, '0')}-${(++ids).toString(16).padStart(6, '0')}`,
    ruleId: 'empty-shelf',
    words: 'Alert me when a shelf is empty for 5 minutes',
    question: 'Is a shelf empty?',
    cameraId: 'aisle-1',
    severity: 'warning',
    startedAt,
    endedAt: null,
    score: 0.8,
    model: 'tiny q8',
    weightsHash: 'abc',
    stale: false,
    revision: 1,
    alertedAt: startedAt,
    ...changes,
  };
}

export function commitOf(
  type: ChangeType,
  event: WatchEvent,
  how: { alert?: boolean; evidence?: readonly Evidence[]; changedAt?: number } = {},
): EventCommit {
  const { alert = true, evidence = [], changedAt = event.startedAt } = how;
  return { change: { type, key: changeKey(event.id, type, event.revision), event, changedAt }, alert, evidence };
}

export function ended(event: WatchEvent, endedAt = event.startedAt + 60_000): WatchEvent {
  return { ...event, endedAt, endReason: 'clear', revision: event.revision + 1 };
}

export function pictureOf(content: string | Buffer, changes: Partial<Evidence> = {}): Evidence {
  return {
    role: 'deciding',
    jpeg: Buffer.from(content),
    capturedAt: START,
    width: 320,
    height: 180,
    score: 0.8,
    ...changes,
  };
}
