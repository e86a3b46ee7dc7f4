import { z } from 'zod';
import { describeError, kindOf } from '../../platform/errors.ts';
import { pageOf, type WebContext, type WebParts } from '../context.ts';
import { STATUS_OF } from '../errors.ts';
import type { SavedRule, SaveOptions } from '../rule-editing.ts';
import { savedPath } from '../saved-mark.ts';
import { RuleOverloadPage } from '../views/rule-overload.tsx';

/** The confirm of a form that was refused because the box would fall behind. */
export const forced = { force: z.literal('yes').optional() };

interface Form {
  readonly force?: 'yes' | undefined;
  /** What to send again when a person confirms; a name may come several times. */
  readonly fields: ReadonlyArray<readonly [name: string, value: string]>;
}

/** Saves a rule and goes to it. What would make the box fall behind is shown, to be confirmed; other errors are thrown on. */
export async function saveOrConfirm(
  c: WebContext,
  parts: WebParts,
  { force, fields }: Form,
  save: (options: SaveOptions) => Promise<SavedRule>,
): Promise<Response> {
  try {
    return c.redirect(savedPath(await save({ force: force === 'yes' })), 303);
  } catch (error) {
    if (kindOf(error) !== 'too-large') throw error;
    const again = { action: c.req.path, fields };
    return c.html(
      <RuleOverloadPage page={pageOf(c, parts)} problem={describeError(error)} {...again} />,
      STATUS_OF['too-large'],
    );
  }
}
