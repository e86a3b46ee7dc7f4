import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { Bell } from '../platform/bell.ts';
import type { Clock } from '../platform/clock.ts';
import { toError } from '../platform/errors.ts';
import { type Finding, formatFinding } from '../platform/findings.ts';
import type { Health } from '../platform/health.ts';
import type { Logger } from '../platform/logger.ts';
import type { CompileContext } from './compile.ts';
import { readRuleFile, ruleIdOf } from './file.ts';
import type { CompiledRule } from './rule.ts';

/** What changed between two sets of rules in force, by id. */
export interface RuleChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

export interface RuleFolderDeps {
  readonly folder: string;
  /** Asked at each compilation, so that changed cameras and calendars count. */
  readonly context: () => CompileContext;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
}

interface Entry {
  readonly text: string;
  /** The last version without errors, if there was one. */
  readonly rule: CompiledRule | undefined;
  readonly findings: readonly Finding[];
}

/** Editors write in several steps (truncate, write, rename): let a burst of events end before looking. */
const SETTLE_MS = 150;
/** Some file systems send no events; a look at the folder costs one directory listing and a read per file. */
const LOOK_MS = 10_000;
const LOOK_FOR_FOLDER_MS = 1_000;
const MAX_FILES = 500;
const MAX_BYTES = 64 * 1024;

/**
 * The rule files of one folder, in force. Reloads on change, within 2 s. A broken file leaves its previous version in force
 * and is reported: log, health part `rules`, `findings()`. A folder that goes away takes no rule with it.
 */
export class RuleFolder {
  readonly name = 'rules';
  readonly #deps: RuleFolderDeps;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<(changes: RuleChanges) => void>();
  readonly #bell = new Bell();
  readonly #stopped = new AbortController();
  #gone = new Set<string>();
  #folderMissing = false;
  #watcher: FSWatcher | undefined;
  #loop: Promise<void> | undefined;

  constructor(deps: RuleFolderDeps) {
    this.#deps = deps;
  }

  /** Loads all files once, then keeps watching. Resolves when the first rules are in force; never rejects for bad files. */
  async start(): Promise<void> {
    await this.#scan();
    this.#watch();
    this.#loop = this.#keepLooking();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#watcher?.close();
    await this.#loop;
  }

  /** The rules in force, by id; disabled ones too. */
  rules(): readonly CompiledRule[] {
    const rules = [...this.#entries.values()].flatMap((entry) => (entry.rule ? [entry.rule] : []));
    return rules.sort((a, b) => a.id.localeCompare(b.id));
  }

  /** What is wrong or doubtful in the files now. */
  findings(): readonly Finding[] {
    return [...this.#entries.entries()].sort(([a], [b]) => a.localeCompare(b)).flatMap(([, entry]) => entry.findings);
  }

  /** Calls `listener` after each set of changes, once per set; returns the function that stops it. */
  onChange(listener: (changes: RuleChanges) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Compiles everything anew, for instance after cameras or calendars changed. */
  async refresh(): Promise<void> {
    await this.#scan({ all: true });
  }

  #watch(): void {
    const { folder, logger } = this.#deps;
    this.#watcher = watch(folder, { ignoreInitial: true, depth: 0, ignorePermissionErrors: true });
    this.#watcher.on('all', () => this.#bell.ring());
    this.#watcher.on('error', (error) => logger.warn('watching the rules folder failed', { error: toError(error) }));
  }

  async #keepLooking(): Promise<void> {
    const { clock } = this.#deps;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.#wake(this.#gone.size > 0 ? SETTLE_MS : this.#folderMissing ? LOOK_FOR_FOLDER_MS : LOOK_MS);
      if (signal.aborted) return;
      await clock.sleep(SETTLE_MS, signal).catch(() => undefined);
      if (!signal.aborted) await this.#scan();
    }
  }

