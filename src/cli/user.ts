import { WatchwordError } from '../platform/errors.ts';
import type { User } from '../store/users.ts';
import { readablePassword } from '../web/auth.ts';
import { hashPassword } from '../web/passwords.ts';
import { type AccessStore, AT_THE_BOX, chosenRole, openAccess, plainName, ROLE_HELP } from './access-store.ts';
import { type Command, type CommandIo, EXIT_DONE, parseOptions, UsageError } from './command.ts';
import { DATA_HELP, DATA_OPTIONS, dataFolder } from './store-folder.ts';
import { formatTable } from './table.ts';

const OPTIONS = { ...DATA_OPTIONS, role: { type: 'string' }, json: { type: 'boolean' } } as const;

type Users = Pick<AccessStore, 'users' | 'sessions'>;

export const user: Command = {
  name: 'user',
  summary: 'add, list and remove who may log in, or set a new password',
  usage:
    'watchword user add NAME --role viewer|operator|admin | password NAME | list | remove NAME [--data DIR | --config FILE] [--json]',
  details: `options:
${ROLE_HELP}
${DATA_HELP}
  --json          one line of JSON per user

A new password is made up and shown once. Works while Watchword runs; a new password or a removal ends the user's sessions.`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, OPTIONS);
    const [what, name, extra] = positionals;
    if (extra !== undefined) throw new UsageError(`unexpected "${extra}"`);
    const opened = openAccess(dataFolder(values), io.clock);
    try {
      if (what === 'list' && name === undefined) list(opened, io, values.json === true);
      else if (name === undefined)
        throw new UsageError(what === undefined ? 'what about users?' : `"user ${what}" needs a name`);
      else if (what === 'add')
        await setPassword(opened, io, newUser(opened, name, values.role, io), values.json === true);
      else if (what === 'password') await setPassword(opened, io, known(opened, name), values.json === true);
      else if (what === 'remove') remove(opened, known(opened, name));
      else throw new UsageError(`no "user ${what}"`);
    } finally {
      opened.close();
    }
    return EXIT_DONE;
  },
};

function newUser({ users }: Users, name: string, role: string | undefined, io: CommandIo): Omit<User, 'passwordHash'> {
  plainName(name, 'user name');
  const wanted = chosenRole(role, 'a new user');
  if (users.get(name))
    throw new WatchwordError('conflict', `there is a user "${name}" already`, {
      hint: `watchword user password ${name} sets a new password`,
    });
  return { name: name.toLowerCase(), role: wanted, createdAt: io.clock.now() };
}

function known({ users }: Users, name: string): User {
  const found = users.get(name.toLowerCase());
  if (!found)
    throw new WatchwordError('not-found', `there is no user "${name}"`, {
      hint: 'watchword user list shows who there is',
    });
  return found;
}

async function setPassword(
  { users, sessions }: Users,
  io: CommandIo,
  who: Omit<User, 'passwordHash'>,
  json: boolean,
): Promise<void> {
  const password = readablePassword();
  users.put({ ...who, passwordHash: await hashPassword(password) }, AT_THE_BOX);
  sessions.removeOfUser(who.name);
  const { name, role } = who;
  io.stdout(
    `${json ? JSON.stringify({ name, role, password }) : `${name} (${role}): ${password}   (shown this once)`}\n`,
  );
}

function remove({ users, sessions }: Users, { name }: User): void {
  users.remove(name, AT_THE_BOX);
  sessions.removeOfUser(name);
}

function list({ users }: Users, io: CommandIo, json: boolean): void {
  const rows = users
    .list()
    .map(({ name, role, createdAt }) => ({ name, role, createdAt: new Date(createdAt).toISOString() }));
  if (json) for (const row of rows) io.stdout(`${JSON.stringify(row)}\n`);
  else {
    const columns = ['name', 'role', 'since'].map((title) => ({ title }));
    io.stdout(
      formatTable(
        columns,
        rows.map(({ name, role, createdAt }) => [name, role, createdAt.slice(0, 10)]),
      ),
    );
  }
}
