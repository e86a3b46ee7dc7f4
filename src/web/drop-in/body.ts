import type { z } from 'zod';
import { type DropInContext, Refusal } from './gate.ts';

/** The JSON body of a request. What does not fit is refused with 422 and a list of places and reasons, as FastAPI does it. */
export async function readJson<T>(c: DropInContext, schema: z.ZodType<T>): Promise<T> {
  let body: unknown;
  try {
    body = JSON.parse(await c.req.text());
  } catch {
    throw new Refusal(422, [{ loc: ['body'], msg: 'JSON decode error', type: 'json_invalid' }]);
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message, code }) => {
    return {
      loc: ['body', ...path.map((part) => (typeof part === 'symbol' ? String(part) : part))],
      msg: message,
      type: code,
    };
  });
  throw new Refusal(422, issues);
}
