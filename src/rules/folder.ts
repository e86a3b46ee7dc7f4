import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { Bell } from '../platform/bell.ts';
import type { Clock } from '../platform/clock.ts';
import { toError } from '../platform/errors.ts';
import { type Finding, formatFinding } from '../platform/findings.ts';
import type { Health } from '../platform/health.ts';
import { linked } from '../platform/linked.ts';
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

interface ReadFile {
  readonly text: string;
  readonly stamp: string;
}

interface Entry {
  readonly text: string;
  /** Identity, size and times of the file: the same while nobody wrote to it. */
  readonly stamp: string;
  /** The last version without errors, if there was one. */
  readonly rule: CompiledRule | undefined;
  readonly findings: readonly Finding[];
}

/** Editors write in several steps (truncate, write, rename): let a burst of events end before looking. */
const SETTLE_MS = 150;
/** Some file systems send no events; a look at the folder costs one directory listing and one stat per file. */
const LOOK_MS = 1_500;
/** The watcher lists the folder before it tells of changes; a slow disk must not hold up the start for it. */
const WATCHING_WITHIN_MS = 2_000;
const MAX_FILES = 500;
const MAX_CHARACTERS = 64 * 1024;

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
  #scanning: Promise<void> = Promise.resolve();
  #watcher: FSWatcher | undefined;
  #loop: Promise<void> | undefined;

  constructor(deps: RuleFolderDeps) {
    this.#deps = deps;
  }

  /** Loads all files once, then keeps watching. Resolves when the first rules are in force; never rejects for bad files. */
  async start(): Promise<void> {
    await this.#watch();
    await this.#scan();
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

  /** Resolves when changes are told of, so that none between the first look and the watch is missed. */
  async #watch(): Promise<void> {
    const { folder, logger, clock } = this.#deps;
    const watcher = watch(folder, { ignoreInitial: true, depth: 0, ignorePermissionErrors: true });
    this.#watcher = watcher;
    watcher.on('all', () => this.#bell.ring());
    watcher.on('error', (error) => logger.warn('watching the rules folder failed', { error: toError(error) }));
    const ready = new AbortController();
    watcher.once('ready', () => ready.abort(new Error('ready')));
    const { signal, stop } = linked([ready.signal, this.#stopped.signal]);
    await clock.sleep(WATCHING_WITHIN_MS, signal).catch(() => undefined);
    stop();
  }

  async #keepLooking(): Promise<void> {
    const { clock } = this.#deps;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.#wake(this.#gone.size > 0 ? SETTLE_MS : LOOK_MS);
      if (signal.aborted) return;
      await clock.sleep(SETTLE_MS, signal).catch(() => undefined);
      if (!signal.aborted) await this.#scan();
    }
  }

  /** Waits for an event of the watcher, at most `ms`. */
  async #wake(ms: number): Promise<void> {
    const rung = new AbortController();
    const { signal, stop } = linked([this.#stopped.signal, rung.signal]);
    const slept = this.#deps.clock.sleep(ms, signal).catch(() => undefined);
    await Promise.race([slept, this.#bell.wait(signal)]);
    rung.abort(new Error('woken'));
    stop();
  }

  /** One look after the other: two at once would announce the same change twice. */
  #scan(options: { all?: boolean } = {}): Promise<void> {
    this.#scanning = this.#scanning.then(() => this.#look(options));
    return this.#scanning;
  }

  async #look(options: { all?: boolean }): Promise<void> {
    const before = new Map(this.rules().map((rule) => [rule.id, rule]));
    const files = await this.#readFiles();
    if (files === undefined) {
      this.#report();
      return;
    }
    this.#forgetGone(files);
    const context = this.#deps.context();
    const taken = new Map<string, string>();
    for (const [file, read] of [...files].sort(([a], [b]) => a.localeCompare(b))) {
      const twin = taken.get(ruleIdOf(file));
      if (twin) this.#entries.set(file, { ...read, rule: undefined, findings: [duplicate(file, twin)] });
      else this.#take(file, read, context, options.all === true);
      taken.set(ruleIdOf(file), file);
    }
    this.#announce(before);
    this.#report();
  }

  #take(file: string, read: ReadFile, context: CompileContext, anew: boolean): void {
    const known = this.#entries.get(file);
    if (known && known.text === read.text && !anew) {
      this.#entries.set(file, { ...known, ...read });
      return;
    }
    const { rule, findings: own } = readRuleFile(read.text, file, context);
    const findings = [...own, ...missingExamples(file, read.text, rule)];
    for (const finding of findings) {
      const level = finding.severity === 'error' ? 'error' : 'warn';
      this.#deps.logger[level]('rule file', {
        finding: formatFinding(finding),
        kept: rule === undefined && known?.rule !== undefined,
      });
    }
    this.#entries.set(file, { ...read, rule: rule ?? known?.rule, findings });
  }

  /** A file is gone when it is missing twice: some editors delete and write anew. */
  #forgetGone(files: ReadonlyMap<string, unknown>): void {
    const missing = [...this.#entries.keys()].filter((file) => !files.has(file));
    for (const file of missing) if (this.#gone.has(file)) this.#entries.delete(file);
    this.#gone = new Set(missing.filter((file) => this.#entries.has(file)));
  }

  async #readFiles(): Promise<Map<string, ReadFile> | undefined> {
    const { folder, logger } = this.#deps;
    try {
      const names = (await readdir(folder)).filter((name) => /^[^.].*\.ya?ml$/.test(name)).sort();
      if (names.length > MAX_FILES) logger.warn('too many rule files', { files: names.length, most: MAX_FILES });
      const files = new Map<string, ReadFile>();
      for (const name of names.slice(0, MAX_FILES)) {
        const file = await this.#readFile(join(folder, name)).catch(() => undefined);
        if (file) files.set(join(folder, name), file);
      }
      this.#folderMissing = false;
      return files;
    } catch (error) {
      if (!this.#folderMissing) logger.error('the rules folder cannot be read', { folder, error: toError(error) });
      this.#folderMissing = true;
      return undefined;
    }
  }

  async #readFile(path: string): Promise<ReadFile> {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path);
    const stamp = `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
    const known = this.#entries.get(path);
    if (known?.stamp === stamp) return { text: known.text, stamp };
    const text = await readFile(path, 'utf8');
    return { text: text.slice(0, MAX_CHARACTERS), stamp };
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

/** An example that is not there leaves the rule without an answer; it counts as soon as it is. */
function missingExamples(file: string, text: string, rule: CompiledRule | undefined): Finding[] {
  const missing = (rule?.examples ?? []).filter(({ picture }) => !existsSync(resolve(dirname(file), picture)));
  return missing.map(({ picture }) => {
    const before = text.slice(0, Math.max(0, text.indexOf(picture))).split('\n');
    const at = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
    const message = `the example picture ${picture} is not there: until it is, the rule's verdict is unknown`;
    return { file, ...at, severity: 'warning', message, hint: 'Put it beside the rule, or take it out of "examples"' };
  });
}

function duplicate(file: string, twin: string): Finding {
  const message = `the rule id "${ruleIdOf(file)}" is taken by ${twin}`;
  return { file, line: 1, column: 1, severity: 'error', message, hint: 'Rename one of the two files' };
}
