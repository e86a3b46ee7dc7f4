import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startFresh } from '../../src/store/backup.ts';
import { openEventLog } from '../../src/store/read-only.ts';
import type { Store } from '../../src/store/store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { commitOf, eventOf, tempFolder, tempStore } from './temp-store.ts';

const WRITER = fileURLToPath(new URL('crash-writer.js', import.meta.url));

/** Starting processes takes its time on a machine that is busy with other things. */
const SLOW = { timeout: 60_000 };

/** A writer in a process of its own, with all it has told so far. */
class Writer {
  readonly told: string[] = [];
  readonly #process: ChildProcess;
  readonly #lines: Interface;
  readonly #gone = new AbortController();

  constructor(dataDir: string) {
    this.#process = spawn(process.execPath, [WRITER, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void this.#process.kill('SIGKILL'));
    this.#lines = createInterface({ input: this.#process.stdout ?? process.stdin });
    this.#lines.on('line', (line) => this.told.push(line));
    this.#process.on('close', (code) => this.#gone.abort(new Error(`the writer ended with code ${code}`)));
  }

  /** Until it has told this many lines more. */
  async hear(lines: number): Promise<void> {
    const until = this.told.length + lines;
    while (this.told.length < until) await once(this.#lines, 'line', { signal: this.#gone.signal });
  }

  /** Stands still when this resolves: a signal is on its way for a while. */
  async freeze(): Promise<void> {
    this.#process.kill('SIGSTOP');
    const state = (): string => readFileSync(`/proc/${this.#process.pid}/stat`, 'utf8').split(') ')[1] ?? '';
    while (!state().startsWith('T')) await new Promise((resolve) => setImmediate(resolve));
  }

  thaw(): void {
    this.#process.kill('SIGCONT');
  }

  /** Gone, with every line it wrote read. */
  async kill(): Promise<void> {
    const closed = once(this.#process, 'close');
    this.#process.kill('SIGKILL');
    await closed;
  }
}

/**
 * Every key that was told is kept: in the outbox, or told as delivered (`later` holds what stood unread in the pipe as
 * well); every event is whole.
 */
function verify(store: Store, told: readonly string[], later = told): void {
  const committed = told.filter((word) => /:(new|end):\d$/.test(word) && !word.startsWith('delivered'));
  const delivered = new Set(later.filter((word) => word.startsWith('delivered ')).map((word) => word.slice(10)));
  const pending = store.outbox.pending('mqtt', 100_000);
  const keys = new Set(pending.map(({ change }) => change.key));
  expect(committed.filter((key) => !keys.has(key) && !delivered.has(key))).toEqual([]);
  // Nothing is pending that its event does not know of.
  for (const { change } of pending) {
    expect(store.events.get(change.event.id)?.revision).toBeGreaterThanOrEqual(change.event.revision);
  }
  for (const key of committed.slice(-200)) {
    const event = store.events.get(key.replace(/:(new|end):\d$/, ''));
    expect(event).toBeDefined();
    if (key.includes(':end:')) expect(event?.endReason).toBe('clear');
    expect(store.evidence.ofEvent(event?.id ?? '')).toHaveLength(1);
  }
  expect(store.log.countOpen()).toBeLessThanOrEqual(1);
}

describe('a process that is killed at any moment', SLOW, () => {
  test('has kept everything it said it kept, and the next one goes on', async () => {
    const dataDir = tempFolder();
    const told: string[] = [];
    for (let kill = 0; kill < 5; kill++) {
      const writer = new Writer(dataDir);
      await writer.hear(5 + kill * 17);
      await writer.kill();
      told.push(...writer.told);
      const { store } = tempStore({ dataDir });
      verify(store, told);
      expect(store.previousRun?.stoppedAt).toBeNull();
      store.close();
    }
    expect(told.filter((word) => word.includes(':new:')).length).toBeGreaterThan(50);
  });

  test('lets a second process neither in while it lives nor keeps it out when it is gone', async () => {
    const dataDir = tempFolder();
    const writer = new Writer(dataDir);
    await writer.hear(2);
    expect(() => tempStore({ dataDir })).toThrow(expect.objectContaining({ kind: 'conflict' }));
    // Readers come and go meanwhile.
    const reader = openEventLog(dataDir);
    expect(reader.log.list({}, { limit: 9 }).events.length).toBeGreaterThan(0);
    reader.close();
    // Each event takes up to four lines.
    await writer.hear(12);
    await writer.kill();
    expect(tempStore({ dataDir }).store.log.list({}, { limit: 9 }).events.length).toBeGreaterThan(2);
  });
});

describe.skipIf(!existsSync('/proc/self/stat'))('a power cut', SLOW, () => {
  /** What the disk holds at this moment: the database and its log; what was only in memory is gone. */
  function snapshot(dataDir: string): string {
    const copy = tempFolder();
    for (const name of ['watchword.db', 'watchword.db-wal']) copyFileSync(join(dataDir, name), join(copy, name));
    cpSync(join(dataDir, 'evidence'), join(copy, 'evidence'), { recursive: true });
    return copy;
  }

  test('leaves a database that opens and holds all that was committed, whenever it comes', async () => {
    const dataDir = tempFolder();
    const writer = new Writer(dataDir);
    for (let cut = 0; cut < 8; cut++) {
      await writer.hear(3 + cut * 5);
      const told = [...writer.told];
      await writer.freeze();
      const copy = snapshot(dataDir);
      writer.thaw();
      await writer.hear(20);
      await writer.freeze();
      verify(tempStore({ dataDir: copy }).store, told, writer.told);
      writer.thaw();
    }
  });

  test('that tears the newest writes off costs those alone: what is left is whole', async () => {
    const dataDir = tempFolder();
    const writer = new Writer(dataDir);
    await writer.hear(60);
    await writer.freeze();
    const size = statSync(join(dataDir, 'watchword.db-wal')).size;
    const kept: number[] = [];
    for (const share of [0.99, 0.9, 0.7, 0.45, 0.2, 0]) {
      const copy = snapshot(dataDir);
      truncateSync(join(copy, 'watchword.db-wal'), Math.floor(size * share));
      const { store } = tempStore({ dataDir: copy });
      const pending = store.outbox.pending('mqtt', 100_000);
      for (const { change } of pending) expect(store.events.get(change.event.id)).toBeDefined();
      kept.push(store.log.list({}, { limit: 1_000 }).events.length);
    }
    expect(kept).toEqual([...kept].sort((a, b) => b - a));
    expect(kept[0]).toBeGreaterThan(kept.at(-1) ?? 0);
  });
});

describe('a damaged database', () => {
  function damaged(damage: (bytes: Buffer) => Buffer): string {
    const { store, dataDir } = tempStore();
    for (let index = 0; index < 200; index++)
      store.events.commit(commitOf('new', eventOf({ cameraId: `camera-${index}` })));
    store.close();
    const file = join(dataDir, 'watchword.db');
    writeFileSync(file, damage(readFileSync(file)));
    return dataDir;
  }

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ['with pages overwritten', (bytes) => bytes.fill(0x5a, 60_000, 200_000)],
    ['cut short', (bytes) => bytes.subarray(0, bytes.length / 2)],
    ['that is none', () => Buffer.from('<html>this is the page of a captive portal</html>'.repeat(50))],
  ])('%s is noticed at start, and the way out is told and works', (_, damage) => {
    const dataDir = damaged(damage);
    const file = join(dataDir, 'watchword.db');
    const before = readFileSync(file);
    const refused = expect.objectContaining({
      kind: 'corrupt',
      hint: expect.stringMatching(/watchword restore BACKUP.*restore --fresh.*keep the damaged file/),
    });
    expect(() => tempStore({ dataDir })).toThrow(refused);
    expect(readFileSync(file).equals(before)).toBe(true);
    const { kept } = startFresh({ dataDir, clock: new ManualClock() });
    expect(readFileSync(kept ?? '').equals(before)).toBe(true);
    expect(tempStore({ dataDir }).store.log.countOpen()).toBe(0);
  });
});
