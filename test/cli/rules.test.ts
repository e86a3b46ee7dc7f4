import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CommandIo, runCommand } from '../../src/cli/command.ts';
import { rules } from '../../src/cli/rules.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { tempFolder } from '../store/temp-store.ts';
import { ManualClock } from '../support/manual-clock.ts';

async function run(...args: string[]) {
  let stdout = '';
  let stderr = '';
  const io: CommandIo = {
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    signal: new AbortController().signal,
    clock: new ManualClock(),
    logger: silentLogger,
    isTTY: false,
  };
  const code = await runCommand(rules, args, io);
  return { code, stdout, stderr };
}

describe('watchword rules explain', () => {
  it('prints one line of JSON with everything that was understood', async () => {
    const sentence = 'Alert me when a shelf is empty for 5 minutes during opening hours';
    const { code, stdout } = await run('explain', sentence, '--json');
    expect(code).toBe(0);
    expect(stdout.endsWith('\n')).toBe(true);
    const explained = JSON.parse(stdout);
    expect(explained).toEqual({
      question: 'Is a shelf empty?',
      expects: 'yes',
      forMs: 300_000,
      clearAfterMs: 10_000,
      schedule: [{ calendar: 'opening hours', negate: false }],
      severity: 'warning',
      cooldownMs: 0,
      remindMs: 0,
      everyMs: 2_000,
      cameras: ['aisle-1', 'aisle-2', 'warehouse-1', 'warehouse-2', 'warehouse-3', 'yard'],
      zone: null,
      spans: [
        { start: 0, end: 13, means: 'lead-in', value: 'alert' },
        { start: 14, end: 30, means: 'question', value: 'Is a shelf empty?' },
        { start: 31, end: 44, means: 'duration', value: '5m' },
        { start: 45, end: 65, means: 'schedule', value: 'during opening hours' },
      ],
      warnings: [],
      errors: [],
    });
  });

  it('takes a sentence without quotes word by word', async () => {
    const { stdout } = await run('explain', 'a', 'shelf', 'is', 'empty', '--json');
    expect(JSON.parse(stdout).question).toBe('Is a shelf empty?');
  });

  it('shows people the phrases under the sentence, the rule and the doubts', async () => {
    const { code, stdout } = await run('explain', 'Alert me when a suspicious person is there for 10 seconds');
    expect(code).toBe(0);
    expect(stdout).toContain('  Alert me when a suspicious person is there for 10 seconds\n');
    expect(stdout).toMatch(/ {16}~{28} {2,}question\n/);
    expect(stdout).toContain('~~~~~~~~~~~~~~  duration: 10s');
    expect(stdout).toContain('asks every 2s   Is a suspicious person there?');
    expect(stdout).toContain('raises when the answer is yes for 10s');
    expect(stdout).toMatch(/warning: .* \("suspicious"\)/);
  });

  it('fails for a sentence that is refused, and still shows what was understood', async () => {
    const { code, stdout } = await run('explain', 'Alert me when a robot falls for the third time today', '--json');
    expect(code).toBe(1);
    const { errors, question } = JSON.parse(stdout);
    expect(question).toBe('Has a robot fallen?');
    expect(errors).toMatchObject([{ code: 'several-frames', start: 28, end: 52 }]);
  });

  it('tells what the rule would take of the box that measured it, and how late it may be', async () => {
    const dataDir = tempFolder();
    const parts = [{ cameraId: 'yard', zone: null, intervalsMs: [2_000] }];
    const load = { costs: { lookMs: 150, questionMs: 10 }, parts, cameras: { yard: 2_000 } };
    writeFileSync(join(dataDir, 'capacity.json'), JSON.stringify(load));
    const sentence = ['explain', 'Alert me when a car is in the road for 5 seconds on camera yard', '--data', dataDir];
    const { capacity } = JSON.parse((await run(...sentence, '--json')).stdout);
    expect(capacity.share).toBeCloseTo(10 / 2_000, 9);
    expect(capacity.total).toBeCloseTo(170 / 2_000, 9);
    expect(capacity.delayMs).toBe(2_000 + 2_000 + 6_000 + 160);
    const { stdout } = await run(...sentence);
    expect(stdout).toContain('  takes 0.5 % of the box (8.5 % with all rules), tells within 11s at worst\n');
    const elsewhere = await run('explain', 'A shelf is empty', '--data', tempFolder(), '--json');
    expect(JSON.parse(elsewhere.stdout)).not.toHaveProperty('capacity');
  });

  it('fails for a rule with which that box would fall behind, unless forced', async () => {
    const dataDir = tempFolder();
    const parts = [{ cameraId: 'yard', zone: null, intervalsMs: [2_000] }];
    const load = { costs: { lookMs: 1_500, questionMs: 100 }, parts, cameras: { yard: 2_000, 'aisle-1': 2_000 } };
    writeFileSync(join(dataDir, 'capacity.json'), JSON.stringify(load));
    const heavy = ['explain', 'Alert me when a shelf is empty in aisle 1', '--data', dataDir];
    const { code, stdout } = await run(...heavy);
    expect(code).toBe(1);
    expect(stdout).toContain('the box falls behind');
    expect((await run(...heavy, '--force')).code).toBe(0);
    // The yard is looked at anyway.
    expect((await run('explain', 'Alert me when a car is in the road on camera yard', '--data', dataDir)).code).toBe(0);
  });

  it('is wrong usage without a sentence', async () => {
    expect((await run('explain')).code).toBe(2);
    expect((await run()).code).toBe(2);
    expect((await run('expalin', 'A shelf is empty')).code).toBe(2);
  });
});
