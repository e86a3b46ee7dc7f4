import { z } from 'zod';
import { WatchwordError } from '../../platform/errors.ts';
import { type HubConnection, refusal } from './connection.ts';
import { checkPath, type PackageSource, type RemoteFile } from './repository.ts';

const hex40 = z.string().regex(/^[0-9a-f]{40}$/);
const modelSchema = z.looseObject({
  sha: hex40,
  cardData: z.looseObject({ license: z.unknown(), license_name: z.string().optional() }).nullish(),
});
const entrySchema = z.looseObject({
  type: z.string(),
  path: z.string(),
  oid: z.string().optional(),
  size: z.int().nonnegative().optional(),
  lfs: z.looseObject({ oid: z.string(), size: z.int().nonnegative() }).nullish(),
});
/** A thousand files a page; no model has more. */
const MOST_PAGES = 50;

/**
 * A repository of a hub at the commit that `revision` means now. Two requests: the model's card, and the tree with sizes and
 * checksums. Rejects with `not-found`, `unauthenticated`, `forbidden`, `unavailable`, and `corrupt` for a listing that
 * leads out of the folder.
 */
export async function openHubRepository(
  connection: HubConnection,
  id: string,
  revision: string,
  signal: AbortSignal,
): Promise<PackageSource> {
  const what = `model ${id} at revision ${revision}`;
  const card = `/api/models/${id}/revision/${encodeURIComponent(revision)}`;
  const model = parsed(modelSchema, (await connection.json(card, what, signal)).value, connection.endpoint);
  const files = await listFiles(connection, id, model.sha, signal);
  return {
    id,
    origin: connection.endpoint,
    revision: model.sha,
    licence: licenceOf(model.cardData),
    files,
    async open(file, offset, opening) {
      const path = file.path.split('/').map(encodeURIComponent).join('/');
      const url = `${connection.endpoint}/${id}/resolve/${model.sha}/${path}`;
      let response = await connection.get(url, offset > 0 ? { range: `bytes=${offset}-` } : {}, opening);
      if (response.status === 416) {
        await response.body?.cancel();
        response = await connection.get(url, {}, opening);
      }
      const from = beginning(response, offset);
      if (from === undefined || !response.body) throw await refusal(response, `file ${file.path} of ${id}`, url);
      return { from, bytes: response.body };
    },
  };
}

/** Where an answer's bytes begin; undefined when it holds none of the file. */
function beginning(response: Response, offset: number): number | undefined {
  if (response.status === 200) return 0;
  const range = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
  return response.status === 206 && Number(range?.[1] ?? Number.NaN) === offset ? offset : undefined;
}

async function listFiles(
  connection: HubConnection,
  id: string,
  commit: string,
  signal: AbortSignal,
): Promise<RemoteFile[]> {
  const files: RemoteFile[] = [];
  let page: string | undefined = `/api/models/${id}/tree/${commit}?recursive=true`;
  for (let count = 0; page !== undefined; count++) {
    if (count >= MOST_PAGES) throw new WatchwordError('too-large', `model ${id} has too many files`);
    const { value, headers } = await connection.json(page, `list of files of ${id}`, signal);
    for (const entry of parsed(z.array(entrySchema), value, connection.endpoint)) {
      if (entry.type !== 'file') continue;
      const path = checkPath(entry.path, `${connection.endpoint}/${id}`);
      const size = entry.lfs?.size ?? entry.size;
      if (size === undefined) continue;
      files.push({ path, size, sha256: hashOf(entry.lfs?.oid, 64), gitSha1: hashOf(entry.oid, 40) });
    }
    page = nextPage(headers.get('link'), connection.endpoint);
  }
  return files;
}

function hashOf(text: string | undefined, length: number): string | undefined {
  const hex = text?.replace(/^sha256:/, '').toLowerCase();
  return hex !== undefined && hex.length === length && /^[0-9a-f]+$/.test(hex) ? hex : undefined;
}

/** The rest of a long listing. A mirror may name the hub itself: the path is what counts. */
function nextPage(link: string | null, endpoint: string): string | undefined {
  const target = /<([^>]+)>\s*;\s*rel="next"/.exec(link ?? '')?.[1];
  if (target === undefined) return undefined;
  const url = new URL(target, endpoint);
  const below = new URL(endpoint).pathname.replace(/\/$/, '');
  return `${url.pathname.startsWith(below) ? url.pathname.slice(below.length) : url.pathname}${url.search}`;
}

function licenceOf(card: z.output<typeof modelSchema>['cardData']): string | null {
  const stated = [card?.license].flat().filter((one): one is string => typeof one === 'string');
  if (stated.length === 0) return card?.license_name ?? null;
  return stated[0] === 'other' && card?.license_name ? card.license_name : stated.join(', ');
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new WatchwordError(
    'unavailable',
    `the hub's answer is not understood: ${issue?.path.join('.')} ${issue?.message}`,
    {
      where,
      hint: 'Is this the address of a hub?',
    },
  );
}
