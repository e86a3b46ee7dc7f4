import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../config/settings.ts';
import { findPackage, type InstalledPackage, installedPackages, removePackage } from '../vision/hub/installed.ts';
import { verifyPackage } from '../vision/hub/manifest.ts';
import { type Command, type CommandIo, EXIT_DONE, EXIT_FAILED, parseOptions, UsageError } from './command.ts';
import { type BenchValues, benchModel } from './models-bench.ts';
import { HUB_HELP, pullModel } from './models-pull.ts';
import { BUNDLED_MODEL, MODEL_OPTIONS, type OpenModel, openChosenModel } from './open-model.ts';
import { ProgressBar } from './progress.ts';
import { chosenSettings } from './rule-choice.ts';
import { DATA_HELP, DATA_OPTIONS, dataFolder } from './store-folder.ts';
import { formatTable } from './table.ts';

const OPTIONS = {
  ...DATA_OPTIONS,
  dtype: MODEL_OPTIONS.dtype,
  device: MODEL_OPTIONS.device,
  hub: { type: 'string' },
  name: { type: 'string' },
  threads: { type: 'string' },
  picture: { type: 'string' },
  rounds: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const DETAILS = `models list                 every package on this box: family, precisions, bytes, revision, licence, which one is in use
models pull [REPOSITORY]    fetches a package: owner/name[@revision], the address of a mirror, or a folder (./NAME);
                            without a name the one that the configuration names. Continues a pull that was cut; every
                            file is checked (size, SHA-256) before the package takes its place
models verify NAME          reads every file again and compares it with what was pulled
models remove NAME          deletes a pulled package; never the one in use
models bench [NAME]         measures a package on this box (default: the one in use), and keeps it for the capacity plan

options:
  --dtype D       pull, bench: fp32, fp16, q8, q4, q4f16, ..., or one per part (vision_encoder=q8,decoder_model_merged=q4)
${HUB_HELP}
  --device D      bench: auto, cpu, webgpu, cuda or tensorrt (default: auto)
  --threads N     bench: threads of one inference
  --picture FILE  bench: a picture of your camera (default: a drawn one of 1920 x 1080)
  --rounds N      bench: so many pictures (default: 5)
${DATA_HELP}
  --json          one line of JSON per package

examples:
  watchword models pull HuggingFaceTB/SmolVLM2-500M-Video-Instruct --dtype q4
  watchword models bench SmolVLM2-500M-Video-Instruct`;

/** Packages that came with the installation. */
const SHIPPED = fileURLToPath(new URL('../../models', import.meta.url));

export function createModels(open: OpenModel, hub?: { readonly env?: NodeJS.ProcessEnv }): Command {
  return {
    name: 'models',
    summary: 'list, fetch, verify, remove and measure model packages',
    usage:
      'watchword models list | pull [REPOSITORY] | verify NAME | remove NAME | bench [NAME] [--config FILE] [--json]',
    details: DETAILS,
    async run(args, io) {
      const { values, positionals } = parseOptions(args, OPTIONS);
      const [what, name, extra] = positionals;
      if (extra !== undefined) throw new UsageError(`unexpected "${extra}"`);
      const { settings } = chosenSettings(values.config);
      const dataDir = dataFolder(values);
      const box: Box = { settings, dataDir, modelsDir: modelsDirOf(dataDir), io, json: values.json === true };
      switch (what) {
        case 'list':
          return list(box);
        case 'pull':
          return pullModel(name, values, box, hub?.env ?? process.env);
        case 'verify':
          return verify(needed(name, what), box);
        case 'remove':
          return remove(needed(name, what), box);
        case 'bench':
          return benchModel(await benched(name, box), values satisfies BenchValues, box, open);
        case undefined:
          throw new UsageError('what about models?', 'Try models list');
        default:
          throw new UsageError(`no "models ${what}"`, 'There are list, pull, verify, remove and bench');
      }
    },
  };
}

export const models = createModels(openChosenModel);

/** What every one of these commands works on. */
export interface Box {
  readonly settings: Settings;
  readonly dataDir: string;
  /** Where pulled packages lie. */
  readonly modelsDir: string;
  readonly io: CommandIo;
  readonly json: boolean;
}

/** Packages that were pulled lie with the other data of the box. */
export function modelsDirOf(dataDir: string): string {
  return join(dataDir, 'models');
}

function needed(name: string | undefined, what: string): string {
  if (name !== undefined) return name;
  throw new UsageError(`"models ${what}" needs a name`, 'watchword models list shows what there is');
}

/** The package that the daemon of this configuration loads; none where it asks a server. */
function inUse({ model }: Settings): string[] {
  return model.endpoint === undefined ? [model.package ?? BUNDLED_MODEL] : [];
}

async function list({ settings, modelsDir, io, json }: Box): Promise<number> {
  const used = inUse(settings);
  const packages = await installedPackages([modelsDir, SHIPPED], used);
  const rows = packages.map((each) => ({ ...each, inUse: used.includes(each.dir) }));
  if (json) for (const row of rows) io.stdout(`${JSON.stringify(row)}\n`);
  else io.stdout(formatTable(COLUMNS, rows.map(cells)));
  if (!json) for (const { name, problem } of rows) if (problem !== null) io.stderr(`${name}: ${problem}\n`);
  return EXIT_DONE;
}

const COLUMNS = [
  { title: 'name' },
  { title: 'family' },
  { title: 'precisions' },
  { title: 'MB', right: true },
  { title: 'revision' },
  { title: 'licence' },
  { title: 'in use' },
];

function cells({
  name,
  family,
  dtypes,
  bytes,
  revision,
  licence,
  inUse: used,
}: InstalledPackage & { inUse: boolean }): string[] {
  const precisions = dtypes.length > 0 ? dtypes.join(' ') : '-';
  const mb = (bytes / 1e6).toFixed(1);
  return [name, family ?? '-', precisions, mb, revision?.slice(0, 12) ?? '-', licence ?? '-', used ? 'yes' : ''];
}

async function verify(name: string, { modelsDir, io, json }: Box): Promise<number> {
  const dir = await findPackage(name, [modelsDir, SHIPPED]);
  const total = (await installedPackages([], [dir]))[0]?.bytes ?? 0;
  const bar = new ProgressBar(io, Math.ceil(total / 1e6));
  const onBytes = (bytes: number): void => bar.show(Math.floor(bytes / 1e6), 'MB read');
  const { manifest, damages } = await verifyPackage(dir, { signal: io.signal, onBytes }).finally(() => bar.clear());
  if (json) {
    const { repository, revision } = manifest;
    io.stdout(`${JSON.stringify({ dir, repository, revision, files: manifest.files.length, damages })}\n`);
  } else {
    for (const { path, what } of damages) io.stdout(`${path} ${what}\n`);
    const { length } = manifest.files;
    io.stderr(`${length} files of ${manifest.repository} at ${manifest.revision}: ${damages.length} damaged\n`);
  }
  return damages.length === 0 ? EXIT_DONE : EXIT_FAILED;
}

async function remove(name: string, { settings, modelsDir, io, json }: Box): Promise<number> {
  const dir = await findPackage(name, [modelsDir]);
  await removePackage(dir, inUse(settings));
  if (json) io.stdout(`${JSON.stringify({ removed: dir })}\n`);
  else io.stderr(`removed ${dir}\n`);
  return EXIT_DONE;
}

/** The folder to measure, with what the configuration says of it where it is the one in use. */
async function benched(
  name: string | undefined,
  { settings, modelsDir }: Box,
): Promise<BenchValues & { model: string }> {
  const [used] = inUse(settings);
  if (name === undefined && used === undefined)
    throw new UsageError('this box asks a server, which is not measured', 'Name a package');
  const model = name === undefined ? (used ?? '') : await findPackage(name, [modelsDir, SHIPPED]);
  const { dtype, device, threads } = settings.model;
  return model === used
    ? { model, dtype, device, threads: threads === undefined ? undefined : String(threads) }
    : { model };
}
