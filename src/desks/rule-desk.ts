import { refuseOverload } from '../capacity.ts';
import type { Clock } from '../platform/clock.ts';
import { kindOf, toError, WatchwordError } from '../platform/errors.ts';
import type { Logger } from '../platform/logger.ts';
import type { CapacityPlan } from '../rules/capacity.ts';
import type { CompileContext } from '../rules/compile.ts';
import { compileDraft, readDraft, ruleIdFor, writeDraft } from '../rules/draft.ts';
import { withKey } from '../rules/edit.ts';
import { readRuleFile } from '../rules/file.ts';
import type { CompiledRule } from '../rules/rule.ts';
import type { RuleFiles, RuleText } from '../rules/rule-files.ts';
import type { RuleVersion, RuleVersionStore } from '../store/rule-versions.ts';
import type { PastRule, RuleDesk, SavedRule, SaveOptions } from '../web/rule-editing.ts';

export interface RuleDeskOptions {
  readonly files: Pick<RuleFiles, 'read' | 'create' | 'replace' | 'remove'>;
  readonly versions: Pick<RuleVersionStore, 'add' | 'removed' | 'list'>;
  /** What a rule would take of the box, in the place of the one of its id; undefined before that was measured. */
  readonly plan?: (rule: CompiledRule) => CapacityPlan | undefined;
  /** What the rules folder compiles with. */
  readonly context: () => CompileContext;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Act = 'rule-saved' | 'rule-switched';

/** Rules written on the page, as files: the rules folder takes them over like any other change of its files. */
export function createRuleDesk(options: RuleDeskOptions): RuleDesk {
  const { files, versions, plan, context, clock, logger } = options;
  /** A version that cannot be kept costs the way back to it, not the change. */
  const keep = ({ id, text }: RuleText, savedBy: string | null, act: Act = 'rule-saved'): void => {
    try {
      versions.add(id, { savedAt: clock.now(), savedBy, text }, act);
    } catch (error) {
      logger.warn('a version of a rule is not kept', { rule: id, error: toError(error) });
    }
  };
  const written = (file: RuleText, by: string, act: Act = 'rule-saved'): SavedRule => {
    logger.info('rule written', { rule: file.id, by, act });
    keep(file, by, act);
    const { rule } = readRuleFile(file.text, file.file, context());
    return { id: file.id, ...(rule && { rule }) };
  };
  const takes = ({ text, file }: Pick<RuleText, 'text' | 'file'>): CapacityPlan | undefined => {
    const { rule } = readRuleFile(text, file, context());
    return rule?.enabled ? plan?.(rule) : undefined;
  };
  const mayBeSaved = (file: Pick<RuleText, 'text' | 'file'>, known: RuleText | undefined, options?: SaveOptions) => {
    if (!options?.force) refuseOverload(takes(file), known && takes(known));
  };
  /** What was there is kept first: it may have been written by hand. */
  const change = async (
    known: RuleText,
    version: string,
    text: string,
    by: string,
    { act, ...options }: SaveOptions & { act?: Act } = {},
  ) => {
    mayBeSaved({ ...known, text }, known, options);
    const replaced = await files.replace(known.id, version, text);
    keep(known, null);
    return written(replaced, by, act);
  };
  return {
    async understand(draft, ruleId) {
      const known = ruleId === undefined ? { id: 'new', file: '' } : await files.read(ruleId);
      const compiled = compileDraft(draft, known, context());
      const takes = compiled.rule && plan?.(compiled.rule);
      return { ...compiled, words: draft.words.replace(/\s+/g, ' ').trim(), ...(takes && { takes }) };
    },
    async open(ruleId) {
      const { id, file, text, version } = await files.read(ruleId);
      return { ...readDraft(text), id, file, version };
    },
    openFile: (ruleId) => files.read(ruleId),
    checkFile: (ruleId, text) => readRuleFile(text, `${ruleId}.yaml`, context()).findings,
    async saveFile(ruleId, version, text, by, options) {
      const known = await files.read(ruleId);
      refuse(readRuleFile(text, known.file, context()).findings.filter(({ severity }) => severity === 'error'));
      return change(known, version, text, by, options);
    },
    async createFile(ruleId, text, by, options) {
      const { findings } = readRuleFile(text, `${ruleId}.yaml`, context());
      refuse(findings.filter(({ severity }) => severity === 'error'));
      mayBeSaved({ file: `${ruleId}.yaml`, text }, undefined, options);
      return written(await files.create(ruleId, text), by);
    },
    async create(draft, by, options) {
      const compiled = compileDraft(draft, { id: 'new', file: '' }, context());
      refuse(compiled.errors);
      const id = ruleIdFor(draft.words, compiled.understood.spans);
      const text = writeDraft(draft);
      mayBeSaved({ file: `${id}.yaml`, text }, undefined, options);
      return written(await files.create(id, text), by);
    },
    async save(ruleId, version, draft, by, options) {
      const known = await files.read(ruleId);
      refuse(compileDraft(draft, known, context()).errors);
      return change(known, version, writeDraft(draft, known.text), by, options);
    },
    async switch(ruleId, enabled, by, options) {
      const known = await files.read(ruleId);
      const text = withKey(known.text, 'enabled', enabled);
      return change(known, known.version, text, by, { ...options, act: 'rule-switched' });
    },
    async remove(ruleId, version, by) {
      const known = await files.read(ruleId);
      await files.remove(ruleId, version);
      logger.info('rule deleted', { rule: ruleId, by });
      keep(known, null);
      try {
        versions.removed(ruleId, by);
      } catch (error) {
        logger.warn('the deletion of a rule is not in the audit log', { rule: ruleId, by, error: toError(error) });
      }
    },
    async history(ruleId) {
      const current = await readIfThere(files, ruleId);
      const kept = versions.list(ruleId);
      if (!current && kept.length === 0) throw unknownRule();
      const past = kept.map((version) => pastRule(ruleId, version, current, context()));
      return { version: current?.version ?? '', versions: past };
    },
    async restore(ruleId, number, version, by, options) {
      const wanted = versions.list(ruleId).find((each) => each.number === number);
      if (!wanted) throw unknownRule();
      const known = await readIfThere(files, ruleId);
      if (known) return change(known, version, wanted.text, by, options);
      mayBeSaved({ file: `${ruleId}.yaml`, text: wanted.text }, undefined, options);
      return written(await files.create(ruleId, wanted.text), by);
    },
  };
}

function pastRule(
  id: string,
  { number, savedAt, savedBy, text }: RuleVersion,
  current: RuleText | undefined,
  context: CompileContext,
): PastRule {
  const past = { number, savedAt, savedBy, text, current: text === current?.text };
  try {
    const draft = readDraft(text);
    const { understood } = compileDraft(draft, { id, file: '', text }, context);
    return { ...past, words: draft.words, spans: understood.spans };
  } catch {
    // No sound YAML, by hand: shown as its text alone.
    return { ...past, words: '', spans: [] };
  }
}

async function readIfThere(files: Pick<RuleFiles, 'read'>, ruleId: string): Promise<RuleText | undefined> {
  try {
    return await files.read(ruleId);
  } catch (error) {
    if (kindOf(error) === 'not-found') return undefined;
    throw error;
  }
}

function unknownRule(): WatchwordError {
  return new WatchwordError('not-found', 'there is no such version of a rule', { hint: 'Look at the list of rules' });
}

function refuse(errors: ReadonlyArray<{ readonly message: string }>): void {
  const [first] = errors;
  if (first) throw new WatchwordError('invalid-input', `it is refused: ${first.message}`);
}
