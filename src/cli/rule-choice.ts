import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSettings } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import { WatchwordError } from '../platform/errors.ts';
import { formatFinding } from '../platform/findings.ts';
import { nearest } from '../platform/nearest.ts';
import { compileRule } from '../rules/compile.ts';
import { contextOf } from '../rules/context.ts';
import { readRuleFile, ruleIdOf } from '../rules/file.ts';
import type { CompiledRule } from '../rules/rule.ts';
import { withAddedCameras } from '../streams.ts';
import { UsageError } from './command.ts';

/** The demo store's configuration speaks for a box that has none. From src and from dist alike. */
const DEMO_CONFIG = fileURLToPath(new URL('../../src/demo/demo.yaml', import.meta.url));

/** The configuration that was named, or the demo store's, with the file it came from. */
export function chosenSettings(config: string | undefined): { file: string; settings: Settings } {
  if (config === undefined && !existsSync(DEMO_CONFIG))
    throw new UsageError('there is no configuration', 'Name one with --config FILE');
  const file = config ?? DEMO_CONFIG;
  return { file, settings: withAddedCameras(loadSettings(file)) };
}

/**
 * The rule that a person named: by its id, or as a sentence of its own.
 *
 * @throws UsageError when it is neither; WatchwordError `invalid-input` when it cannot be compiled
 */
export function chosenRule(text: string, settings: Settings): CompiledRule {
  const file = ruleFiles(settings).find((name) => ruleIdOf(name) === text);
  return file ? ruleOfFile(join(settings.rules, file), settings) : ruleOfSentence(text, settings);
}

/** The file of a rule; undefined when there is none. */
export function fileOfRule(id: string, settings: Settings): string | undefined {
  const name = ruleFiles(settings).find((each) => ruleIdOf(each) === id);
  return name && join(settings.rules, name);
}

function ruleFiles({ rules }: Settings): string[] {
  return existsSync(rules) ? readdirSync(rules).filter((name) => /^[^.].*\.ya?ml$/.test(name)) : [];
}

function ruleOfFile(file: string, settings: Settings): CompiledRule {
  const { rule, findings } = readRuleFile(readFileSync(file, 'utf8'), file, contextOf(settings));
  if (rule) return rule;
  const lines = findings.filter(({ severity }) => severity === 'error').map(formatFinding);
  throw new WatchwordError('invalid-input', `the rule cannot be used\n${lines.join('\n')}`);
}

function ruleOfSentence(words: string, settings: Settings): CompiledRule {
  if (!words.trim().includes(' ')) {
    const near = nearest(words, ruleFiles(settings).map(ruleIdOf));
    const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'Put a sentence in quotes';
    throw new UsageError(`there is no rule "${words}" in ${settings.rules}`, hint);
  }
  const source = { id: 'sentence', words, cameras: ['*'], enabled: true, file: '', overrides: {} };
  const { rule, errors } = compileRule(source, contextOf(settings));
  if (rule) return rule;
  throw new WatchwordError(
    'invalid-input',
    `the sentence is refused: ${errors.map(({ message }) => message).join('; ')}`,
    {
      hint: 'watchword rules explain shows which words it is about',
    },
  );
}
