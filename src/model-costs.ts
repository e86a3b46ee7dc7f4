import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { ModelIdentity } from './vision/model.ts';

const FILE = 'model-costs.json';
/** Models measured on one box: the newest of them. */
const MOST_MODELS = 32;

const costsSchema = z.object({
  model: z.object({ name: z.string(), dtype: z.string(), device: z.string(), weightsHash: z.string() }),
  measuredAt: z.string(),
  lookMs: z.number().positive(),
  questionMs: z.number().positive(),
});

/** What `watchword models bench` measured of one model on this box; milliseconds. */
export type ModelCostRecord = z.output<typeof costsSchema>;

/** What was measured of this very model, its weights and the device they ran on; undefined when it never was. */
export function readModelCosts(dataDir: string, model: ModelIdentity): ModelCostRecord | undefined {
  return readAll(dataDir).find((record) => same(record.model, model));
}

/** Keeps a measurement; an earlier one of the same model gives way. */
export function saveModelCosts(dataDir: string, record: ModelCostRecord): void {
  const others = readAll(dataDir).filter(({ model }) => !same(model, record.model));
  const file = join(dataDir, FILE);
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify([record, ...others].slice(0, MOST_MODELS), undefined, 2)}\n`, {
    mode: 0o640,
  });
  renameSync(`${file}.new`, file);
}

function readAll(dataDir: string): ModelCostRecord[] {
  try {
    return z.array(costsSchema).parse(JSON.parse(readFileSync(join(dataDir, FILE), 'utf8')));
  } catch {
    return [];
  }
}

function same(a: ModelIdentity, b: ModelIdentity): boolean {
  return a.weightsHash === b.weightsHash && a.device === b.device && a.dtype === b.dtype;
}
