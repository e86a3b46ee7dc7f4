import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type Clock, systemClock } from '../../../src/platform/clock.ts';
import { HubConnection } from '../../../src/vision/hub/connection.ts';
import { openFolder } from '../../../src/vision/hub/folder-source.ts';
import { openHubRepository } from '../../../src/vision/hub/hub-source.ts';
import { verifyPackage } from '../../../src/vision/hub/manifest.ts';
import { canBeNeeded } from '../../../src/vision/hub/needed-files.ts';
import { type PullPlan, pullPackage } from '../../../src/vision/hub/pull.ts';
import type { PackageSource } from '../../../src/vision/hub/repository.ts';
import { openPackage } from '../../../src/vision/package.ts';
import { SmallDisk } from '../../store/small-disk.ts';
import { temporaryFolder } from '../../support/daemon.ts';
import { COMMIT, type Fault, HubServer, REPOSITORY } from './hub-server.ts';
import { tinyRepository } from './tiny-repository.ts';

/** Waits between tries are over at once; a silent line is still given its time. */
const hurried: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms === 30_000 ? ms : 0, signal) };
const { signal } = new AbortController();

let hub: HubServer;
let modelsDir: string;
let drop: () => void;
beforeEach(async () => {
  hub = await new HubServer(tinyRepository()).start();
  ({ path: modelsDir, remove: drop } = temporaryFolder());
});
afterEach(async () => {
  await hub.stop();
  drop();
});

function repository(options: { id?: string; revision?: string; token?: string } = {}): Promise<PackageSource> {
  const { id = REPOSITORY, revision = 'main', token } = options;
  return openHubRepository(new HubConnection({ endpoint: hub.url, token, clock: hurried }), id, revision, signal);
}

interface Pulled {
  readonly dir: string;
  readonly plan: PullPlan | undefined;
  readonly retries: string[];
  readonly progress: number[];
}

async function pull(options: Partial<Parameters<typeof pullPackage>[0]> = {}): Promise<Pulled> {
  let plan: PullPlan | undefined;
  const [retries, progress]: [string[], number[]] = [[], []];
  const { dir } = await pullPackage({
    source: options.source ?? (await repository()),
    modelsDir,
    dtype: 'q8',
    clock: hurried,
    random: () => 0.5,
    signal,
    onPlan: (made) => {
      plan = made;
    },
    onProgress: (done) => progress.push(done),
    onRetry: (why) => retries.push(why),
    ...options,
  });
  return { dir, plan, retries, progress };
}

const DECODER = 'onnx/decoder_model_merged_quantized.onnx';
const LARGEST = 'onnx/vision_encoder_quantized.onnx';
const strike = (path: string, ...faults: Fault[]): void => void hub.faults.set(path, faults);
const failure = async (work: Promise<unknown>): Promise<{ kind: string; message: string }> =>
  work.then(
    () => ({ kind: 'none', message: 'it worked' }),
    (error) => ({ kind: error.kind, message: `${error.message} ${error.hint ?? ''}` }),
  );

