import { describe, expect, onTestFinished, test } from 'vitest';
import { runCommand } from '../../src/cli/command.ts';
import { events } from '../../src/cli/events.ts';
import { commitOf, ended, eventOf, START, tempFolder, tempStore } from '../store/temp-store.ts';
import { recordIo } from '../support/command-io.ts';

const HOUR = 3_600_000;

/** A box that still runs: three events, the newest open. */
function runningBox(): string {
  const { store, dataDir } = tempStore();
  for (const [hoursAgo, cameraId, ruleId] of [
    [5, 'dock', 'spill'],
    [2, 'aisle-1', 'empty-shelf'],
    [0.5, 'dock', 'empty-shelf'],
  ] as const) {
    const event = eventOf({ startedAt: START - hoursAgo * HOUR, cameraId, ruleId });
    store.events.commit(commitOf('new', event));
    if (hoursAgo > 1) store.events.commit(commitOf('end', ended(event, event.startedAt + 95_000)));
  }
  return dataDir;
}

async function run(...args: string[]) {
  const io = recordIo();
  const code = await runCommand(events, args, io);
  return { code, io };
}

describe('watchword events', () => {
  test('lists newest first beside the running daemon, and sees what it commits', async () => {
    const zone = process.env.TZ;
    process.env.TZ = 'UTC';
    onTestFinished(() => {
      process.env.TZ = zone ?? '';
    });
    const { code, io } = await run('--data', runningBox());
    expect(code).toBe(0);
    expect(io.out()).toBe(
      [
        'started              lasted  severity  camera   rule         score  words',
        '2026-03-02 08:30:00    open  warning   dock     empty-shelf   0.80  Alert me when a shelf is empty for 5 minutes',
        '2026-03-02 07:00:00  1m 35s  warning   aisle-1  empty-shelf   0.80  Alert me when a shelf is empty for 5 minutes',
        '2026-03-02 04:00:00  1m 35s  warning   dock     spill         0.80  Alert me when a shelf is empty for 5 minutes',
        '',
      ].join('\n'),
    );
  });

  test('--json prints one line per event and nothing else', async () => {
    const { io } = await run('--data', runningBox(), '--json', '--camera', 'dock');
    expect(
      io
        .lines()
        .map(({ rule, camera, startedAt, endedAt, endReason }) => [rule, camera, startedAt, endedAt, endReason]),
    ).toEqual([
      ['empty-shelf', 'dock', '2026-03-02T08:30:00.000Z', null, null],
      ['spill', 'dock', '2026-03-02T04:00:00.000Z', '2026-03-02T04:01:35.000Z', 'clear'],
    ]);
  });

  test.each([
    [['--since', '1h'], 1],
    [['--since', '3h'], 2],
    [['--since', '2026-03-02T06:59:00Z'], 2],
    [['--rule', 'spill'], 1],
    [['--open'], 1],
    [['--limit', '2'], 2],
    [['--text', 'shelf', '--severity', 'warning'], 3],
    [['--severity', 'critical'], 0],
  ])('%j finds %i', async (args, count) => {
    const { io } = await run('--data', runningBox(), '--json', ...args);
    expect(io.lines()).toHaveLength(count);
  });

  test('walks through more than one page', async () => {
    const { store, dataDir } = tempStore();
    for (let index = 0; index < 1_100; index++) {
      const event = eventOf({ startedAt: START - index * 1_000 });
      store.events.commit(commitOf('end', ended(event), { alert: false }));
    }
    const { io } = await run('--data', dataDir, '--json', '--since', '1d');
    const started = io.lines().map(({ startedAt }) => startedAt);
    expect(new Set(started).size).toBe(1_100);
  });

  test('says what is wrong and what to do', async () => {
    const nowhere = await run('--data', tempFolder());
    expect([nowhere.code, nowhere.io.err()]).toEqual([1, expect.stringMatching(/there is no database .*--data DIR/)]);
    const when = await run('--data', 'x', '--since', 'yesterday-ish');
    expect([when.code, when.io.err()]).toEqual([2, expect.stringContaining('Write 30m, 1h, 7d')]);
    const severity = await run('--severity', 'bad');
    expect([severity.code, severity.io.err()]).toEqual([2, expect.stringContaining('info, warning, critical')]);
  });
});
