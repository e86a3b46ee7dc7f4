import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSettings } from '../config/load.ts';

/** The demo store's configuration speaks for a box that has none. From src and from dist alike. */
const DEMO_CONFIG = fileURLToPath(new URL('../../src/demo/demo.yaml', import.meta.url));

/** What commands that read the store take beside their own options. */
export const DATA_OPTIONS = { data: { type: 'string' }, config: { type: 'string' } } as const;

export const DATA_HELP = `  --data DIR      the data folder (default: what the configuration says)
  --config FILE   the configuration (default: the demo store)`;

/** The data folder that `watchword start` with the same options uses. */
export function dataFolder(values: { data?: string | undefined; config?: string | undefined }): string {
  return values.data === undefined ? loadSettings(values.config ?? DEMO_CONFIG).data : resolve(values.data);
}
