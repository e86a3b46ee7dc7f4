import { parentPort, workerData } from 'node:worker_threads';
import { toError, WatchwordError } from '../platform/errors.ts';
import { writeBackup } from './backup.ts';

/** The thread behind scheduled-backups.ts: copying and checking a large database takes seconds in which nothing else may stand. */
const options = workerData as { readonly dataDir: string; readonly file: string };
writeBackup(options).then(
  (report) => parentPort?.postMessage({ report }),
  (thrown: unknown) => {
    const error = toError(thrown);
    const kind = error instanceof WatchwordError ? error.kind : 'internal';
    parentPort?.postMessage({ failed: { kind, message: error.message } });
  },
);
