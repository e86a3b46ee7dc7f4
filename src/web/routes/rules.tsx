import { Hono } from 'hono';
import { allow } from '../access.ts';
import { pageOf, type WebEnv, type WebParts } from '../context.ts';
import { camerasOf } from '../now-board.ts';
import { RulesPage } from '../views/rules.tsx';

export function ruleRoutes(parts: WebParts): Hono<WebEnv> {
  const { deps } = parts;
  return new Hono<WebEnv>().get('/rules', allow('viewer'), (c) => {
    const rules = deps.rules.list().map((rule) => ({ rule, cameras: camerasOf(rule, deps) }));
    return c.html(<RulesPage page={pageOf(c, parts)} rules={rules} findings={deps.rules.findings()} />);
  });
}
