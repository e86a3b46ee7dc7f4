import { mkdirSync, mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { Health } from '../../src/platform/health.ts';
import { createLogger } from '../../src/platform/logger.ts';
import type { CompileContext } from '../../src/rules/compile.ts';
import { type RuleChanges, RuleFolder } from '../../src/rules/folder.ts';
import { context } from './box.ts';

let home: string;
let folder: string;
let rules: RuleFolder;
let health: Health;
let logged: Array<{ level: string; message: string; fields: Record<string, unknown> }>;
let known: CompileContext;

function write(name: string, sentence: string, more = ''): void {
  writeFileSync(join(folder, name), `rule: ${sentence}\n${more}`);
}

/** The next set of changes: what a part that listens would see. */
function nextChanges(): Promise<RuleChanges> {
  return new Promise((resolve) => {
    const stop = rules.onChange((changes) => {
      stop();
      resolve(changes);
    });
  });
}

/** Resolves when the health of the rules is as wanted. */
function rulesHealth(status: string, reason: RegExp): Promise<void> {
  const fits = (): boolean => {
    const part = health.get('rules');
    return part?.status === status && reason.test(part.reason);
  };
  return new Promise((resolve) => {
    if (fits()) return resolve();
    const stop = health.onChange(() => {
      if (!fits()) return;
      stop();
      resolve();
    });
  });
}

const ids = () => rules.rules().map((rule) => rule.id);

function open(path: string): RuleFolder {
  const logger = createLogger((level, message, fields) => logged.push({ level, message, fields }));
  return new RuleFolder({ folder: path, context: () => known, clock: systemClock, logger, health });
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'watchword-rules-'));
  folder = home;
  health = new Health(() => 0);
  logged = [];
  known = context;
});

afterEach(async () => {
  await rules.stop();
  rmSync(home, { recursive: true, force: true });
});

