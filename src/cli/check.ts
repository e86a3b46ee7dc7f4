import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { behind, LIGHTER, overloadOf, readBoxLoad } from '../capacity.ts';
import { type LoadedSettings, readSettings } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import { toError, WatchwordError } from '../platform/errors.ts';
import { type Finding, formatFinding } from '../platform/findings.ts';
import { Health } from '../platform/health.ts';
import { silentLogger } from '../platform/logger.ts';
import { contextOf } from '../rules/context.ts';
import { RuleFolder } from '../rules/folder.ts';
import type { CompiledRule } from '../rules/rule.ts';
import { withAddedCameras } from '../streams.ts';
import { checkRevision } from '../vision/hub/manifest.ts';
import { openPackage } from '../vision/package.ts';
import type { OneModelSettings } from '../vision/settings.ts';
import { type Command, type CommandIo, EXIT_DONE, EXIT_FAILED, parseOptions, UsageError } from './command.ts';

const DEMO_CONFIG = fileURLToPath(new URL('../../src/demo/demo.yaml', import.meta.url));

export const check: Command = {
  name: 'check',
  summary: 'tell what is wrong with the configuration and the rules',
  usage: 'watchword check [--config FILE] [--force] [--json]',
  details: `options:
  --config FILE   the configuration (default: the demo store)
  --force         rules that need more than the box has are a warning, no error: all of them are then asked more seldom
  --json          one line of JSON per finding: {"file","line","column","severity","message","hint"}

Exit code 0 when there is no error (warnings are allowed), 1 otherwise.`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      config: { type: 'string' },
      force: { type: 'boolean' },
      json: { type: 'boolean' },
    });
    if (positionals.length > 0)
      throw new UsageError(`unexpected "${positionals[0]}"`, 'Give the file as --config FILE');
    const loaded = readSettings(values.config ?? DEMO_CONFIG);
    const { settings } = loaded;
    const checked = settings ? await checkRules(settings, loaded, io, values.force) : { rules: 0, findings: [] };
    const model = settings ? await checkModel(settings, loaded) : [];
    const all = [...loaded.findings, ...model, ...checked.findings];
    for (const finding of all) io.stdout(`${values.json ? JSON.stringify(finding) : formatFinding(finding)}\n`);
    const errors = all.filter(({ severity }) => severity === 'error').length;
    if (!values.json) io.stderr(summary(settings, checked.rules, errors, all.length - errors));
    return errors === 0 ? EXIT_DONE : EXIT_FAILED;
  },
};

async function checkRules(
  settings: Settings,
  { file, locate }: LoadedSettings,
  io: CommandIo,
  force = false,
): Promise<{ rules: number; findings: readonly Finding[] }> {
  if (!existsSync(settings.rules)) {
    const message = `the rules folder ${settings.rules} does not exist`;
    const hint = 'Make it, or name another one under "rules:"';
    return { rules: 0, findings: [{ file, ...locate(['rules']), severity: 'error', message, hint }] };
  }
  const folder = new RuleFolder({
    folder: settings.rules,
    context: () => contextOf(withAddedCameras(settings)),
    clock: io.clock,
    logger: silentLogger,
    health: new Health(() => io.clock.now()),
  });
  try {
    await folder.start();
    const rules = folder.rules();
    return { rules: rules.length, findings: [...folder.findings(), ...checkCapacity(rules, settings, force)] };
  } finally {
    await folder.stop();
  }
}

/** Whether the box keeps up with its rules, as the daemon measured it; nothing to say where it never ran. */
function checkCapacity(rules: readonly CompiledRule[], settings: Settings, force: boolean): Finding[] {
  const box = readBoxLoad(settings.data);
  const overload = box && overloadOf(rules, box);
  if (!overload) return [];
  const { total, heaviest, share } = overload;
  const message = `the box falls behind: ${behind(total)}; this rule needs most, ${Math.round(share * 100)} %`;
  const place = { file: heaviest.file, line: 1, column: 1 };
  if (force) return [{ ...place, severity: 'warning', message, hint: LIGHTER }];
  return [{ ...place, severity: 'error', message, hint: `${LIGHTER}, or accept it with --force` }];
}

/** Whether the named model package can be read and is the pinned one, and whether it can run where it is to run. */
async function checkModel({ model }: Settings, loaded: LoadedSettings): Promise<Finding[]> {
  const { standby } = model;
  // It is opened when it is needed: that is late to learn that it cannot be.
  const spare = standby ? await checkOneModel(standby, ['model', 'standby'], loaded) : [];
  return [...(await checkOneModel(model, ['model'], loaded)), ...spare];
}

async function checkOneModel(
  { package: folder, dtype, revision, device, endpoint }: OneModelSettings,
  path: readonly string[],
  { file, locate }: LoadedSettings,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const add = (name: string, severity: Finding['severity'], message: string, hint = ''): void => {
    findings.push({ file, ...locate([...path, name]), severity, message, hint });
  };
  const attempt = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      const { message } = toError(error);
      const { where, hint } = error instanceof WatchwordError ? error : {};
      add(name, 'error', where && !message.includes(where) ? `${message}: ${where}` : message, hint);
    }
  };
  if (folder !== undefined) await attempt('package', () => openPackage(folder, dtype));
  if (folder !== undefined && revision !== undefined) await attempt('revision', () => checkRevision(folder, revision));
  if (endpoint !== undefined || device === 'cpu') return findings;
  await attempt('device', async () => {
    // The runtime is loaded only where there is a device to try.
    const { chooseProvider } = await import('../vision/onnx/providers.ts');
    const { concern } = await chooseProvider(device);
    if (concern !== undefined)
      add('device', 'warning', concern, 'See models/README.md, or say device: cpu if that is meant');
  });
  return findings;
}

function summary(settings: Settings | undefined, rules: number, errors: number, warnings: number): string {
  if (errors > 0) return `${count(errors, 'error')}, ${count(warnings, 'warning')}\n`;
  const cameras = Object.keys(settings?.cameras ?? {}).length;
  return `${count(cameras, 'camera')}, ${count(rules, 'rule')}: no error, ${count(warnings, 'warning')}\n`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
