import { createHash } from 'node:crypto';
import { basename, extname } from 'node:path';
import type { CompiledRule } from '../rules/rule.ts';
import type { RuleShelf } from './deps.ts';
import type { SavedRule } from './rule-editing.ts';

/** A rule that was just saved, and whether the box has taken it over. */
export interface SavedMark {
  readonly id: string;
  /** Of the rule as it was saved; empty when its file has errors. */
  readonly mark: string;
  readonly state: 'waiting' | 'in-force' | 'off' | 'broken';
  /** The rule of that id in force now, whether or not it is the saved one. */
  readonly rule?: CompiledRule;
}

/** The same for the same rule, however it came into force. */
export function markOf(rule: CompiledRule | undefined): string {
  if (!rule) return '';
  return createHash('sha256').update(JSON.stringify(rule)).digest('hex').slice(0, 16);
}

/** Where a person is sent after saving. */
export function savedPath({ id, rule }: SavedRule): string {
  return `/rules?${new URLSearchParams({ saved: id, mark: markOf(rule) })}`;
}

/** What has become of a saved rule by now. */
export function savedState(shelf: RuleShelf, id: string, mark: string): SavedMark {
  const rule = shelf.list().find((each) => each.id === id);
  if (rule && markOf(rule) === mark) return { id, mark, rule, state: rule.enabled ? 'in-force' : 'off' };
  const broken = shelf.findings().some(({ file, severity }) => {
    return severity === 'error' && basename(file, extname(file)) === id;
  });
  return { id, mark, state: broken ? 'broken' : 'waiting', ...(rule && { rule }) };
}
