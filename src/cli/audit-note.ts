import { join } from 'node:path';
import { toError } from '../platform/errors.ts';
import { type Act, AuditLog } from '../store/audit.ts';
import { connect, DATABASE_FILE } from '../store/database.ts';
import { migrate, SCHEMA_VERSION } from '../store/migrations.ts';
import { AT_THE_BOX } from './access-store.ts';
import type { CommandIo } from './command.ts';

/**
 * Notes what a command did that is done already: what cannot be noted is said on standard error, and no failure.
 * `asItIs`: a database of an older version, which only the daemon's next start may migrate, is left without the note.
 */
export function noteAct(
  dataDir: string,
  io: CommandIo,
  act: Omit<Act, 'who'>,
  { asItIs = false }: { readonly asItIs?: boolean } = {},
): void {
  try {
    const db = connect(join(dataDir, DATABASE_FILE), 'full');
    try {
      if (asItIs && Number(db.pragma('user_version', { simple: true })) !== SCHEMA_VERSION) return;
      migrate(db);
      new AuditLog({ db, clock: io.clock }).add({ ...act, who: AT_THE_BOX });
    } finally {
      db.close();
    }
  } catch (error) {
    io.stderr(`It is not in the audit log: ${toError(error).message}\n`);
  }
}