describe('a pull', () => {
  test('brings what the precision needs and nothing else, checked, pinned and ready to load', async () => {
    const { dir, plan, progress } = await pull();
    expect(plan).toMatchObject({
      repository: REPOSITORY,
      revision: COMMIT,
      licence: 'apache-2.0',
      dtype: 'q8',
      present: 0,
    });
    expect(readdirSync(join(dir, 'onnx')).sort()).toEqual([
      'decoder_model_merged_quantized.onnx',
      'embed_tokens_quantized.onnx',
      'vision_encoder_quantized.onnx',
    ]);
    expect(existsSync(join(dir, 'model.safetensors'))).toBe(false);
    expect((await openPackage(dir)).weights.decoder_model_merged.dtype).toBe('q8');
    const { manifest, damages } = await verifyPackage(dir, { signal });
    expect(damages).toEqual([]);
    expect(manifest).toMatchObject({
      repository: REPOSITORY,
      origin: hub.url,
      revision: COMMIT,
      licence: 'apache-2.0',
    });
    expect(progress.at(-1)).toBe(plan?.bytes);
    expect(readdirSync(modelsDir)).toEqual(['Tiny-VLM']);
  });

  test('brings the weights that lie beside a graph, all of them', async () => {
    const { dir } = await pull({ dtype: 'q4' });
    expect(readdirSync(join(dir, 'onnx')).sort()).toEqual([
      'decoder_model_merged_q4.onnx',
      'decoder_model_merged_q4.onnx_data',
      'decoder_model_merged_q4.onnx_data_1',
      'embed_tokens_q4.onnx',
      'embed_tokens_q4.onnx_data',
      'vision_encoder_q4.onnx',
      'vision_encoder_q4.onnx_data',
    ]);
  });

  test('reads a listing of many pages', async () => {
    hub.pageSize = 3;
    const { files } = await repository();
    expect(files.map(({ path }) => path).sort()).toEqual([...hub.files.keys()].sort());
  });

  test('continues within a file where the line was cut, and asks for the rest alone', async () => {
    strike(DECODER, 'cut', 'cut', 'cut');
    const { dir, retries } = await pull();
    expect(retries).toHaveLength(3);
    const ranges = hub.requests.filter(({ url }) => url.endsWith(`/store/${DECODER}`)).map(({ range }) => range);
    expect(ranges).toEqual([undefined, ...ranges.slice(1)]);
    expect(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? ''))).toBe(true);
    expect(readFileSync(join(dir, DECODER)).equals(hub.files.get(DECODER) ?? Buffer.alloc(0))).toBe(true);
  });

  test('takes down a line over which nothing comes any more, and goes on on a new one', async () => {
    strike(DECODER, 'silence');
    const impatient: Clock = { ...systemClock, sleep: (ms, stop) => systemClock.sleep(ms === 30_000 ? 200 : 0, stop) };
    const { dir, retries } = await pull({ clock: impatient });
    expect(retries).toEqual(['nothing came for 30 s']);
    expect(readFileSync(join(dir, DECODER)).equals(hub.files.get(DECODER) ?? Buffer.alloc(0))).toBe(true);
  });

  test('begins a file anew where the other side cannot continue it', async () => {
    for (const fault of ['no ranges', 'HTTP 416'] as const) {
      strike(DECODER, 'cut', fault);
      const { dir } = await pull({ name: fault.replaceAll(' ', '-') });
      expect(readFileSync(join(dir, DECODER)).equals(hub.files.get(DECODER) ?? Buffer.alloc(0))).toBe(true);
    }
  });

  test('continues the next time when it gave up: what is there is not sent again', async () => {
    strike(LARGEST, 'cut', ...new Array<Fault>(10).fill('HTTP 500'));
    expect(await failure(pull())).toMatchObject({ kind: 'unavailable' });
    expect(existsSync(join(modelsDir, 'Tiny-VLM'))).toBe(false);
    hub.faults.clear();
    const before = hub.sent;
    const { plan } = await pull();
    const missing = (plan?.bytes ?? 0) - (plan?.present ?? 0);
    expect(hub.sent - before).toBe(missing);
    expect(missing).toBeLessThan((hub.files.get(LARGEST)?.length ?? 0) * 0.6);
  });

  test('fetches a file with a wrong checksum once more, and gives up by name when it stays wrong', async () => {
    strike(DECODER, 'wrong bytes');
    expect((await pull({ name: 'once' })).retries).toEqual([`${DECODER} has a wrong checksum and is fetched again`]);
    strike(DECODER, 'wrong bytes', 'wrong bytes');
    const wrong = await failure(pull());
    expect(wrong.kind).toBe('corrupt');
    expect(wrong.message).toContain(DECODER);
    expect(existsSync(join(modelsDir, 'Tiny-VLM'))).toBe(false);
  });

  test('checks small files by the name that git gives their content', async () => {
    strike('tokenizer.json', 'wrong bytes', 'wrong bytes');
    expect(await failure(pull())).toMatchObject({ kind: 'corrupt' });
  });

  test('stops at the first byte too many', async () => {
    strike(DECODER, 'longer');
    expect((await failure(pull())).message).toContain('longer than its repository states');
  });

  test('says which of repository, revision and file is not there', async () => {
    expect((await failure(repository({ id: 'some-lab/Nothing' }))).message).toContain('RepoNotFound');
    expect((await failure(repository({ revision: 'v9' }))).message).toContain('RevisionNotFound');
    strike(DECODER, 'HTTP 404');
    const gone = await failure(pull());
    expect(gone).toMatchObject({ kind: 'not-found' });
    expect(gone.message).toContain(DECODER);
    hub.files.delete('onnx/embed_tokens_quantized.onnx');
    expect((await failure(pull())).message).toContain('embed_tokens_quantized.onnx');
    expect((await failure(pull())).message).toContain('It has these precisions: fp32, q4');
  });

  test('names a hub that is away, after it tried', async () => {
    const source = await repository();
    await hub.stop();
    expect(await failure(pull({ source }))).toMatchObject({ kind: 'unavailable' });
    await hub.start();
  });

  test('refuses names that lead out of the folder, before it asks for anything', async () => {
    for (const path of [
      '../escaped.json',
      'onnx/../../escaped.onnx',
      '/etc/escaped',
      'onnx\\..\\escaped',
      'a//b',
      'x/./y',
    ]) {
      hub.files = new Map([...tinyRepository(), [path, Buffer.from('x')]]);
      const { kind, message } = await failure(repository());
      expect(kind, path).toBe('corrupt');
      expect(message).toContain('outside of its folder');
    }
    expect(await failure(pull({ name: '../outside' }))).toMatchObject({ kind: 'corrupt' });
    hub.files = tinyRepository();
    expect(await failure(pull({ name: '../outside' }))).toMatchObject({ kind: 'invalid-input' });
  });

  test('refuses a kind of model that cannot be run before it fetches its weights', async () => {
    hub.files.set('config.json', Buffer.from('{"model_type":"paligemma"}'));
    const { kind, message } = await failure(pull());
    expect(kind).toBe('unsupported');
    expect(message).toContain('"paligemma"');
    expect(message).toContain('qwen2_vl');
    expect(hub.requests.filter(({ url }) => url.includes('/store/'))).toEqual([]);
  });

  test('sends a token to the hub and not to where it redirects', async () => {
    hub.token = 'hf_secret';
    const refused = await failure(repository());
    expect(refused.kind).toBe('unauthenticated');
    expect(refused.message).toContain('HF_TOKEN');
    await pull({ source: await repository({ token: 'hf_secret' }) });
    const stored = hub.requests.filter(({ url }) => url.startsWith('/store/'));
    expect(stored.length).toBe(3);
    expect(stored.some(({ token }) => token)).toBe(false);
  });
});

