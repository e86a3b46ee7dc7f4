import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../../src/cli/command.ts';
import { createRules } from '../../src/cli/rules.ts';
import { compileRule } from '../../src/rules/compile.ts';
import { readRuleFile } from '../../src/rules/file.ts';
import { context } from '../rules/box.ts';
import { commitOf, ended, eventOf, tempStore } from '../store/temp-store.ts';
import { recordIo } from '../support/command-io.ts';
import { ScriptedModel } from '../support/scripted-model.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-03-02T09:00:00Z');
const RULE = '# The manager wrote this.\nrule: Alert me when a shelf is empty # for how long?\ncameras: [aisle-1]\n';

/** A box with events of the last two weeks on one camera, as people marked them. */
function boxWithMarks(marks: ReadonlyArray<readonly [score: number, mark: 'right' | 'wrong' | null]>) {
  const { store, dataDir } = tempStore();
  mkdirSync(join(dataDir, 'rules'));
  const file = join(dataDir, 'rules', 'empty-shelf.yaml');
  writeFileSync(file, RULE);
  const config = join(dataDir, 'watchword.yaml');
  writeFileSync(config, 'cameras:\n  aisle-1: { source: "file:a.mp4" }\nrules: ./rules\ndata: .\n');
  marks.forEach(([score, mark], index) => {
    const startedAt = NOW - 14 * 24 * HOUR + index * 20 * HOUR;
    const event = eventOf({ startedAt, score, cameraId: 'aisle-1', ruleId: 'empty-shelf' });
    store.events.commit(commitOf('new', event));
    store.events.commit(commitOf('end', ended(event, startedAt + 60_000)));
    store.log.mark(event.id, mark, 'eva', NOW);
  });
  const run = async (...args: string[]) => {
    const io = recordIo();
    const command = createRules(new ScriptedModel(() => ({ score: 0 })).open);
    return { code: await runCommand(command, ['fit', 'empty-shelf', '--config', config, ...args], io), io };
  };
  const rule = () => readRuleFile(readFileSync(file, 'utf8'), file, context).rule;
  return { store, file, run, rule };
}

const RIGHT = [0.85, 0.88, 0.9, 0.92, 0.94, 0.95, 0.97].map((score) => [score, 'right'] as const);
const WRONG = [0.62, 0.65, 0.68, 0.7, 0.71].map((score) => [score, 'wrong'] as const);

