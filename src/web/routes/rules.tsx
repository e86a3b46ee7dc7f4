import { Hono } from 'hono';
import { allow } from '../access.ts';
import { pageOf, type WebEnv, type WebParts } from '../context.ts';
import { rulesWithCameras } from '../now-board.ts';
import { savedState } from '../saved-mark.ts';
import { RulesPage } from '../views/rules.tsx';

export function ruleRoutes(parts: WebParts): Hono<WebEnv> {
  const { deps } = parts;
  return new Hono<WebEnv>().get('/rules', allow('viewer'), (c) => {
    const { saved = '', mark = '', deleted } = c.req.query();
    const known = /^[a-z0-9-]{1,63}$/.test(saved) && /^([0-9a-f]{16})?$/.test(mark);
    return c.html(
      <RulesPage
        page={pageOf(c, parts)}
        rules={rulesWithCameras(deps)}
        findings={deps.rules.findings()}
        {...(deleted === undefined ? {} : { deleted })}
        {...(known ? { saved: savedState(deps.rules, saved, mark) } : {})}
      />,
    );
  });
}