describe('a package that is there already', () => {
  test('keeps its other precisions, and nothing of it is fetched twice', async () => {
    await pull();
    const before = hub.requests.length;
    const { dir } = await pull({ dtype: 'q4' });
    const fetched = hub.requests.slice(before).filter(({ url }) => url.includes('/resolve/'));
    expect(fetched.every(({ url }) => url.includes('_q4.onnx'))).toBe(true);
    expect(existsSync(join(dir, DECODER))).toBe(true);
    expect((await verifyPackage(dir, { signal })).damages).toEqual([]);
    expect(readdirSync(modelsDir)).toEqual(['Tiny-VLM']);
  });

  test('is mended where a file of it was damaged', async () => {
    const { dir } = await pull();
    writeFileSync(join(dir, DECODER), 'rubbish');
    rmSync(join(dir, 'tokenizer.json'));
    expect((await verifyPackage(dir, { signal })).damages.map(({ path }) => path)).toEqual([DECODER, 'tokenizer.json']);
    await pull();
    expect((await verifyPackage(dir, { signal })).damages).toEqual([]);
  });

  test('is replaced as a whole by another revision', async () => {
    await pull();
    hub.commit = 'f'.repeat(40);
    hub.files.set('README.md', Buffer.from('another'));
    const { dir } = await pull({ dtype: 'fp32' });
    expect((await verifyPackage(dir, { signal })).manifest.revision).toBe('f'.repeat(40));
    expect(existsSync(join(dir, DECODER))).toBe(false);
    expect(readFileSync(join(dir, 'README.md'), 'utf8')).toBe('another');
  });

  test('is left as it was when a pull of another revision fails', async () => {
    const { dir } = await pull();
    hub.commit = 'f'.repeat(40);
    hub.files.set(DECODER, Buffer.alloc(1000, 'new'));
    strike(DECODER, 'wrong bytes', 'wrong bytes');
    expect(await failure(pull())).toMatchObject({ kind: 'corrupt' });
    expect(await verifyPackage(dir, { signal })).toMatchObject({ damages: [], manifest: { revision: COMMIT } });
  });

  test('is not taken over by another repository, and a folder of somebody is not touched', async () => {
    mkdirSync(join(modelsDir, 'Tiny-VLM'));
    writeFileSync(join(modelsDir, 'Tiny-VLM', 'mine.txt'), 'mine');
    expect(await failure(pull())).toMatchObject({ kind: 'conflict' });
    expect(readFileSync(join(modelsDir, 'Tiny-VLM', 'mine.txt'), 'utf8')).toBe('mine');
  });

  test('is not pulled by two processes at once; a lock whose process is gone does not count', async () => {
    mkdirSync(join(modelsDir, '.Tiny-VLM.pulling'));
    writeFileSync(join(modelsDir, '.Tiny-VLM.pulling', '.lock'), String(process.pid));
    expect((await failure(pull())).message).toContain(`process ${process.pid}`);
    writeFileSync(join(modelsDir, '.Tiny-VLM.pulling', '.lock'), '4194303');
    expect((await pull()).dir).toBe(join(modelsDir, 'Tiny-VLM'));
  });
});