describe('a rules folder', () => {
  it('brings its files into force when it starts', async () => {
    write('spill.yaml', 'Alert me when there is a spill on the floor');
    write('exit.yml', 'Alert me when the exit is blocked', 'enabled: false\n');
    writeFileSync(join(folder, 'README.md'), '# not a rule');
    writeFileSync(join(folder, '.spill.yaml.swp'), 'half a file');
    rules = open(folder);
    await rules.start();
    expect(rules.rules().map(({ id, enabled }) => [id, enabled])).toEqual([
      ['exit', false],
      ['spill', true],
    ]);
    expect(rules.findings()).toEqual([]);
    expect(health.get('rules')?.status).toBe('ok');
  });

  it('takes in a file that was added, changed or removed while running', async () => {
    write('spill.yaml', 'Alert me when there is a spill on the floor');
    rules = open(folder);
    await rules.start();

    const added = nextChanges();
    write('exit.yaml', 'Alert me when the exit is blocked');
    expect(await added).toEqual({ added: ['exit'], changed: [], removed: [] });

    const changed = nextChanges();
    write('exit.yaml', 'Alert me when the exit is blocked for 10 seconds');
    expect(await changed).toEqual({ added: [], changed: ['exit'], removed: [] });
    expect(rules.rules()[0]).toMatchObject({ id: 'exit', forMs: 10_000 });

    const removed = nextChanges();
    unlinkSync(join(folder, 'exit.yaml'));
    expect(await removed).toEqual({ added: [], changed: [], removed: ['exit'] });
    expect(ids()).toEqual(['spill']);
  });

  it('takes in a file that an editor replaces by renaming another over it', async () => {
    write('spill.yaml', 'Alert me when there is a spill on the floor');
    rules = open(folder);
    await rules.start();
    const changed = nextChanges();
    writeFileSync(join(home, '.spill.yaml.tmp'), 'rule: Alert me when there is a puddle on the floor\n');
    renameSync(join(home, '.spill.yaml.tmp'), join(folder, 'spill.yaml'));
    expect(await changed).toEqual({ added: [], changed: ['spill'], removed: [] });
    expect(rules.rules()[0]?.question).toBe('Is there a puddle on the floor?');
  });

  it('reports several edits at once as one set', async () => {
    write('a.yaml', 'A shelf is empty');
    rules = open(folder);
    await rules.start();
    const changes = nextChanges();
    write('a.yaml', 'A shelf is full');
    write('b.yaml', 'A door is open');
    write('c.yaml', 'A window is open');
    expect(await changes).toEqual({ added: ['b', 'c'], changed: ['a'], removed: [] });
  });

  it('keeps the previous version in force when a file is broken, and says so', async () => {
    write('spill.yaml', 'Alert me when there is a spill on the floor');
    rules = open(folder);
    await rules.start();
    const degraded = rulesHealth('degraded', /a rule file has errors: .*spill\.yaml:1:51: error/);
    write('spill.yaml', 'Alert me when there is a spill on the floor for the third time today');
    await degraded;
    expect(rules.rules()).toMatchObject([{ id: 'spill', question: 'Is there a spill on the floor?', forMs: 0 }]);
    expect(rules.findings()).toMatchObject([{ severity: 'error', line: 1 }]);
    expect(logged.some(({ level, fields }) => level === 'error' && fields.kept === true)).toBe(true);

    const mended = rulesHealth('ok', /^$/);
    write('spill.yaml', 'Alert me when there is a spill on the floor for 1 minute');
    await mended;
    expect(rules.rules()[0]?.forMs).toBe(60_000);
    expect(rules.findings()).toEqual([]);
  });

  it('keeps a rule in force while its file is empty for a moment', async () => {
    write('spill.yaml', 'Alert me when there is a spill on the floor');
    rules = open(folder);
    await rules.start();
    const degraded = rulesHealth('degraded', /spill\.yaml/);
    writeFileSync(join(folder, 'spill.yaml'), '');
    await degraded;
    expect(ids()).toEqual(['spill']);
  });

  it('leaves a rule that was never sound out, and the others in', async () => {
    write('spill.yaml', 'Alert me when there is a spill on the floor');
    write('bad.yaml', 'How many people are there?');
    rules = open(folder);
    await rules.start();
    expect(ids()).toEqual(['spill']);
    expect(health.get('rules')).toMatchObject({ status: 'degraded' });
  });

  it('refuses the second of two files with the same id', async () => {
    write('spill.yaml', 'Alert me when there is a spill on the floor');
    write('spill.yml', 'Alert me when there is a puddle on the floor');
    rules = open(folder);
    await rules.start();
    expect(ids()).toEqual(['spill']);
    const [finding] = rules.findings();
    expect(finding?.message).toContain('the rule id "spill" is taken by');
  });

  it('that is missing is down, and comes into force when it is made', async () => {
    folder = join(home, 'rules');
    rules = open(folder);
    await rules.start();
    expect(health.get('rules')).toMatchObject({ status: 'down' });
    expect(rules.rules()).toEqual([]);
    const added = nextChanges();
    mkdirSync(folder);
    write('spill.yaml', 'Alert me when there is a spill on the floor');
    expect((await added).added).toEqual(['spill']);
    await rulesHealth('ok', /^$/);
  });

  it('that goes away takes no rule with it', async () => {
    write('spill.yaml', 'Alert me when there is a spill on the floor');
    rules = open(folder);
    await rules.start();
    const degraded = rulesHealth('degraded', /cannot be read/);
    renameSync(folder, `${folder}-away`);
    await degraded;
    expect(ids()).toEqual(['spill']);
    const ok = rulesHealth('ok', /^$/);
    renameSync(`${folder}-away`, folder);
    await ok;
    expect(ids()).toEqual(['spill']);
  });

  it('compiles anew when cameras change', async () => {
    write('spill.yaml', 'Alert me when there is a spill on the floor', 'cameras: [aisle-*]\n');
    rules = open(folder);
    await rules.start();
    known = { ...context, cameras: [...context.cameras, { id: 'aisle-4' }] };
    const changes = nextChanges();
    await rules.refresh();
    expect(await changes).toEqual({ added: [], changed: ['spill'], removed: [] });
    expect(rules.rules()[0]?.cameras).toContain('aisle-4');
  });

  it('survives a listener that throws', async () => {
    rules = open(folder);
    await rules.start();
    rules.onChange(() => {
      throw new Error('a listener of its own trouble');
    });
    const added = nextChanges();
    write('spill.yaml', 'Alert me when there is a spill on the floor');
    expect((await added).added).toEqual(['spill']);
    expect(logged.some(({ message }) => message === 'a listener of the rules failed')).toBe(true);
  });

  it('stops at once, also while it waits', async () => {
    rules = open(folder);
    await rules.start();
    await rules.stop();
    await expect(rules.stop()).resolves.toBeUndefined();
  });

  it('doubts an example picture that is not there, at its place in the file, and takes the rule all the same', async () => {
    const examples = 'examples:\n  - { picture: examples/full.jpg, says: This shelf is full. }\n';
    write('shelf.yaml', 'Alert me when a shelf is empty', examples);
    rules = open(folder);
    await rules.start();
    expect(rules.rules()[0]?.examples).toEqual([{ picture: 'examples/full.jpg', says: 'This shelf is full.' }]);
    const [finding] = rules.findings();
    expect(finding).toMatchObject({ severity: 'warning', line: 3, column: 16 });
    expect(finding?.message).toContain('examples/full.jpg is not there');
    write('shelf.yaml', 'Alert me when a shelf is empty', examples.replace('examples/full', '../../outside'));
    await rules.refresh();
    expect(rules.findings()[0]?.message).toContain('must be a file in the rules folder');
  });
});
