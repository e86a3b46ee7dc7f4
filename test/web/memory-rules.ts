import { createHash } from 'node:crypto';
import { createRuleDesk } from '../../src/desks/rule-desk.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { WatchwordError } from '../../src/platform/errors.ts';
import { createLogger } from '../../src/platform/logger.ts';
import type { CapacityPlan } from '../../src/rules/capacity.ts';
import type { CompileContext } from '../../src/rules/compile.ts';
import { contextOf } from '../../src/rules/context.ts';
import type { RuleText } from '../../src/rules/rule-files.ts';
import type { RuleVersion } from '../../src/store/rule-versions.ts';
import type { CameraStatus } from '../../src/web/deps.ts';
import type { RuleDesk } from '../../src/web/rule-editing.ts';

/** Rule files without a disk, by id, behind the real desk. */
export class MemoryRules {
  readonly texts = new Map<string, string>();
  readonly versions = new Map<string, RuleVersion[]>();
  /** Who did what to which rule. */
  readonly acts: string[] = [];
  /** What any rule would take. */
  plan: CapacityPlan | undefined = { share: 0.031, total: 0.42, delayMs: 12_300 };
  /** Once: what the next write fails with. */
  failure: Error | undefined;

  desk(cameras: () => readonly CameraStatus[], clock: Clock): RuleDesk {
    const files = {
      read: async (id: string) => this.#read(id),
      create: async (wished: string, text: string) => {
        this.#fail();
        let id = wished;
        for (let number = 2; this.texts.has(id); number++) id = `${wished}-${number}`;
        this.texts.set(id, text);
        return this.#read(id);
      },
      replace: async (id: string, version: string, text: string) => {
        this.#fail();
        this.#seen(id, version);
        this.texts.set(id, text);
        return this.#read(id);
      },
      remove: async (id: string, version: string) => {
        this.#seen(id, version);
        this.texts.delete(id);
      },
    };
    const versions = {
      add: (id: string, version: Omit<RuleVersion, 'number'>, act = 'rule-saved') => {
        if (version.savedBy !== null) this.acts.push(`${version.savedBy} ${act} ${id}`);
        const known = this.versions.get(id) ?? [];
        if (known[0]?.text === version.text) return;
        this.versions.set(id, [{ ...version, number: known.length + 1 }, ...known]);
      },
      removed: (id: string, by: string) => void this.acts.push(`${by} rule-removed ${id}`),
      list: (id: string) => this.versions.get(id) ?? [],
    };
    const context = (): CompileContext => boxContext(cameras());
    return createRuleDesk({
      files,
      versions,
      plan: () => this.plan,
      context,
      clock,
      logger: createLogger(() => undefined),
    });
  }

  #read(id: string): RuleText {
    const text = this.texts.get(id);
    if (text === undefined) throw new WatchwordError('not-found', `there is no rule file "${id}"`);
    return {
      id,
      file: `rules/${id}.yaml`,
      text,
      version: createHash('sha256').update(text).digest('hex').slice(0, 16),
    };
  }

  #seen(id: string, version: string): void {
    if (this.#read(id).version !== version) throw new WatchwordError('conflict', 'the rule file was changed meanwhile');
  }

  #fail(): void {
    const { failure } = this;
    this.failure = undefined;
    if (failure) throw failure;
  }
}

function boxContext(cameras: readonly CameraStatus[]): CompileContext {
  return contextOf({
    site: { timeZone: 'Europe/Berlin' },
    cameras: Object.fromEntries(cameras.map(({ id, name }) => [id, { name, zones: {}, maxWidth: 1280 }])),
    calendars: { 'opening hours': { hours: [{ days: ['mon', 'tue'], from: '08:00', to: '20:00' }], closed: [] } },
  });
}
