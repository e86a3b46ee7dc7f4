import { createHash, randomBytes } from 'node:crypto';
import { WatchwordError } from '../platform/errors.ts';
import type { ApiTokenStore } from '../store/api-tokens.ts';
import { AT_THE_BOX, chosenRole, openAccess, plainName, ROLE_HELP } from './access-store.ts';
import { type Command, type CommandIo, EXIT_DONE, parseOptions, UsageError } from './command.ts';
import { DATA_HELP, DATA_OPTIONS, dataFolder } from './store-folder.ts';
import { formatTable } from './table.ts';

const OPTIONS = { ...DATA_OPTIONS, role: { type: 'string' }, json: { type: 'boolean' } } as const;

export const token: Command = {
  name: 'token',
  summary: 'add, list and remove access for other programs',
  usage:
    'watchword token add NAME --role viewer|operator|admin | list | remove NAME [--data DIR | --config FILE] [--json]',
  details: `options:
${ROLE_HELP}
${DATA_HELP}
  --json          one line of JSON per token

Programs send it with each request: "Authorization: Bearer TOKEN". It is shown once; only its SHA-256 is kept. Works while
Watchword runs; a removal takes effect with the next request.`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, OPTIONS);
    const [what, name, extra] = positionals;
    if (extra !== undefined) throw new UsageError(`unexpected "${extra}"`);
    const access = openAccess(dataFolder(values), io.clock);
    try {
      if (what === 'list' && name === undefined) list(access.tokens, io, values.json === true);
      else if (name === undefined)
        throw new UsageError(what === undefined ? 'what about tokens?' : `"token ${what}" needs a name`);
      else if (what === 'add') add(access.tokens, io, { name, role: values.role, json: values.json === true });
      else if (what === 'remove') remove(access.tokens, name);
      else throw new UsageError(`no "token ${what}"`);
    } finally {
      access.close();
    }
    return EXIT_DONE;
  },
};

function add(
  tokens: ApiTokenStore,
  io: CommandIo,
  given: { name: string; role: string | undefined; json: boolean },
): void {
  const name = plainName(given.name, 'token name');
  const role = chosenRole(given.role, 'a new token');
  const secret = `ww_${randomBytes(24).toString('base64url')}`;
  tokens.add({ name, role, createdAt: io.clock.now() }, createHash('sha256').update(secret).digest('hex'), AT_THE_BOX);
  io.stdout(
    `${given.json ? JSON.stringify({ name, role, token: secret }) : `${name} (${role}): ${secret}   (shown this once)`}\n`,
  );
}

function remove(tokens: ApiTokenStore, name: string): void {
  if (!tokens.list().some((each) => each.name === name)) {
    throw new WatchwordError('not-found', `there is no token "${name}"`, {
      hint: 'watchword token list shows what there is',
    });
  }
  tokens.remove(name, AT_THE_BOX);
}

function list(tokens: ApiTokenStore, io: CommandIo, json: boolean): void {
  const rows = tokens
    .list()
    .map(({ name, role, createdAt }) => ({ name, role, createdAt: new Date(createdAt).toISOString() }));
  if (json) for (const row of rows) io.stdout(`${JSON.stringify(row)}\n`);
  else {
    const columns = ['name', 'role', 'since'].map((title) => ({ title }));
    const cells = rows.map(({ name, role, createdAt }) => [name, role, createdAt.slice(0, 10)]);
    io.stdout(formatTable(columns, cells));
  }
}
