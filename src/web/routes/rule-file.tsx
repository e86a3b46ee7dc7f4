import { Hono } from 'hono';
import { z } from 'zod';
import { describeError, kindOf, WatchwordError } from '../../platform/errors.ts';
import { allow } from '../access.ts';
import { identityOf, pageOf, type WebEnv, type WebParts } from '../context.ts';
import { readBody } from '../input.ts';
import { RuleFilePage } from '../views/rule-file.tsx';
import { forced, saveOrConfirm } from './rule-overload.tsx';

const fileForm = z.object({ version: z.string().max(64), text: z.string().max(48 * 1024), ...forced });

/** A rule's whole file in a box. */
export function ruleFileRoutes(parts: WebParts): Hono<WebEnv> {
  const { ruleDesk } = parts.deps;
  return new Hono<WebEnv>()
    .get('/rules/:id/file', allow('operator'), async (c) => {
      const file = await ruleDesk.openFile(c.req.param('id'));
      const findings = ruleDesk.checkFile(file.id, file.text);
      return c.html(<RuleFilePage page={pageOf(c, parts)} file={file} text={file.text} findings={findings} />);
    })
    .post('/rules/:id/file', allow('operator'), async (c) => {
      const form = await readBody(c, fileForm);
      const id = c.req.param('id');
      // Browsers send lines as mail does.
      const text = `${form.text.replace(/\r\n?/g, '\n').trimEnd()}\n`;
      try {
        const fields = [['version', form.version] as const, ['text', text] as const];
        return await saveOrConfirm(c, parts, { force: form.force, fields }, (options) => {
          return ruleDesk.saveFile(id, form.version, text, identityOf(c).name, options);
        });
      } catch (error) {
        const kind = kindOf(error);
        if (!(error instanceof WatchwordError) || (kind !== 'invalid-input' && kind !== 'conflict')) throw error;
        const file = await ruleDesk.openFile(id);
        const findings = ruleDesk.checkFile(id, text);
        const more = kind === 'conflict' ? { isConflict: true } : { problem: describeError(error) };
        const props = { page: pageOf(c, parts), file, text, findings, ...more };
        return c.html(<RuleFilePage {...props} />, kind === 'conflict' ? 409 : 400);
      }
    });
}
