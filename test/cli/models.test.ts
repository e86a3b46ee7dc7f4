import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { CapacityLedger } from '../../src/capacity.ts';
import { check } from '../../src/cli/check.ts';
import { runCommand } from '../../src/cli/command.ts';
import { createModels } from '../../src/cli/models.ts';
import { BUNDLED_MODEL, openChosenModel } from '../../src/cli/open-model.ts';
import { loadSettings } from '../../src/config/load.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { Health } from '../../src/platform/health.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { openConfiguredModel } from '../../src/vision/open-model.ts';
import { recordIo } from '../support/command-io.ts';
import { temporaryFolder } from '../support/daemon.ts';
import { COMMIT, HubServer, REPOSITORY } from '../vision/hub/hub-server.ts';
import { tinyRepository } from '../vision/hub/tiny-repository.ts';

let hub: HubServer;
let folder: string;
let config: string;
beforeEach(async () => {
  const temporary = temporaryFolder();
  onTestFinished(temporary.remove);
  folder = temporary.path;
  hub = await new HubServer(tinyRepository()).start();
  config = join(folder, 'watchword.yaml');
  mkdirSync(join(folder, 'rules'));
  configure('');
});
afterEach(() => hub.stop());

function configure(model: string): void {
  writeFileSync(config, `site: { id: shop }\ncameras: { a: { source: "rtsp://192.168.1.20/s" } }\n${model}`);
}

async function run(...args: string[]) {
  const io = { ...recordIo(), clock: systemClock };
  const command = createModels(openChosenModel, { env: { HF_ENDPOINT: hub.url } });
  const code = await runCommand(command, [...args, '--config', config], io);
  return { code, out: io.out(), err: io.err(), lines: io.lines };
}

async function checked(): Promise<string> {
  const io = recordIo();
  await runCommand(check, ['--config', config], io);
  return io.out();
}

const pulled = () => join(folder, 'data', 'models', 'Tiny-VLM');

