import type { Clock } from '../platform/clock.ts';
import { ApiTokenStore } from '../store/api-tokens.ts';
import { AuditLog } from '../store/audit.ts';
import { connect, databaseOf } from '../store/database.ts';
import { migrate } from '../store/migrations.ts';
import { SessionStore } from '../store/sessions.ts';
import { type User, UserStore } from '../store/users.ts';
import { UsageError } from './command.ts';

const ROLES = ['viewer', 'operator', 'admin'] as const;

/** Who it is in the audit log that runs a command: whoever may, is not asked for a name. */
export const AT_THE_BOX = 'cli';

export const ROLE_HELP =
  '  --role ROLE     viewer (sees), operator (also reviews and silences) or admin (also changes the box)';

/** Who may come in, opened beside a running daemon. */
export interface AccessStore {
  readonly users: UserStore;
  readonly sessions: SessionStore;
  readonly tokens: ApiTokenStore;
  close(): void;
}

/** @throws WatchwordError `not-found` where Watchword was never started */
export function openAccess(dataDir: string, clock: Clock): AccessStore {
  const db = connect(databaseOf(dataDir), 'full');
  migrate(db);
  const audit = new AuditLog({ db, clock });
  return {
    users: new UserStore({ db, audit }),
    sessions: new SessionStore({ db }),
    tokens: new ApiTokenStore({ db, audit }),
    close: () => db.close(),
  };
}

/** A name that is short and plain enough to be typed again. `what`: "user name", "token name". */
export function plainName(name: string, what: string): string {
  if (/^[\p{L}\p{N}._-]{1,40}$/u.test(name)) return name;
  throw new UsageError(`"${name}" is no ${what}`, 'Use letters, digits, dots and dashes, 40 at most');
}

/** The role that `--role` names. `whose`: "a new user". */
export function chosenRole(role: string | undefined, whose: string): User['role'] {
  const wanted = ROLES.find((each) => each === role);
  if (wanted) return wanted;
  throw new UsageError(
    role === undefined ? `${whose} needs --role` : `there is no role "${role}"`,
    `Use ${ROLES.join(', ')}`,
  );
}
