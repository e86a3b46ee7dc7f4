import { Hono } from 'hono';
import { z } from 'zod';
import { describeError, kindOf, WatchwordError } from '../../platform/errors.ts';
import { allow } from '../access.ts';
import { identityOf, pageOf, type WebContext, type WebEnv, type WebParts } from '../context.ts';
import { STATUS_OF } from '../errors.ts';
import { readBody } from '../input.ts';
import { AddCameraPage, AddedCameraPage, type AddingForm, EMPTY_FORM } from '../views/cameras-add.tsx';

const text = (most: number) => z.string().trim().max(most).default('');
export const cameraIdSchema = z
  .string()
  .trim()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be small letters, digits and dashes, starting with a letter or digit');

const chosenForm = z.object({ address: text(500), name: text(80) });
const addForm = z.object({
  address: text(500),
  id: text(63),
  name: text(80),
  user: text(128),
  password: z.string().max(256).default(''),
  clips: z.string().max(10).optional(),
});

/** Finding a camera on the network and adding it. */
export function addCameraRoutes(parts: WebParts): Hono<WebEnv> {
  const { cameraDesk } = parts.deps;
  const routes = new Hono<WebEnv>();
  if (!cameraDesk) return routes;
  const again = (c: WebContext, form: AddingForm, error: unknown) => {
    const kind = kindOf(error);
    const page = <AddCameraPage page={pageOf(c, parts)} form={form} problem={describeError(error)} />;
    return c.html(page, kind === 'cancelled' ? 503 : STATUS_OF[kind]);
  };
  return routes
    .get('/add-camera', allow('admin'), (c) => c.html(<AddCameraPage page={pageOf(c, parts)} form={EMPTY_FORM} />))
    .post('/add-camera/search', allow('admin'), async (c) => {
      try {
        const devices = await cameraDesk.discover(c.req.raw.signal);
        return c.html(<AddCameraPage page={pageOf(c, parts)} form={EMPTY_FORM} devices={devices} />);
      } catch (error) {
        return again(c, EMPTY_FORM, error);
      }
    })
    .post('/add-camera/choose', allow('admin'), async (c) => {
      const chosen = await readBody(c, chosenForm);
      return c.html(
        <AddCameraPage page={pageOf(c, parts)} form={{ ...EMPTY_FORM, ...chosen, id: idOf(chosen.name) }} />,
      );
    })
    .post('/add-camera', allow('admin'), async (c) => {
      const { password, clips, user, name, ...given } = await readBody(c, addForm);
      const form = { ...given, name, user, clips: clips !== undefined };
      const login = { ...(user !== '' && { user }), ...(password !== '' && { password }) };
      const id = cameraIdSchema.safeParse(form.id);
      if (!id.success) return again(c, form, new WatchwordError('invalid-input', pageOf(c, parts).t.adding.idHint));
      try {
        const wanted = { ...given, ...login, ...(name !== '' && { name }), clips: form.clips };
        const added = await cameraDesk.add(wanted, identityOf(c).name, c.req.raw.signal);
        return c.html(<AddedCameraPage page={pageOf(c, parts)} id={id.data} name={name || id.data} added={added} />);
      } catch (error) {
        return again(c, form, error);
      }
    });
}

/** `Dock 4` as `dock-4`. */
function idOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63);
}
