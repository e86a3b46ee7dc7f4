import { Hono } from 'hono';
import { allow } from '../access.ts';
import { pageOf, type WebEnv, type WebParts } from '../context.ts';
import { rulesWithCameras } from '../now-board.ts';
import { RulesPage } from '../views/rules.tsx';

export function ruleRoutes(parts: WebParts): Hono<WebEnv> {
  const { deps } = parts;
  return new Hono<WebEnv>().get('/rules', allow('viewer'), (c) => {
    return c.html(
      <RulesPage page={pageOf(c, parts)} rules={rulesWithCameras(deps)} findings={deps.rules.findings()} />,
    );
  });
}
