import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { Hono } from 'hono';
import { z } from 'zod';
import { describeError, kindOf, WatchwordError } from '../../platform/errors.ts';
import { allow } from '../access.ts';
import { USER_NAME } from '../auth.ts';
import { identityOf, mayDo, pageOf, type WebContext, type WebEnv, type WebParts } from '../context.ts';
import type { Role } from '../deps.ts';
import { STATUS_OF } from '../errors.ts';
import { readBody } from '../input.ts';
import { cameraNames } from '../now-board.ts';
import type { Upkeep } from '../upkeep.ts';
import { SystemPage } from '../views/system.tsx';
import type { AccessProps } from '../views/system-people.tsx';
import { RestartingPage } from '../views/system-upkeep.tsx';

const role = z.enum(['viewer', 'operator', 'admin']);
const newPerson = z.object({ name: z.string().max(64), password: z.string().max(256), role });
const newRole = z.object({ role });
const newToken = z.object({ name: z.string().max(64), role });
const logForm = z.object({ level: z.enum(['debug', 'info', 'warn', 'error']) });

export function systemRoutes(parts: WebParts): Hono<WebEnv> {
  const { deps, auth } = parts;
  const view = (c: WebContext, more: Pick<AccessProps, 'problem' | 'newToken'> = {}) => systemView(c, parts, more);
  /** Wrong words are shown where they were typed; everything else is the app's to answer. */
  const saving = async (c: WebContext, about: 'people' | 'tokens', save: () => Promise<void> | void) => {
    try {
      await save();
    } catch (error) {
      const kind = kindOf(error);
      if (kind !== 'invalid-input' && kind !== 'conflict') throw error;
      return c.html(await view(c, { problem: { about, words: describeError(error) } }), STATUS_OF[kind]);
    }
    return c.redirect(`/system#${about}`, 303);
  };
  return new Hono<WebEnv>()
    .get('/system', allow('viewer'), async (c) => c.html(await view(c)))
    .post('/system/people', allow('admin'), (c) =>
      saving(c, 'people', async () => {
        const person = await readBody(c, newPerson);
        const user = await auth.addUser(person.name, person.password, person.role, identityOf(c).name);
        deps.logger.info('user added', { user: user.name, role: user.role, by: identityOf(c).name });
      }),
    )
    .post('/system/people/:name/role', allow('admin'), (c) =>
      saving(c, 'people', async () => {
        const { role: next } = await readBody(c, newRole);
        auth.changeRole(c.req.param('name'), next, identityOf(c).name);
        deps.logger.info('role changed', { user: c.req.param('name'), role: next, by: identityOf(c).name });
      }),
    )
    .post('/system/people/:name/remove', allow('admin'), (c) => {
      auth.removeUser(c.req.param('name'), identityOf(c).name);
      deps.logger.info('user removed', { user: c.req.param('name'), by: identityOf(c).name });
      return c.redirect('/system#people', 303);
    })
    .post('/system/tokens', allow('admin'), async (c) => {
      const form = await readBody(c, newToken);
      try {
        const made = addToken(parts, form.name, form.role, identityOf(c).name);
        return c.html(await view(c, { newToken: made }));
      } catch (error) {
        const kind = kindOf(error);
        if (kind !== 'invalid-input' && kind !== 'conflict') throw error;
        return c.html(await view(c, { problem: { about: 'tokens', words: describeError(error) } }), STATUS_OF[kind]);
      }
    })
    .post('/system/tokens/:name/remove', allow('admin'), (c) => {
      deps.tokens?.remove(c.req.param('name'), identityOf(c).name);
      return c.redirect('/system#tokens', 303);
    })
    .route('/', upkeepRoutes(parts, deps.upkeep));
}

/** Backup, log level and a new start. */
function upkeepRoutes(parts: WebParts, upkeep: Upkeep | undefined): Hono<WebEnv> {
  const routes = new Hono<WebEnv>();
  if (!upkeep) return routes;
  return routes
    .post('/system/backups', allow('admin'), async (c) => {
      const { name } = await upkeep.backup(identityOf(c).name);
      return c.redirect(`/system?${new URLSearchParams({ written: name })}#backup`, 303);
    })
    .get('/system/backups/:name', allow('admin'), async (c) => {
      const name = c.req.param('name');
      const file = upkeep.backupFile(name);
      if (file === undefined) {
        throw new WatchwordError('not-found', 'there is no such backup', { hint: 'Only the newest stay' });
      }
      const { size } = await stat(file);
      return c.body(Readable.toWeb(createReadStream(file)) as ReadableStream, 200, {
        'Content-Type': 'application/octet-stream',
        'Content-Length': String(size),
        'Content-Disposition': `attachment; filename="${name}"`,
      });
    })
    .post('/system/log', allow('admin'), async (c) => {
      const { level } = await readBody(c, logForm);
      upkeep.setLogLevel(level, identityOf(c).name);
      return c.redirect('/system#log', 303);
    })
    .post('/system/restart', allow('admin'), (c) => {
      if (!upkeep.restart) {
        throw new WatchwordError('unsupported', 'this box cannot start anew by itself', {
          hint: 'Restart its service or its program',
        });
      }
      upkeep.restart(identityOf(c).name);
      return c.html(<RestartingPage page={pageOf(c, parts)} runId={parts.deps.run.id} />);
    });
}

async function systemView(c: WebContext, parts: WebParts, more: Pick<AccessProps, 'problem' | 'newToken'>) {
  const { deps } = parts;
  const { upkeep } = deps;
  const isAdmin = mayDo(c.get('identity'), 'admin');
  return (
    <SystemPage
      page={pageOf(c, parts)}
      parts={deps.health.parts()}
      cameraNames={cameraNames(deps)}
      model={deps.model()}
      run={deps.run}
      nodeVersion={process.version}
      liveClients={parts.live.count}
      upkeep={upkeep && { facts: await upkeep.facts(), admin: isAdmin ? await forAdmins(c, upkeep) : undefined }}
      access={isAdmin ? { users: deps.users.list(), tokens: deps.tokens?.list(), ...more } : undefined}
    />
  );
}

async function forAdmins(c: WebContext, upkeep: Upkeep) {
  const backups = await upkeep.backups();
  const written = backups.find(({ name }) => name === c.req.query('written'))?.name;
  return { backups, written, logLevel: upkeep.logLevel(), mayRestart: upkeep.restart !== undefined };
}

/** Throws `invalid-input` and `conflict`. */
function addToken({ deps }: WebParts, given: string, forRole: Role, by: string): { name: string; token: string } {
  const name = given.trim().toLowerCase();
  if (!deps.tokens || !USER_NAME.test(name)) {
    throw new WatchwordError('invalid-input', `"${name.slice(0, 40)}" is not a name for a program`, {
      hint: 'Use up to 32 letters a-z, digits, dots, dashes and underscores',
    });
  }
  const token = randomBytes(32).toString('base64url');
  const hash = createHash('sha256').update(token).digest('hex');
  deps.tokens.add({ name, role: forRole, createdAt: deps.clock.now() }, hash, by);
  return { name, token };
}
