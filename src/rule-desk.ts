import { WatchwordError } from './platform/errors.ts';
import type { Logger } from './platform/logger.ts';
import type { CompileContext } from './rules/compile.ts';
import { compileDraft, readDraft, ruleIdFor, writeDraft } from './rules/draft.ts';
import { withKey } from './rules/edit.ts';
import { readRuleFile } from './rules/file.ts';
import type { RuleFiles, RuleText } from './rules/rule-files.ts';
import type { RuleDesk, SavedRule } from './web/rule-editing.ts';

export interface RuleDeskOptions {
  readonly files: Pick<RuleFiles, 'read' | 'create' | 'replace' | 'remove'>;
  /** What the rules folder compiles with. */
  readonly context: () => CompileContext;
  readonly logger: Logger;
}

/** Rules written on the page, as files: the rules folder takes them over like any other change of its files. */
export function createRuleDesk({ files, context, logger }: RuleDeskOptions): RuleDesk {
  const saved = ({ id, file, text }: RuleText): SavedRule => {
    const { rule } = readRuleFile(text, file, context());
    return { id, ...(rule && { rule }) };
  };
  return {
    async understand(draft, ruleId) {
      const known = ruleId === undefined ? { id: 'new', file: '' } : await files.read(ruleId);
      const compiled = compileDraft(draft, known, context());
      return { ...compiled, words: draft.words.replace(/\s+/g, ' ').trim() };
    },
    async open(ruleId) {
      const { id, file, text, version } = await files.read(ruleId);
      return { ...readDraft(text), id, file, version };
    },
    async create(draft, by) {
      const compiled = compileDraft(draft, { id: 'new', file: '' }, context());
      refuse(compiled.errors);
      const created = await files.create(ruleIdFor(draft.words, compiled.understood.spans), writeDraft(draft));
      logger.info('rule created', { rule: created.id, by });
      return saved(created);
    },
    async save(ruleId, version, draft, by) {
      const known = await files.read(ruleId);
      refuse(compileDraft(draft, known, context()).errors);
      const written = await files.replace(ruleId, version, writeDraft(draft, known.text));
      logger.info('rule changed', { rule: ruleId, by });
      return saved(written);
    },
    async remove(ruleId, version, by) {
      await files.remove(ruleId, version);
      logger.info('rule deleted', { rule: ruleId, by });
    },
    async switch(ruleId, enabled, by) {
      const known = await files.read(ruleId);
      const written = await files.replace(ruleId, known.version, withKey(known.text, 'enabled', enabled));
      logger.info('rule switched', { rule: ruleId, enabled, by });
      return saved(written);
    },
  };
}

function refuse(errors: ReadonlyArray<{ readonly message: string }>): void {
  const [first] = errors;
  if (first) throw new WatchwordError('invalid-input', `the sentence is refused: ${first.message}`);
}
