import type { z } from 'zod';
import { WatchwordError } from '../platform/errors.ts';
import type { WebContext } from './context.ts';

/**
 * A form or JSON body of a request against a schema; `all`: a field that is there several times is a list. Throws
 * `invalid-input` naming the first wrong part.
 */
export async function readBody<T>(c: WebContext, schema: z.ZodType<T>, { all = false } = {}): Promise<T> {
  const parsed = schema.safeParse(await rawBody(c, all));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new WatchwordError('invalid-input', `"${issue?.path.map(String).join('.')}": ${issue?.message}`, {
    hint: 'Correct it and send it again',
  });
}

async function rawBody(c: WebContext, all: boolean): Promise<unknown> {
  const type = c.req.header('Content-Type') ?? '';
  if (/^application\/json\b/.test(type)) {
    try {
      return await c.req.json();
    } catch (cause) {
      throw new WatchwordError('invalid-input', 'the body is not valid JSON', { cause });
    }
  }
  if (type === '' || /^(application\/x-www-form-urlencoded|multipart\/form-data)/.test(type))
    return await parseForm(c, all);
  throw new WatchwordError('unsupported', 'the body must be JSON or a form', {
    hint: 'Send Content-Type: application/json',
  });
}

/** The fields of a form. Throws `invalid-input` for a body that is none: a wrong boundary, say. */
export async function parseForm(c: WebContext, all = false): Promise<Record<string, unknown>> {
  try {
    return await c.req.parseBody({ all });
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new WatchwordError('invalid-input', 'the body is not a valid form', { cause });
  }
}