describe('watchword models', () => {
  test('pull shows the licence and what is fetched, and prints the configuration that pins it', async () => {
    const { code, out, err } = await run('pull', REPOSITORY, '--dtype', 'q8');
    expect(code).toBe(0);
    expect(err).toContain(`${REPOSITORY} at revision ${COMMIT}\nlicence: apache-2.0\n11 files for q8, `);
    expect(out).toBe(
      `model:\n  package: ${pulled()}\n  repository: "${hub.url}/${REPOSITORY}"\n  revision: ${COMMIT}\n  dtype: q8\n`,
    );
    configure(out);
    expect(await checked()).toBe('');
    const model = await openConfiguredModel({
      settings: loadSettings(config).model,
      bundledModel: BUNDLED_MODEL,
      clock: systemClock,
      logger: silentLogger,
    });
    expect(model.identity).toMatchObject({ name: 'Tiny-VLM', dtype: 'q8' });
    await model.close();
  });

  test('pull without a name fetches what the configuration pins; another revision is refused by check and start', async () => {
    const model = (revision: string) =>
      `model:\n  package: ./data/models/Tiny-VLM\n  repository: ${REPOSITORY}\n  revision: ${revision}\n  dtype: q8\n`;
    configure(model(COMMIT));
    expect(await checked()).toContain('there is no model package here');
    expect(await run('pull', '--json')).toMatchObject({ code: 0 });
    expect(await checked()).toBe('');
    configure(model('f'.repeat(40)));
    expect(await checked()).toMatch(/watchword.yaml:6:13: error: the model package is of revision 0123.*asks for ffff/);
    const options = { bundledModel: BUNDLED_MODEL, clock: systemClock, logger: silentLogger };
    await expect(openConfiguredModel({ ...options, settings: loadSettings(config).model })).rejects.toMatchObject({
      kind: 'conflict',
    });
  });

  test('list shows family, precisions, bytes, revision, licence and which one is in use', async () => {
    await run('pull', REPOSITORY, '--dtype', 'q8');
    expect((await run('list', '--json')).lines()).toMatchObject([
      { name: 'Tiny-VLM', family: 'smolvlm', dtypes: ['q8'], revision: COMMIT, licence: 'apache-2.0', inUse: false },
      { name: 'watchword-tiny', family: 'smolvlm', dtypes: ['fp32', 'q8'], inUse: true, problem: null },
    ]);
    configure(`model: { package: ./data/models/Tiny-VLM }\n`);
    rmSync(join(pulled(), 'config.json'));
    const { out, err } = await run('list');
    expect(out).toMatch(/^Tiny-VLM +- +q8 +\d+\.\d +0123456789ab +apache-2.0 +yes$/m);
    expect(err).toContain('Tiny-VLM: config.json cannot be read');
  });

  test('verify reads every file again, and names what is damaged', async () => {
    await run('pull', REPOSITORY, '--dtype', 'q8');
    expect(await run('verify', 'Tiny-VLM')).toMatchObject({ code: 0, out: '' });
    writeFileSync(join(pulled(), 'tokenizer.json'), '{}');
    const { code, out } = await run('verify', 'Tiny-VLM');
    expect(code).toBe(1);
    expect(out).toMatch(/^tokenizer.json has 2 bytes instead of \d+\n$/);
    expect((await run('verify', 'Tiny-VLN')).err).toContain('Did you mean Tiny-VLM?');
    expect((await run('verify', 'watchword-tiny')).err).toContain('no checksums are kept');
  });

  test('remove refuses the one in use and what was not pulled', async () => {
    await run('pull', REPOSITORY, '--dtype', 'q8');
    configure(`model: { package: ./data/models/Tiny-VLM }\n`);
    expect((await run('remove', 'Tiny-VLM')).err).toContain('this package is in use');
    expect(existsSync(pulled())).toBe(true);
    configure('');
    expect((await run('remove', 'Tiny-VLM')).code).toBe(0);
    expect(existsSync(pulled())).toBe(false);
    cpSync(BUNDLED_MODEL, join(folder, 'data', 'models', 'mine'), { recursive: true });
    expect((await run('remove', 'mine')).err).toContain('was not pulled');
    expect(existsSync(join(folder, 'data', 'models', 'mine', 'config.json'))).toBe(true);
  });

  test('bench measures the model, and the capacity plan begins with what it measured', async () => {
    const { code, lines } = await run('bench', '--rounds', '1', '--json');
    expect(code).toBe(0);
    const [line] = lines();
    expect(line).toMatchObject({ name: 'watchword-tiny', dtype: 'q8', device: 'cpu', family: 'idefics3', rounds: 1 });
    const speeds = line?.rulesPerSecond as Record<string, number>;
    expect(Object.keys(speeds)).toEqual(['1', '4', '8', '16']);
    expect(speeds[16]).toBeGreaterThan(speeds[1] ?? Number.POSITIVE_INFINITY);
    const kept = JSON.parse(readFileSync(join(folder, 'data', 'model-costs.json'), 'utf8'));
    const [{ model, lookMs, questionMs }] = kept;
    const ledger = (identity: typeof model) =>
      new CapacityLedger({
        dataDir: join(folder, 'data'),
        cameras: [{ id: 'a', settings: { everyMs: 1000 } }],
        clock: systemClock,
        logger: silentLogger,
        health: new Health(systemClock.now),
        model: () => identity,
      });
    expect(ledger(model).load([])).toEqual({ costs: { lookMs, questionMs }, parts: [], cameras: { a: 1000 } });
    expect(ledger({ ...model, weightsHash: 'another' }).load([])).toBeUndefined();
  });

  test('bench tells a person where the time goes', async () => {
    const { out, err } = await run('bench', 'watchword-tiny', '--dtype', 'fp32', '--rounds', '1');
    expect(out).toMatch(/^watchword-tiny \(idefics3\), fp32, cpu with 1 thread\(s\): /);
    expect(out).toMatch(
      /\n {2}decode \S+ ms, resize \S+ ms, encode \S+ ms, prefix of \d+ tokens \S+ ms\neach question \S+ ms/,
    );
    expect(out).toMatch(/rules per second: \S+ at 1, \S+ at 4, \S+ at 8, \S+ at 16 rules a picture/);
    expect(err).toContain('for the capacity plan');
  });

  test('takes a folder, and says what is wrong with words that name nothing', async () => {
    expect((await run('pull', BUNDLED_MODEL, '--name', 'copy')).code).toBe(0);
    expect((await run('verify', 'copy')).code).toBe(0);
    expect(await run('pull', 'nonsense')).toMatchObject({ code: 1 });
    expect(await run('pull')).toMatchObject({ code: 2 });
    expect(await run('pul')).toMatchObject({ code: 2 });
    expect((await run('pull', 'some-lab/Nothing')).err).toContain('RepoNotFound');
  });
});
