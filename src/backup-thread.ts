import { parentPort, workerData } from 'node:worker_threads';
import { writeBackup } from './store/backup.ts';
import { packError } from './vision/worker-messages.ts';

/** Thread entry: writes one backup. Reading the copy through takes seconds on a large database, in which nobody else should wait. */
writeBackup(workerData as { dataDir: string; file: string }).then(
  (report) => parentPort?.postMessage({ report }),
  (error: unknown) => parentPort?.postMessage({ error: packError(error) }),
);