  /** Waits for an event of the watcher, at most `ms`. */
  async #wake(ms: number): Promise<void> {
    const rung = new AbortController();
    const signal = AbortSignal.any([this.#stopped.signal, rung.signal]);
    const slept = this.#deps.clock.sleep(ms, signal).catch(() => undefined);
    await Promise.race([slept, this.#bell.wait(signal)]);
    rung.abort(new Error('woken'));
  }

  async #scan(options: { all?: boolean } = {}): Promise<void> {
    const before = new Map(this.rules().map((rule) => [rule.id, rule]));
    const texts = await this.#readTexts();
    if (texts === undefined) {
      this.#report();
      return;
    }
    this.#forgetGone(texts);
    const context = this.#deps.context();
    const taken = new Map<string, string>();
    for (const [file, text] of [...texts].sort(([a], [b]) => a.localeCompare(b))) {
      const twin = taken.get(ruleIdOf(file));
      if (twin) this.#entries.set(file, { text, rule: undefined, findings: [duplicate(file, twin)] });
      else this.#take(file, text, context, options.all === true);
      taken.set(ruleIdOf(file), file);
    }
    this.#announce(before);
    this.#report();
  }

  #take(file: string, text: string, context: CompileContext, anew: boolean): void {
    const known = this.#entries.get(file);
    if (known && known.text === text && !anew) return;
    const { rule, findings } = readRuleFile(text, file, context);
    for (const finding of findings) {
      const level = finding.severity === 'error' ? 'error' : 'warn';
      this.#deps.logger[level]('rule file', {
        finding: formatFinding(finding),
        kept: rule === undefined && known?.rule !== undefined,
      });
    }
    this.#entries.set(file, { text, rule: rule ?? known?.rule, findings });
  }

  /** A file is gone when it is missing twice: some editors delete and write anew. */
  #forgetGone(texts: ReadonlyMap<string, string>): void {
    const missing = [...this.#entries.keys()].filter((file) => !texts.has(file));
    for (const file of missing) if (this.#gone.has(file)) this.#entries.delete(file);
    this.#gone = new Set(missing.filter((file) => this.#entries.has(file)));
  }

  async #readTexts(): Promise<Map<string, string> | undefined> {
    const { folder, logger } = this.#deps;
    try {
      const names = (await readdir(folder)).filter((name) => /^[^.].*\.ya?ml$/.test(name)).sort();
      if (names.length > MAX_FILES) logger.warn('too many rule files', { files: names.length, most: MAX_FILES });
      const texts = new Map<string, string>();
      for (const name of names.slice(0, MAX_FILES)) {
        const text = await readFile(join(folder, name), 'utf8').catch(() => undefined);
        if (text !== undefined)
          texts.set(join(folder, name), text.length > MAX_BYTES ? text.slice(0, MAX_BYTES) : text);
      }
      this.#folderMissing = false;
      return texts;
    } catch (error) {
      if (!this.#folderMissing) logger.error('the rules folder cannot be read', { folder, error: toError(error) });
      this.#folderMissing = true;
      return undefined;
    }
  }

  #announce(before: ReadonlyMap<string, CompiledRule>): void {
    const after = new Map(this.rules().map((rule) => [rule.id, rule]));
    const changes = {
      added: [...after.keys()].filter((id) => !before.has(id)),
      changed: [...after].filter(([id, rule]) => before.has(id) && !same(before.get(id), rule)).map(([id]) => id),
      removed: [...before.keys()].filter((id) => !after.has(id)),
    };
    if (changes.added.length + changes.changed.length + changes.removed.length === 0) return;
    this.#deps.logger.info('rules changed', { ...changes });
    for (const listener of this.#listeners) {
      try {
        listener(changes);
      } catch (error) {
        this.#deps.logger.error('a listener of the rules failed', { error: toError(error) });
      }
    }
  }

  #report(): void {
    const { folder, health } = this.#deps;
    if (this.#folderMissing) {
      health.report('rules', this.#entries.size > 0 ? 'degraded' : 'down', `the rules folder ${folder} cannot be read`);
      return;
    }
    const broken = this.findings().filter((finding) => finding.severity === 'error');
    const [first] = broken;
    if (!first) {
      health.report('rules', 'ok');
      return;
    }
    const files = new Set(broken.map((finding) => finding.file)).size;
    health.report(
      'rules',
      'degraded',
      `${files === 1 ? 'a rule file has' : `${files} rule files have`} errors: ${formatFinding(first)}`,
    );
  }
}

function same(a: CompiledRule | undefined, b: CompiledRule): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function duplicate(file: string, twin: string): Finding {
  const message = `the rule id "${ruleIdOf(file)}" is taken by ${twin}`;
  return { file, line: 1, column: 1, severity: 'error', message, hint: 'Rename one of the two files' };
}
