import { existsSync } from 'node:fs';
import { DEFAULT_HUB, HubConnection } from '../vision/hub/connection.ts';
import { openFolder } from '../vision/hub/folder-source.ts';
import { openHubRepository } from '../vision/hub/hub-source.ts';
import type { Manifest } from '../vision/hub/manifest.ts';
import { canBeNeeded } from '../vision/hub/needed-files.ts';
import { type PullPlan, pullPackage } from '../vision/hub/pull.ts';
import { type PackageSource, parseRepository } from '../vision/hub/repository.ts';
import { EXIT_DONE, UsageError } from './command.ts';
import type { Box } from './models.ts';
import { ProgressBar } from './progress.ts';

export const HUB_HELP = `  --hub URL       pull: another hub or mirror (default: HF_ENDPOINT, else ${DEFAULT_HUB}); HF_TOKEN is sent to it alone
  --name NAME     pull: the package's folder under the data folder's models (default: the repository's name)`;

interface PullValues {
  readonly hub?: string | undefined;
  readonly name?: string | undefined;
  readonly dtype?: string | undefined;
}

/** Fetches a package and says how to configure it. */
export async function pullModel(
  named: string | undefined,
  values: PullValues,
  box: Box,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const { io, json, modelsDir, settings } = box;
  const source = await sourceOf(named, values, box, env);
  let bar: ProgressBar | undefined;
  const onPlan = (plan: PullPlan): void => {
    io.stderr(planText(plan));
    bar = new ProgressBar(io, Math.ceil(plan.bytes / 1e6));
  };
  let last = '';
  const onProgress = (done: number, total: number, file: string): void => {
    bar?.show(Math.floor(done / 1e6), `MB  ${file}`);
    if (!io.isTTY && file !== last) io.stderr(`${Math.floor((100 * done) / Math.max(1, total))} %  ${file}\n`);
    last = file;
  };
  const onRetry = (why: string): void => {
    bar?.clear();
    io.stderr(`${why}; trying again\n`);
  };
  const dtype = values.dtype ?? (named === undefined ? settings.model.dtype : undefined);
  const { dir, manifest } = await pullPackage({
    ...{ source, modelsDir, name: values.name, dtype, onPlan, onProgress, onRetry },
    ...{ clock: io.clock, random: Math.random, signal: io.signal },
  }).finally(() => bar?.clear());
  if (json) {
    const { repository, revision, licence } = manifest;
    const bytes = manifest.files.reduce((sum, { size }) => sum + size, 0);
    io.stdout(`${JSON.stringify({ dir, repository, revision, licence, dtype: manifest.dtype, bytes })}\n`);
  } else {
    io.stderr(`${manifest.repository} is in ${dir}. In the configuration:\n`);
    io.stdout(configurationText(dir, manifest));
  }
  return EXIT_DONE;
}

function planText({ repository, revision, licence, dtype, files, bytes, present }: PullPlan): string {
  const mb = (count: number): string => `${(count / 1e6).toFixed(1)} MB`;
  const there = present > 0 ? `, ${mb(present)} of them are here` : '';
  return `${repository} at revision ${revision}
licence: ${licence ?? 'not stated: read its model card'}
${files} files for ${dtype}, ${mb(bytes)}${there}
`;
}

/** What pins this package: a later `models pull` without a name fetches the same. */
function configurationText(dir: string, { repository, origin, revision, dtype }: Manifest): string {
  const from = /^https?:/.test(origin) ? (origin === DEFAULT_HUB ? repository : `${origin}/${repository}`) : undefined;
  const lines = { package: dir, repository: from, revision, dtype };
  return `model:\n${Object.entries(lines)
    .map(([name, text]) => (text === undefined ? '' : `  ${name}: ${yamlText(text)}\n`))
    .join('')}`;
}

function yamlText(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : JSON.stringify(text);
}

async function sourceOf(
  named: string | undefined,
  { hub }: PullValues,
  { settings, io }: Box,
  env: NodeJS.ProcessEnv,
): Promise<PackageSource> {
  const { repository, revision } = settings.model;
  const text = named ?? repository;
  if (text === undefined) throw new UsageError('there is no repository to pull', 'Write owner/name');
  // A dot or a slash first says that a path is meant; a bare folder name could not be told from owner/name.
  if (/^(\.{0,2}\/|\.{1,2}$)/.test(text)) return openFolder(text, canBeNeeded);
  if (!text.includes('/') && existsSync(text)) return openFolder(text, canBeNeeded);
  const name = parseRepository(text);
  const endpoint = name.endpoint ?? hub ?? env.HF_ENDPOINT ?? DEFAULT_HUB;
  const token = env.HF_TOKEN === '' ? undefined : env.HF_TOKEN;
  const wanted = name.revision ?? (text === repository ? revision : undefined) ?? 'main';
  const connection = new HubConnection({ endpoint, token, clock: io.clock });
  return openHubRepository(connection, name.id, wanted, io.signal);
}
