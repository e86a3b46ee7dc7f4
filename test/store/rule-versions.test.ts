import { describe, expect, test } from 'vitest';
import { START, tempStore } from './temp-store.ts';

describe('versions of rules', () => {
  test('are listed newest first with who and when, each rule for itself, and outlive a restart', () => {
    const { store, dataDir } = tempStore();
    store.ruleVersions.add('door', { savedAt: START, savedBy: null, text: 'rule: one\n' });
    store.ruleVersions.add('door', { savedAt: START + 1, savedBy: 'ada', text: 'rule: two\n' });
    store.ruleVersions.add('shelf', { savedAt: START + 2, savedBy: 'bob', text: 'rule: two\n' });
    store.close();
    const { ruleVersions } = tempStore({ dataDir }).store;
    expect(ruleVersions.list('door')).toEqual([
      { number: 2, savedAt: START + 1, savedBy: 'ada', text: 'rule: two\n' },
      { number: 1, savedAt: START, savedBy: null, text: 'rule: one\n' },
    ]);
    expect(ruleVersions.list('shelf')).toHaveLength(1);
    expect(ruleVersions.list('gone')).toEqual([]);
  });

  test('are in the audit log with who saved, switched or deleted, and what was found by hand is not', () => {
    const { store } = tempStore();
    const text = 'rule: one\n';
    store.ruleVersions.add('door', { savedAt: START, savedBy: null, text });
    store.ruleVersions.add('door', { savedAt: START, savedBy: 'ada', text: 'rule: two\n' }, 'rule-switched');
    store.ruleVersions.removed('door', 'bob');
    // Had back as it was: no new version, and yet somebody did it.
    store.ruleVersions.add('door', { savedAt: START, savedBy: 'ada', text: 'rule: two\n' });
    const acts = store.audit.list({ limit: 9 }).map(({ who, act, about }) => `${who} ${act} ${about}`);
    expect(acts.reverse()).toEqual(['ada rule-switched door', 'bob rule-removed door', 'ada rule-saved door']);
    expect(store.ruleVersions.list('door')).toHaveLength(2);
  });

  test('that say the same are one; the oldest go when there are too many', () => {
    const { ruleVersions } = tempStore().store;
    for (let at = 0; at < 60; at++) {
      for (const savedBy of ['ada', 'bob']) ruleVersions.add('door', { savedAt: at, savedBy, text: `rule: ${at}\n` });
    }
    const kept = ruleVersions.list('door');
    expect([kept.length, kept[0]?.text, kept.at(-1)?.text]).toEqual([50, 'rule: 59\n', 'rule: 10\n']);
    expect(kept.every(({ savedBy }) => savedBy === 'ada')).toBe(true);
  });
});
