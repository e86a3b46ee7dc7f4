import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { backup, restore } from '../../src/cli/backup.ts';
import { type Command, runCommand } from '../../src/cli/command.ts';
import { commitOf, eventOf, pictureOf, START, tempFolder, tempStore } from '../store/temp-store.ts';
import { recordIo } from '../support/command-io.ts';

async function run(command: Command, ...args: string[]) {
  const io = recordIo();
  const code = await runCommand(command, args, io);
  return { code, io };
}

describe('watchword backup and restore', () => {
  test('a backup of a running box holds all it had committed, and restores', async () => {
    const { store, dataDir, clock } = tempStore();
    const event = eventOf();
    store.events.commit(commitOf('new', event));
    const file = join(tempFolder(), 'box.backup');
    const taken = await run(backup, file, '--data', dataDir, '--json');
    expect(taken.io.lines()).toEqual([{ file, bytes: expect.any(Number), events: 1 }]);
    expect(readdirSync(join(file, '..'))).toEqual(['box.backup']);
    expect(store.audit.list({ limit: 9 })).toMatchObject([
      { who: 'cli', act: 'backup-written', about: file, detail: '1 events' },
    ]);

    store.events.commit(commitOf('new', eventOf({ cameraId: 'later', startedAt: START + 1 })));
    store.close();
    const { code, io } = await run(restore, file, '--data', dataDir);
    expect([code, io.out()]).toEqual([0, '1 events restored\n']);
    const kept = /kept as (\S+)/.exec(io.err())?.[1] ?? '';
    expect(kept).toBe(join(dataDir, 'watchword.db.kept-20260302T090000Z'));
    expect(existsSync(kept)).toBe(true);
    const again = tempStore({ dataDir, clock }).store;
    expect(again.log.list({}, { limit: 9 }).events).toMatchObject([{ event: { id: event.id } }]);
    expect(again.outbox.pending('mqtt', 9)).toHaveLength(1);
    expect(again.audit.list({ limit: 1 })).toMatchObject([
      { who: 'cli', act: 'database-restored', about: file, detail: `kept ${kept}` },
    ]);
  });

  test('the database that was kept can itself be restored', async () => {
    const { store, dataDir } = tempStore();
    store.events.commit(commitOf('new', eventOf()));
    store.close();
    const fresh = await run(restore, '--fresh', '--data', dataDir, '--json');
    const { kept } = fresh.io.lines()[0] as { kept: string };
    const empty = tempStore({ dataDir });
    expect(empty.store.log.countOpen()).toBe(0);
    expect(empty.store.audit.list({ limit: 9 })).toMatchObject([{ who: 'cli', act: 'database-begun' }]);
    empty.store.close();
    await run(restore, kept, '--data', dataDir);
    expect(tempStore({ dataDir }).store.log.countOpen()).toBe(1);
  });

  test('a box that runs is not restored over, and its database is left alone', async () => {
    const { store, dataDir } = tempStore();
    store.events.commit(commitOf('new', eventOf()));
    const file = join(tempFolder(), 'box.backup');
    await run(backup, file, '--data', dataDir);
    for (const args of [[file], ['--fresh']]) {
      const { code, io } = await run(restore, ...args, '--data', dataDir);
      expect([code, io.err()]).toEqual([
        1,
        expect.stringMatching(/another Watchword uses this data folder .*Stop it first/),
      ]);
    }
    expect(store.log.countOpen()).toBe(1);
  });

  test('a damaged backup is refused before anything is moved', async () => {
    const { store, dataDir } = tempStore();
    for (let index = 0; index < 50; index++)
      store.events.commit(commitOf('new', eventOf({ cameraId: `camera-${index}` })));
    const file = join(tempFolder(), 'box.backup');
    await run(backup, file, '--data', dataDir);
    store.close();
    const bytes = readFileSync(file);
    bytes.fill(0xa5, bytes.length / 2, bytes.length / 2 + 20_000);
    writeFileSync(file, bytes);
    const { code, io } = await run(restore, file, '--data', dataDir);
    expect([code, io.err()]).toEqual([1, expect.stringMatching(/damaged|malformed/)]);
    writeFileSync(file, 'not a database at all, only some text');
    expect((await run(restore, file, '--data', dataDir)).code).toBe(1);
    expect(tempStore({ dataDir }).store.log.countOpen()).toBe(50);
  });

  test('pictures and clips come along when they are asked for, and back where they are missing', async () => {
    const { store, dataDir } = tempStore();
    const event = eventOf();
    store.events.commit(
      commitOf('new', event, { evidence: [pictureOf(Buffer.from('one')), pictureOf(Buffer.from('two'))] }),
    );
    mkdirSync(join(dataDir, 'clips'));
    const clips = [`${event.id}.1772442000000.mp4`, 'mm8x1-ffff.1772442000000.mp4', 'half.mp4.part'];
    for (const name of clips) writeFileSync(join(dataDir, 'clips', name), name);
    const file = join(tempFolder(), 'box.backup');
    const { io } = await run(backup, file, '--data', dataDir, '--pictures', '--json');
    expect(io.lines()).toMatchObject([{ events: 1, files: { pictures: 2, clips: 1, missing: 0 } }]);
    expect(readdirSync(`${file}.files/clips`)).toEqual([clips[0]]);
    store.close();
    await run(restore, '--fresh', '--data', dataDir);
    rmSync(join(dataDir, 'evidence'), { recursive: true });
    rmSync(join(dataDir, 'clips'), { recursive: true });
    mkdirSync(`${file}.files/evidence/..2026`);
    writeFileSync(`${file}.files/clips/evil.sh`, 'x');
    const restored = await run(restore, file, '--data', dataDir);
    expect([restored.code, restored.io.out()]).toEqual([0, '1 events, 3 pictures and clips restored\n']);
    expect(readdirSync(join(dataDir, 'clips'))).toEqual([clips[0]]);
    const again = tempStore({ dataDir }).store;
    const pictures = await Promise.all(again.evidence.ofEvent(event.id).map((record) => again.evidence.read(record)));
    expect(pictures.map((picture) => Buffer.from(picture ?? []).toString())).toEqual(['one', 'two']);
  });

  test('a picture that is gone is counted, and what stands at the name is never written over', async () => {
    const { store, dataDir } = tempStore();
    store.events.commit(commitOf('new', eventOf(), { evidence: [pictureOf(Buffer.from('one'))] }));
    rmSync(join(dataDir, 'evidence'), { recursive: true });
    const file = join(tempFolder(), 'box.backup');
    const { code, io } = await run(backup, file, '--data', dataDir, '--pictures');
    expect([code, io.err()]).toEqual([0, '1 pictures are gone from the data folder\n']);
    rmSync(file);
    expect((await run(backup, file, '--data', dataDir, '--pictures')).code).toBe(1);
    expect(existsSync(file)).toBe(false);
  });

  test('a backup never replaces a file, and needs one name', async () => {
    const { dataDir } = tempStore();
    const file = join(tempFolder(), 'precious');
    writeFileSync(file, 'precious');
    const { code, io } = await run(backup, file, '--data', dataDir);
    expect([code, io.err()]).toEqual([1, expect.stringContaining('choose another name')]);
    expect(readFileSync(file, 'utf8')).toBe('precious');
    expect((await run(backup, '--data', dataDir)).code).toBe(2);
    expect((await run(restore, '--data', dataDir)).code).toBe(2);
    expect((await run(restore, file, '--fresh', '--data', dataDir)).code).toBe(2);
    expect((await run(restore, join(dataDir, 'nope'), '--data', dataDir)).code).toBe(1);
  });
});
