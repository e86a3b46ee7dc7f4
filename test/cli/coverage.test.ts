import { describe, expect, test } from 'vitest';
import { runCommand } from '../../src/cli/command.ts';
import { coverage } from '../../src/cli/coverage.ts';
import { tempFolder, tempStore } from '../store/temp-store.ts';
import { recordIo } from '../support/command-io.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-03-02T09:00:00Z');

/** A box that still runs: three hours of two rules. */
function runningBox(): string {
  const { store, dataDir } = tempStore();
  const gap = { ms: 600_000, from: NOW - 2.5 * HOUR, cause: 'camera-lost' as const };
  store.coverage.add(
    [3, 2, 1].map((hoursAgo) => ({
      ...{ ruleId: 'empty-shelf', cameraId: 'aisle-1', from: NOW - hoursAgo * HOUR, scheduledMs: HOUR },
      ...{ evaluatedMs: hoursAgo === 3 ? HOUR - 600_000 : HOUR / 2, gatedMs: hoursAgo === 3 ? 0 : HOUR / 2 },
      ...{ lostMs: hoursAgo === 3 ? { 'camera-lost': 600_000 } : {}, longestGap: hoursAgo === 3 ? gap : null },
    })),
  );
  const spill = { ruleId: 'spill', cameraId: 'dock', from: NOW - HOUR, scheduledMs: HOUR, gatedMs: 0 };
  store.coverage.add([{ ...spill, evaluatedMs: HOUR, lostMs: {}, longestGap: null }]);
  return dataDir;
}

async function run(...args: string[]) {
  const io = recordIo();
  return { code: await runCommand(coverage, args, io), io };
}

describe('watchword coverage', () => {
  test('tells how much of its hours each rule was watched, the longest gap and its cause', async () => {
    const { code, io } = await run('--data', runningBox(), '--json');
    expect(code).toBe(0);
    expect(io.lines()).toEqual([
      {
        ...{ rule: 'empty-shelf', camera: 'aisle-1', share: 0.9444, scheduledMs: 3 * HOUR },
        ...{ evaluatedMs: 2 * HOUR - 600_000, gatedMs: HOUR, lostMs: { 'camera-lost': 600_000 } },
        longestGap: { ms: 600_000, from: '2026-03-02T06:30:00.000Z', cause: 'camera-lost' },
      },
      {
        ...{ rule: 'spill', camera: 'dock', share: 1, scheduledMs: HOUR, evaluatedMs: HOUR, gatedMs: 0 },
        ...{ lostMs: {}, longestGap: null },
      },
    ]);
  });

  test('goes back as far as it is told, of the rule and the camera that are named', async () => {
    const dataDir = runningBox();
    expect((await run('--data', dataDir, '--json', '--since', '2h')).io.lines()[0]).toMatchObject({ share: 1 });
    expect((await run('--data', dataDir, '--json', '--camera', 'dock')).io.lines()).toHaveLength(1);
    expect((await run('--data', dataDir, '--json', '--rule', 'spill')).io.lines()).toHaveLength(1);
  });

  test('shows people a table', async () => {
    const { io } = await run('--data', runningBox());
    expect(io.out()).toMatch(
      /empty-shelf +aisle-1 +94\.4 % +3h +10m +2026-03-02 \d\d:30 +camera-lost +camera-lost 10m\n/,
    );
    expect(io.out()).toMatch(/spill +dock +100\.0 % +1h +-\n/);
  });

  test('says what is wrong', async () => {
    expect((await run('--data', tempFolder())).io.err()).toMatch(/there is no database/);
    expect((await run('--since', 'ever')).code).toBe(2);
    expect((await run('all')).code).toBe(2);
    const { store, dataDir } = tempStore();
    store.flush();
    expect((await run('--data', dataDir)).io.err()).toBe('nothing was watched in this time\n');
  });
});