describe('a folder as the source', () => {
  test('is taken over with checksums, and then proves its revision to the next box', async () => {
    const clone = join(modelsDir, 'clone');
    for (const [path, content] of hub.files) {
      mkdirSync(join(clone, path, '..'), { recursive: true });
      writeFileSync(join(clone, path), content);
    }
    writeFileSync(join(clone, 'README.md'), '---\nlicense: apache-2.0\n---\n# Tiny');
    const source = await openFolder(clone, canBeNeeded);
    const { dir, plan } = await pull({ source, name: 'taken' });
    expect(plan).toMatchObject({ repository: 'clone', licence: 'apache-2.0' });
    expect((await verifyPackage(dir, { signal })).damages).toEqual([]);
    const again = await openFolder(dir, canBeNeeded);
    expect(again.revision).toBe(source.revision);
    writeFileSync(join(dir, DECODER), Buffer.alloc(statSync(join(dir, DECODER)).size));
    const damaged = await failure(pull({ source: await openFolder(dir, canBeNeeded), name: 'third' }));
    expect(damaged).toMatchObject({ kind: 'corrupt' });
  });

  test('may be a snapshot in the cache of the hub’s own client', async () => {
    const snapshot = join(modelsDir, 'models--some-lab--Tiny-VLM', 'snapshots', COMMIT);
    mkdirSync(snapshot, { recursive: true });
    writeFileSync(join(snapshot, 'config.json'), '{}');
    expect(await openFolder(snapshot, canBeNeeded)).toMatchObject({ id: REPOSITORY, revision: COMMIT });
  });
});

describe('a disk that is too small', () => {
  const disk = new SmallDisk(8);
  afterAll(() => disk.remove());

  test.skipIf(!disk.mounted)('is found out before anything large is fetched', async () => {
    onTestFinished(() => disk.clear());
    hub.files.set(DECODER, Buffer.alloc(9_000_000, 'x'));
    const { kind, message } = await failure(pull({ modelsDir: disk.path }));
    expect(kind).toBe('unavailable');
    expect(message).toMatch(/no room: \d+ MB are needed, \d+ MB are free/);
    expect(hub.asked(DECODER)).toBe(0);
  });

  test.skipIf(!disk.mounted)('fills up on the way: what came is kept, and the next pull finishes it', async () => {
    onTestFinished(() => disk.clear());
    hub.files = new Map([...hub.files].filter(([path]) => !path.includes('_q4')));
    const source = await repository();
    // Somebody else takes the room once the pull has begun.
    const greedy: PackageSource = {
      ...source,
      open(file, offset, opening) {
        if (file.path === DECODER) disk.fill();
        return source.open(file, offset, opening);
      },
    };
    const full = await failure(pull({ source: greedy, modelsDir: disk.path }));
    expect(full.message).toContain('the disk is full');
    disk.empty();
    const { dir } = await pull({ modelsDir: disk.path });
    expect(readFileSync(join(dir, DECODER)).equals(hub.files.get(DECODER) ?? Buffer.alloc(0))).toBe(true);
  });
});
