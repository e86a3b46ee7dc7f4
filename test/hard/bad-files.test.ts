import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../../src/config/load.ts';
import { kindOf, toError } from '../../src/platform/errors.ts';
import type { Finding } from '../../src/platform/findings.ts';
import { contextOf } from '../../src/rules/context.ts';
import { readRuleFile } from '../../src/rules/file.ts';
import { tempFolder } from '../store/temp-store.ts';
import { HARD, Seeded, seedOf } from './seeded.ts';
import { mutated, strangeText } from './strange-words.ts';

const FILES = HARD ? 20_000 : 1_000;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const textsIn = (folder: string): string[] =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => readFileSync(join(ROOT, folder, name), 'utf8'));

/** YAML that is cheap to write and dear to read. */
const BOMBS: readonly string[] = [
  `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n`,
  `rule: ${'['.repeat(5_000)}`,
  `rule: ${'{a: '.repeat(5_000)}`,
  `${'- '.repeat(5_000)}x`,
  `cameras: { a: { source: "file:x", zones: ${'['.repeat(3_000)}${']'.repeat(3_000)} } }\n`,
  'rule: &r { rule: *r }\n',
  'rule: *nobody\n',
  '<<: { rule: a shelf is empty }\n',
  '__proto__: { enabled: false }\nrule: a shelf is empty\n',
  'rule: !!binary aGVsbG8=\n',
  '!!set { rule }\n',
  'rule: a\n---\nrule: b\n',
  '%YAML 9.9\n---\nrule: a shelf is empty\n',
  '? [complex, key]\n: rule\n',
  '\u0000\u0001\u0002',
  '\ufeffrule: a shelf is empty\n',
  'rule: >-\n  a shelf\n  is empty\nfor: 5 minutes\nfor: 6m\n',
];

function strangeFile(texts: readonly string[], random: Seeded): string {
  if (random.chance(0.05)) return random.pick(BOMBS);
  if (random.chance(0.05)) return strangeText(random);
  if (random.chance(0.2)) return `${random.pick(texts)}${random.pick(texts)}`;
  return mutated(random.pick(texts), random);
}

/** Each finding says where and what, for a person. */
function verifyFindings(findings: readonly Finding[], text: string): void {
  const lines = text.split('\n').length;
  for (const { line, column, message } of findings) {
    expect(message).not.toBe('');
    expect(message).not.toMatch(/undefined is not|Cannot read|is not a function|\[object Object\]/);
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines + 1);
    expect(column).toBeGreaterThanOrEqual(1);
  }
}

/** Runs `read` over strange files; what it throws is the test's failure, with the seed and the file. */
function readMany(
  texts: readonly string[],
  seed: number,
  read: (text: string) => readonly Finding[] | undefined,
): number {
  const random = new Seeded(seed);
  let refused = 0;
  const files = [...BOMBS, ...Array.from({ length: FILES }, () => strangeFile(texts, random))];
  for (const [index, text] of files.entries()) {
    try {
      const findings = read(text);
      if (!findings) continue;
      verifyFindings(findings, text);
      if (findings.some(({ severity }) => severity === 'error')) refused++;
    } catch (error) {
      const where = `seed ${seed}, file ${index}, ${kindOf(error)}: ${toError(error).stack?.slice(0, 600)}`;
      throw new Error(`${where}\n--- the file ---\n${text.slice(0, 600)}`, { cause: error });
    }
  }
  return refused;
}

describe('files that nobody should write', () => {
  test(`${FILES} rule files are taken or refused with a place, and none does harm`, { timeout: 120_000 }, () => {
    const cameras = {
      'aisle-1': {
        zones: {
          shelf: [
            [0, 0],
            [1, 0],
            [1, 1],
          ],
        },
        maxWidth: 1280,
      },
    } as const;
    const context = contextOf({ site: { timeZone: 'Europe/Berlin' }, cameras, calendars: {} });
    const texts = [...textsIn('rules'), ...textsIn('test/fixtures/rules')];
    const refused = readMany(texts, seedOf(21), (text) => {
      const { rule, findings } = readRuleFile(text, 'rules/strange.yaml', context);
      const wrong = findings.some(({ severity }) => severity === 'error');
      expect(rule === undefined, 'a rule without errors, or errors without a rule').toBe(wrong);
      if (rule) {
        for (const ms of [rule.forMs, rule.clearAfterMs, rule.everyMs, rule.cooldownMs])
          expect(Number.isFinite(ms) && ms >= 0, `${ms} ms`).toBe(true);
        expect(rule.question.trim()).not.toBe('');
      }
      return findings;
    });
    expect(refused).toBeGreaterThan(FILES / 10);
    expect(refused).toBeLessThan(FILES);
    expect(({} as Record<string, unknown>).enabled).toBeUndefined();
  });

  test(`${FILES} configuration files are taken or refused with a place, and none does harm`, {
    timeout: 120_000,
  }, () => {
    const file = join(tempFolder(), 'watchword.yaml');
    const texts = [...textsIn('src/config'), ...textsIn('src/demo'), ...textsIn('test/fixtures/config')];
    const refused = readMany(texts, seedOf(22), (text) => {
      writeFileSync(file, text);
      const { settings, findings } = readSettings(file);
      expect(settings === undefined).toBe(findings.some(({ severity }) => severity === 'error'));
      return findings;
    });
    expect(refused).toBeGreaterThan(FILES / 10);
    expect(refused).toBeLessThan(FILES);
  });
});
