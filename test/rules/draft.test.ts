import { describe, expect, test } from 'vitest';
import { compileDraft, readDraft, ruleIdFor, writeDraft } from '../../src/rules/draft.ts';
import { readRuleFile } from '../../src/rules/file.ts';
import { context } from './box.ts';

const words = 'Alert me when a shelf is empty for 5 minutes';
const FILE = `# Why: the bakery asked for it.
rule: Alert me when a shelf is empty # every evening
every: 5s # the model is slow
cameras: [aisle-*] # all of them
schedule: weekdays 8am-10pm
`;

describe('a draft', () => {
  test('becomes the file that a person would write', () => {
    expect(writeDraft({ words: `  ${words}\n`, cameras: [] })).toBe(`rule: ${words}\n`);
    expect(writeDraft({ words, cameras: ['aisle-1', 'door-2'] })).toBe(`rule: ${words}\ncameras: [aisle-1, door-2]\n`);
    // What YAML would read as something else is quoted.
    const odd = 'Critical: tell me when "it" burns #now';
    expect(readDraft(writeDraft({ words: odd, cameras: ['yes'] }))).toMatchObject({ words: odd, cameras: ['yes'] });
  });

  test('changes nothing of a file but what was changed', () => {
    const same = readDraft(FILE);
    expect(writeDraft(same, FILE)).toBe(FILE);
    expect(writeDraft({ ...same, words }, FILE)).toBe(
      FILE.replace('a shelf is empty', 'a shelf is empty for 5 minutes'),
    );
    expect(writeDraft({ ...same, cameras: ['aisle-1'] }, FILE)).toBe(
      FILE.replace('[aisle-*] # all', '[aisle-1] # all'),
    );
    expect(writeDraft({ ...same, cameras: [] }, FILE)).toContain('cameras: ["*"] # all of them');
    expect(readDraft(writeDraft({ ...same, cameras: [] }, FILE)).cameras).toEqual([]);
  });

  test('tells what else its file says', () => {
    expect(readDraft(FILE).otherKeys).toEqual([
      { key: 'every', value: '5s' },
      { key: 'schedule', value: 'weekdays 8am-10pm' },
    ]);
    expect(() => readDraft('rule: [')).toThrow(/no sound YAML/);
    expect(() => readDraft('just words')).toThrow(/no sound YAML/);
  });

  test('means what the rules folder will take its file for', () => {
    const place = { id: 'shelf', file: 'rules/shelf.yaml' };
    for (const cameras of [[], ['aisle-3']]) {
      const draft = { words: 'Critical: alert me when a shelf is empty for 5 minutes on weekdays', cameras };
      for (const text of [undefined, FILE, FILE.replace('every: 5s', 'enabled: false\nclearAfter: 1m\nevery: 5s')]) {
        const compiled = compileDraft(draft, { ...place, ...(text !== undefined && { text }) }, context);
        const read = readRuleFile(writeDraft(draft, text), place.file, context);
        expect(compiled.rule).toEqual(read.rule);
      }
    }
  });

  test('is named after what it asks', () => {
    const named = (sentence: string): string => {
      const { understood } = compileDraft({ words: sentence, cameras: [] }, { id: 'new', file: '' }, context);
      return ruleIdFor(sentence, understood.spans);
    };
    expect(named(words)).toBe('shelf-empty');
    expect(named('Critical: tell me at once when a robot has fallen over')).toBe('robot-fallen-over');
    expect(named('Sag Bescheid, wenn die Tür offen ist')).toMatch(/^[a-z0-9][a-z0-9-]{0,39}$/);
    expect(named('请告诉我')).toBe('rule');
    expect(named(`a ${'very '.repeat(40)}long queue`)).toMatch(/^[a-z0-9][a-z0-9-]{0,39}$/);
    expect(named('../../etc/passwd is open')).not.toMatch(/[./]/);
  });
});
