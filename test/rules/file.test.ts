import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatFinding } from '../../src/platform/findings.ts';
import { readRuleFile } from '../../src/rules/file.ts';
import { context } from './box.ts';

const read = (text: string, file = 'rules/empty-shelf.yaml') => readRuleFile(text, file, context);
const lines = (text: string, file?: string) => read(text, file).findings.map(formatFinding);

describe('a rule file', () => {
  it('needs one sentence and no more', () => {
    const { rule, findings } = read('rule: Alert me when a shelf is empty for 5 minutes during opening hours\n');
    expect(findings).toEqual([]);
    expect(rule).toMatchObject({ id: 'empty-shelf', enabled: true, forMs: 300_000, file: 'rules/empty-shelf.yaml' });
    expect(rule?.cameras).toHaveLength(7);
  });

  it('may set everything itself', () => {
    const { rule, findings } = read(`rule: Alert me when a shelf is empty
cameras: aisle-1
enabled: false
question: Is a shelf empty?
expects: "no"
for: 30s
clearAfter: 5s
every: 1s
cooldown: 1h
severity: info
schedule: weekdays 8am-10pm
zone: null_zone
raise: 0.7
clear: 0.3
minMass: 0.4
`);
    expect(findings.map((finding) => finding.message)).toEqual(['No camera of this rule has a zone "null_zone"']);
    expect(rule).toBeUndefined();
  });

  it('takes a schedule in words, a calendar by its name, and a list of windows', () => {
    const schedule = (text: string) => read(`rule: A shelf is empty\nschedule: ${text}\n`).rule?.schedule;
    expect(schedule('weekdays 8am-10pm')).toEqual([
      { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '08:00', to: '22:00' },
    ]);
    expect(schedule('opening hours')).toEqual([{ calendar: 'opening hours', negate: false }]);
    expect(schedule('outside opening hours')).toEqual([{ calendar: 'opening hours', negate: true }]);
    expect(schedule('always')).toBeNull();
    expect(schedule('[{ days: [sat], from: "09:00", to: "14:00" }, { calendar: night }]')).toEqual([
      { days: ['sat'], from: '09:00', to: '14:00' },
      { calendar: 'night', negate: false },
    ]);
  });

  it('wins over its sentence with its schedule', () => {
    const { rule } = read('rule: Alert me when a shelf is empty at night\nschedule: always\n');
    expect(rule?.schedule).toBeNull();
  });

  it('is pointed at where the words stand, plain or in quotes', () => {
    const words = 'Alert me when a shelf is empty for the third time today';
    expect(lines(`rule: ${words}\n`)[0]).toContain('rules/empty-shelf.yaml:1:38: error: ');
    expect(lines(`cameras: [aisle-1]\nrule: "${words}"\n`)[0]).toContain('rules/empty-shelf.yaml:2:39: error: ');
    expect(lines(`rule: >-\n  ${words}\n`)[0]).toContain('rules/empty-shelf.yaml:1:7: error: ');
  });

  it('passes the doubts on as warnings and is in force all the same', () => {
    const { rule, findings } = read('rule: Alert me when a suspicious person is at the till\n');
    expect(rule?.warnings).toMatchObject([{ code: 'vague' }]);
    expect(findings).toMatchObject([{ severity: 'warning', line: 1, column: 23 }]);
  });

  it('must have a name that topics and addresses can hold', () => {
    expect(lines('rule: A shelf is empty\n', 'rules/Empty Shelf.yaml')).toEqual([
      'rules/Empty Shelf.yaml:1:1: error: the file name "Empty Shelf.yaml" gives no usable rule id. Rename it to small letters, digits and dashes, such as empty-shelf.yaml',
    ]);
  });
});

describe('a broken rule file gives a message with its place that a new user can act on', () => {
  const folder = new URL('../fixtures/rules/broken/', import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

  it('for at least twenty kinds of mistake', () => {
    expect(names.length).toBeGreaterThanOrEqual(20);
  });

  it.each(names)('%s', (name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    // The first line of each fixture says what must be reported, and where.
    const expected = text
      .split('\n')
      .filter((line) => line.startsWith('# expect '))
      .map((line) => line.slice('# expect '.length));
    expect(expected.length).toBeGreaterThan(0);
    const { rule, findings } = readRuleFile(text, name, context);
    expect(findings.map(formatFinding)).toEqual(expected.map((line) => `${name}:${line}`));
    expect(rule).toBeUndefined();
  });
});
