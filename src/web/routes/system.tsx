import { Hono } from 'hono';
import { z } from 'zod';
import { describeError, kindOf } from '../../platform/errors.ts';
import { allow } from '../access.ts';
import { identityOf, mayDo, pageOf, type WebContext, type WebEnv, type WebParts } from '../context.ts';
import { STATUS_OF } from '../errors.ts';
import { readBody } from '../input.ts';
import { cameraNames } from '../now-board.ts';
import { SystemPage } from '../views/system.tsx';

const newPerson = z.object({
  name: z.string().max(64),
  password: z.string().max(256),
  role: z.enum(['viewer', 'operator', 'admin']),
});

export function systemRoutes(parts: WebParts): Hono<WebEnv> {
  const { deps, auth } = parts;
  const view = (c: WebContext, problem?: string) => (
    <SystemPage
      page={pageOf(c, parts)}
      parts={deps.health.parts()}
      cameraNames={cameraNames(deps)}
      model={deps.model()}
      run={deps.run}
      nodeVersion={process.version}
      liveClients={parts.live.count}
      users={mayDo(c.get('identity'), 'admin') ? deps.users.list() : []}
      {...(problem === undefined ? {} : { problem })}
    />
  );
  return new Hono<WebEnv>()
    .get('/system', allow('viewer'), (c) => c.html(view(c)))
    .post('/system/people', allow('admin'), async (c) => {
      try {
        const { name, password, role } = await readBody(c, newPerson);
        const user = await auth.addUser(name, password, role, identityOf(c).name);
        deps.logger.info('user added', { user: user.name, role, by: identityOf(c).name });
      } catch (error) {
        // Wrong words are shown where they were typed; everything else is the app's to answer.
        const kind = kindOf(error);
        if (kind !== 'invalid-input' && kind !== 'conflict') throw error;
        return c.html(view(c, describeError(error)), STATUS_OF[kind]);
      }
      return c.redirect('/system#people', 303);
    })
    .post('/system/people/:name/remove', allow('admin'), (c) => {
      auth.removeUser(c.req.param('name'), identityOf(c).name);
      deps.logger.info('user removed', { user: c.req.param('name'), by: identityOf(c).name });
      return c.redirect('/system#people', 303);
    });
}