describe('watchword rules fit', () => {
  test('shows old and new, and changes nothing', async () => {
    const box = boxWithMarks([...RIGHT, ...WRONG]);
    const { code, io } = await box.run();
    expect(code).toBe(0);
    expect(io.out()).toContain('empty-shelf on aisle-1, from 7 events marked right and 5 wrong\n');
    expect(io.out()).toMatch(/raise +0\.6 -> 0\.69\n/);
    expect(io.out()).toMatch(/false alarms a week 2\.5 -> [01]\.\d\n/);
    expect(io.out()).toMatch(/right events told +100 % -> 100 %/);
    expect(io.err()).toContain('--apply');
    expect(readFileSync(box.file, 'utf8')).toBe(RULE);
  });

  test('writes them into the rule file for that camera, keeps what the person wrote, and takes them back', async () => {
    const box = boxWithMarks([...RIGHT, ...WRONG]);
    expect((await box.run('--target', '0', '--apply')).code).toBe(0);
    const written = readFileSync(box.file, 'utf8');
    expect(written).toMatch(/^# The manager wrote this\.\nrule: Alert me when a shelf is empty # for how long\?\n/);
    expect(written).toMatch(
      /fitted:\n {2}aisle-1:\n {4}- \{ ?raise: 0\.78, clear: 0\.58, at: 2026-03-02, from: "?7 right, 5 wrong/,
    );
    expect(box.rule()?.perCamera).toEqual({ 'aisle-1': { raise: 0.78, clear: 0.58 } });
    expect((await box.run('--undo')).code).toBe(0);
    expect(readFileSync(box.file, 'utf8')).toBe(RULE);
  });

  test('a second fit goes on from the first, which stays behind it', async () => {
    const box = boxWithMarks([...RIGHT, ...WRONG, [0.89, 'wrong']]);
    await box.run('--target', '0.6', '--apply');
    await box.run('--target', '0', '--apply');
    expect(readFileSync(box.file, 'utf8').match(/raise/g)).toHaveLength(2);
    expect(box.rule()?.perCamera?.['aisle-1']?.raise).toBeGreaterThan(0.89);
    await box.run('--undo');
    expect(box.rule()?.perCamera?.['aisle-1']?.raise).toBe(0.78);
    await box.run('--undo');
    expect(readFileSync(box.file, 'utf8')).toBe(RULE);
    expect((await box.run('--undo')).io.err()).toContain('nothing was fitted');
  });

  test('replays what is kept of an event: a threshold that its score reaches too shortly would not have told it', async () => {
    const rule = 'rule: Alert me when a shelf is empty for 20 seconds\ncameras: [aisle-1]\n';
    const box = boxWithMarks([...RIGHT, ...WRONG]);
    writeFileSync(box.file, rule);
    // The wrong events reached 0.9 for one look each, and 0.65 for the rest.
    const { events } = box.store.log.list({ mark: 'wrong' }, { limit: 9 });
    for (const { event } of events) {
      for (let at = 0; at <= 60_000; at += 2_000) {
        const score = at === 30_000 ? 0.9 : 0.65;
        const times = { capturedAt: event.startedAt + at, at: event.startedAt + at };
        const verdict = {
          ruleId: 'empty-shelf',
          cameraId: 'aisle-1',
          frameSeq: at,
          ...times,
          value: 'yes' as const,
          score,
          mass: 1,
        };
        box.store.verdicts.record(verdict, {
          id: 'empty-shelf',
          question: 'Is a shelf empty?',
          expects: 'yes',
          zone: null,
        });
      }
    }
    box.store.flush();
    const { io } = await box.run('--target', '0', '--json');
    const [line = {}] = io.lines();
    expect(line).toMatchObject({
      camera: 'aisle-1',
      now: { raise: 0.6, clear: 0.4 },
      after: { falseAlarmsPerWeek: 0 },
    });
    const { raise } = line.fitted as { raise: number };
    expect(raise).toBeGreaterThan(0.65);
    expect(raise).toBeLessThan(0.85);
  });

  test('refuses with the reason, and fails only when it was to write', async () => {
    const few = boxWithMarks([...RIGHT.slice(0, 4), ...WRONG.slice(0, 2)]);
    const shown = await few.run();
    expect([shown.code, shown.io.out()]).toEqual([0, expect.stringContaining('4 marked right and 2 wrong')]);
    expect((await few.run('--apply')).code).toBe(1);
    expect(readFileSync(few.file, 'utf8')).toBe(RULE);
    expect((await few.run('--json')).io.lines()[0]).toMatchObject({ refused: 'marks' });
    expect((await few.run('--target', 'few')).code).toBe(2);
    expect((await few.run('--apply', '--undo')).code).toBe(2);
    expect((await few.run('--since', 'long ago')).code).toBe(2);
  });

  test('thresholds that contradict each other are a finding of the file', () => {
    const text = `${RULE}fitted:\n  aisle-1: [{ raise: 0.5, clear: 0.7 }]\n`;
    const { rule, findings } = readRuleFile(text, 'rules/empty-shelf.yaml', context);
    expect(rule).toBeUndefined();
    expect(findings).toMatchObject([{ line: 5, severity: 'error', message: expect.stringContaining('above raise') }]);
    const source = { id: 'r', words: 'A shelf is empty', cameras: ['*'], enabled: true, file: '', overrides: {} };
    expect(compileRule(source, context).rule).not.toHaveProperty('perCamera');
  });
});
