import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RuleFiles } from '../../src/rules/rule-files.ts';
import { temporaryFolder } from '../support/daemon.ts';

let folder: ReturnType<typeof temporaryFolder>;
let files: RuleFiles;
beforeEach(() => {
  folder = temporaryFolder();
  mkdirSync(join(folder.path, 'rules'));
  files = new RuleFiles(join(folder.path, 'rules'));
});
afterEach(() => folder.remove());

const at = (name: string): string => join(folder.path, 'rules', name);

describe('rule files', () => {
  test('are created under the wished name, or under it with a number; nothing is ever replaced by a new one', async () => {
    expect((await files.create('door', 'rule: one\n')).id).toBe('door');
    writeFileSync(at('door-2.yml'), 'rule: by hand\n');
    const made = await Promise.all([files.create('door', 'rule: two\n'), files.create('door', 'rule: three\n')]);
    expect(made.map(({ id }) => id)).toEqual(['door-3', 'door-4']);
    expect(readFileSync(at('door.yaml'), 'utf8')).toBe('rule: one\n');
    expect(readFileSync(at('door-2.yml'), 'utf8')).toBe('rule: by hand\n');
    // Nothing half-written stays behind.
    expect(readdirSync(at('')).sort()).toEqual(['door-2.yml', 'door-3.yaml', 'door-4.yaml', 'door.yaml']);
  });

  test('are replaced and removed only in the version that was seen', async () => {
    const first = await files.create('door', 'rule: one\n');
    chmodSync(at('door.yaml'), 0o640);
    const second = await files.replace('door', first.version, 'rule: two\n');
    expect(statSync(at('door.yaml')).mode & 0o777).toBe(0o640);
    await expect(files.replace('door', first.version, 'rule: three\n')).rejects.toMatchObject({ kind: 'conflict' });
    await expect(files.remove('door', first.version)).rejects.toMatchObject({ kind: 'conflict' });
    expect(readFileSync(at('door.yaml'), 'utf8')).toBe('rule: two\n');
    await files.remove('door', second.version);
    await expect(files.read('door')).rejects.toMatchObject({ kind: 'not-found' });
    await expect(files.replace('door', second.version, '')).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('give way to one of two people who save at once', async () => {
    const { version } = await files.create('door', 'rule: one\n');
    const saved = await Promise.allSettled([
      files.replace('door', version, 'rule: mine\n'),
      files.replace('door', version, 'rule: yours\n'),
    ]);
    expect(saved.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(readFileSync(at('door.yaml'), 'utf8')).toBe('rule: mine\n');
  });

  test('are never reached outside the folder', async () => {
    const outside = join(folder.path, 'outside.yaml');
    writeFileSync(outside, 'rule: secret\n');
    for (const id of ['../outside', '..', 'a/b', '/etc/passwd', '', 'A', '.hidden', 'x\0', 'a'.repeat(64)]) {
      await expect(files.read(id)).rejects.toMatchObject({ kind: 'not-found' });
      await expect(files.create(id, 'rule: x\n')).rejects.toMatchObject({ kind: 'invalid-input' });
    }
    // A link is replaced, not followed.
    symlinkSync(outside, at('linked.yaml'));
    const { version } = await files.read('linked');
    await files.replace('linked', version, 'rule: mine\n');
    expect(readFileSync(outside, 'utf8')).toBe('rule: secret\n');
  });

  test('are not made when the folder holds as many as are read', async () => {
    for (let number = 0; number < 500; number++) writeFileSync(at(`r${number}.yaml`), '');
    await expect(files.create('door', 'rule: one\n')).rejects.toMatchObject({ kind: 'too-many' });
  });

  test('say what is in the way when the disk refuses', async () => {
    const gone = new RuleFiles(at('missing'));
    await expect(gone.create('door', 'rule: one\n')).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
