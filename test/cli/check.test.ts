import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { check } from '../../src/cli/check.ts';
import { runCommand } from '../../src/cli/command.ts';
import { loadSettings } from '../../src/config/load.ts';
import { recordIo } from '../support/command-io.ts';
import { temporaryFolder } from '../support/daemon.ts';

const BUNDLED = fileURLToPath(new URL('../../models/watchword-tiny', import.meta.url));
const CAMERA = 'site: { id: store-1 }\ncameras: { aisle-1: { source: "rtsp://192.168.1.20/stream2" } }\n';

/** A folder with a configuration `watchword.yaml`, a rule, and what the test writes more. */
function box(more: string, rule = 'rule: Alert me when a shelf is empty\n'): { folder: string; config: string } {
  const { path: folder, remove } = temporaryFolder();
  onTestFinished(remove);
  mkdirSync(join(folder, 'rules'));
  writeFileSync(join(folder, 'rules', 'empty-shelf.yaml'), rule);
  const config = join(folder, 'watchword.yaml');
  writeFileSync(config, `${CAMERA}rules: ./rules\n${more}`);
  return { folder, config };
}

async function run(config?: string) {
  const io = recordIo();
  const code = await runCommand(check, config === undefined ? [] : ['--config', config], io);
  return { code, out: io.out(), err: io.err() };
}

describe('watchword check', () => {
  test('finds nothing wrong with the demo store', async () => {
    expect(await run()).toEqual({ code: 0, out: '', err: '6 cameras, 6 rules: no error, 0 warnings\n' });
  });

  test('tells findings of the configuration and of rules together, with file, line and column', async () => {
    const { config, folder } = box('', 'rule: Alert me when a shelf is empty\ncameras: [aisle-9]\n');
    const { code, out } = await run(config);
    expect(code).toBe(1);
    expect(out).toContain(`${join(folder, 'rules', 'empty-shelf.yaml')}:2:11: error: No camera matches "aisle-9".`);
  });

  test('names a rules folder that is not there', async () => {
    const { config, folder } = box('');
    rmSync(join(folder, 'rules'), { recursive: true });
    const { code, out } = await run(config);
    expect(code).toBe(1);
    expect(out).toContain(`${config}:3:8: error: the rules folder ${join(folder, 'rules')} does not exist.`);
  });

  test('names a model package that is not there, and the file that a package lacks', async () => {
    const { config, folder } = box('model: { package: ./models/tiny }\n');
    const missing = await run(config);
    expect(missing.code).toBe(1);
    expect(missing.out).toContain(`${config}:4:19: error: `);
    expect(missing.out).toContain(join(folder, 'models/tiny'));
    cpSync(BUNDLED, join(folder, 'models/tiny'), {
      recursive: true,
      filter: (file) => !/(demo|heldout|training)$/.test(file),
    });
    expect(await run(config)).toMatchObject({ code: 0, out: '' });
    rmSync(join(folder, 'models/tiny/tokenizer.json'));
    const broken = await run(config);
    expect(broken.code).toBe(1);
    expect(broken.out).toContain('tokenizer.json');
  });

  test('names the package of a stand-by that is not there, before it is needed', async () => {
    const { config, folder } = box('model: { endpoint: "http://box:8000/v1", standby: { package: ./models/tiny } }\n');
    const missing = await run(config);
    expect(missing.code).toBe(1);
    expect(missing.out).toMatch(new RegExp(`^${config}:4:\\d+: error: .*${join(folder, 'models/tiny')}`, 'm'));
  });

  test('takes paths of a package as they are written: absolute, or from the folder of the configuration', () => {
    const { config, folder } = box('model: { package: ./models/tiny }\n');
    expect(loadSettings(config).model.package).toBe(join(folder, 'models/tiny'));
    expect(loadSettings(box('model: { package: /srv/models/tiny }\n').config).model.package).toBe('/srv/models/tiny');
  });

  test('refuses rules that the box cannot keep up with, as it was measured, unless forced', async () => {
    const { config, folder } = box('data: ./data\n');
    const load = { costs: { lookMs: 3_000, questionMs: 100 }, parts: [], cameras: { 'aisle-1': 2_000 } };
    expect(await run(config)).toMatchObject({ code: 0 });
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'data', 'capacity.json'), JSON.stringify(load));
    const refused = await run(config);
    expect(refused.code).toBe(1);
    expect(refused.out).toContain(`${join(folder, 'rules', 'empty-shelf.yaml')}:1:1: error: the box falls behind`);
    expect(refused.out).toContain("155 % of the model's time");
    expect(refused.out).toContain('--force');
    const io = recordIo();
    expect(await runCommand(check, ['--config', config, '--force'], io)).toBe(0);
    expect(io.out()).toContain('warning: the box falls behind');
    writeFileSync(
      join(folder, 'rules', 'empty-shelf.yaml'),
      'rule: Alert me when a shelf is empty, check every 10 seconds\n',
    );
    expect(await run(config)).toMatchObject({ code: 0, out: '' });
  });
});
