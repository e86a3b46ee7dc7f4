import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import { describeError, type ErrorKind, kindOf, WatchwordError } from '../../platform/errors.ts';
import { allow } from '../access.ts';
import { identityOf, isPartial, pageOf, type WebContext, type WebEnv, type WebParts } from '../context.ts';
import { STATUS_OF } from '../errors.ts';
import { readBody } from '../input.ts';
import { readOwnPicture } from '../own-picture.ts';
import type { EditableRule, SavedRule, SaveOptions } from '../rule-editing.ts';
import { TriedPictures } from '../tried-pictures.ts';
import {
  type PicturedCamera,
  RuleEditorPage,
  type RuleEditorProps,
  TryCameras,
  UnderstoodPanel,
} from '../views/rule-editor.tsx';
import { Trial, type TrialProps } from '../views/rule-trial.tsx';
import { RuleVersionsPage } from '../views/rule-versions.tsx';
import { forced, saveOrConfirm } from './rule-overload.tsx';

const draftForm = z.object({
  words: z.string().max(1_000),
  cameras: z
    .union([z.string().transform((one) => [one]), z.array(z.string().max(100)).max(500)])
    .default([])
    .transform((listed) => listed.filter((pattern) => pattern !== '')),
  /** The rule whose file is being changed. */
  rule: z.string().max(64).optional(),
  ...forced,
});
const savedForm = draftForm.extend({ version: z.string().max(64) });
const tryForm = draftForm.extend({
  camera: z.string().max(200).optional(),
  picture: z.union([z.instanceof(Blob), z.string()]).optional(),
});
const versionForm = z.object({ version: z.string().max(64) });
const restoreForm = versionForm.extend({ number: z.coerce.number().int(), ...forced });
const switchForm = z.object({ enabled: z.enum(['yes', 'no']), ...forced });

type Draft = z.infer<typeof draftForm>;

/** Writing, trying, saving and deleting rules. */
export function ruleEditorRoutes(parts: WebParts): Hono<WebEnv> {
  const { deps } = parts;
  const { ruleDesk } = deps;
  const tried = new TriedPictures();
  return new Hono<WebEnv>()
    .get('/rules/new', allow('operator'), async (c) => {
      const { words = '', camera } = c.req.query();
      return c.html(await editor(c, parts, { words, cameras: camera ? [camera] : [] }));
    })
    .post('/rules/understand', allow('operator'), async (c) => {
      const props = await editorProps(c, parts, await readBody(c, draftForm, { all: true }));
      if (!isPartial(c)) return c.html(<RuleEditorPage {...props} />);
      return c.html(
        <>
          <UnderstoodPanel {...props} />
          <hx-partial id="try-cameras" hx-swap="outerMorph">
            <TryCameras {...props} />
          </hx-partial>
        </>,
      );
    })
    .post('/rules/try', allow('operator'), async (c) => {
      const form = await readBody(c, tryForm, { all: true });
      const { trial, status } = await tryDraft(c, parts, tried, form);
      if (isPartial(c)) return c.html(<Trial {...trial} />, status);
      return c.html(<RuleEditorPage {...(await editorProps(c, parts, form))} trial={trial} />, status);
    })
    .get('/rules/tried/:key', allow('operator'), (c) => {
      const jpeg = tried.find(c.req.param('key'));
      if (!jpeg) throw new WatchwordError('not-found', 'the picture is no longer kept', { hint: 'Try it again' });
      return c.body(new Uint8Array(jpeg), 200, {
        'Content-Type': 'image/jpeg',
        'Cache-Control': 'private, max-age=300',
      });
    })
    .post('/rules', allow('operator'), async (c) => {
      const draft = await readBody(c, draftForm, { all: true });
      return saving(c, parts, draft, (options) => ruleDesk.create(draft, identityOf(c).name, options));
    })
    .get('/rules/:id/edit', allow('operator'), async (c) => {
      const id = c.req.param('id');
      const rule = await ruleDesk.open(id).catch((error) => {
        // Not even its sentence can be read: the whole file then.
        if (kindOf(error) === 'invalid-input') return undefined;
        throw error;
      });
      if (!rule) return c.redirect(`/rules/${encodeURIComponent(id)}/file`, 303);
      return c.html(await editor(c, parts, { ...rule, cameras: [...rule.cameras], rule: rule.id }));
    })
    .post('/rules/:id/save', allow('operator'), async (c) => {
      const form = await readBody(c, savedForm, { all: true });
      const rule = c.req.param('id');
      return saving(c, parts, { ...form, rule }, (options) => {
        return ruleDesk.save(rule, form.version, form, identityOf(c).name, options);
      });
    })
    .post('/rules/:id/enabled', allow('operator'), async (c) => {
      const { enabled, force } = await readBody(c, switchForm);
      const id = c.req.param('id');
      return saveOrConfirm(c, parts, { force, fields: [['enabled', enabled]] }, (options) => {
        return ruleDesk.switch(id, enabled === 'yes', identityOf(c).name, options);
      });
    })
    .post('/rules/:id/delete', allow('operator'), async (c) => {
      const { version } = await readBody(c, versionForm);
      const id = c.req.param('id');
      await ruleDesk.remove(id, version, identityOf(c).name);
      return c.redirect(`/rules?deleted=${encodeURIComponent(id)}`, 303);
    })
    .get('/rules/:id/versions', allow('viewer'), async (c) => {
      const ruleId = c.req.param('id');
      return c.html(<RuleVersionsPage page={pageOf(c, parts)} ruleId={ruleId} {...(await ruleDesk.history(ruleId))} />);
    })
    .post('/rules/:id/restore', allow('operator'), async (c) => {
      const { number, version, force } = await readBody(c, restoreForm);
      const fields = [['number', String(number)] as const, ['version', version] as const];
      return saveOrConfirm(c, parts, { force, fields }, (options) => {
        return ruleDesk.restore(c.req.param('id'), number, version, identityOf(c).name, options);
      });
    });
}

async function editor(c: WebContext, parts: WebParts, draft: Draft) {
  return <RuleEditorPage {...(await editorProps(c, parts, draft))} />;
}

async function editorProps(c: WebContext, parts: WebParts, draft: Draft): Promise<RuleEditorProps> {
  const { deps } = parts;
  const { words, cameras, rule } = draft;
  const understood = words.trim() === '' ? undefined : await deps.ruleDesk.understand({ words, cameras }, rule);
  const pictured = deps.cameras.list().map((camera): PicturedCamera => {
    return { camera, frame: deps.cameras.latestFrame(camera.id) };
  });
  const opened = rule === undefined ? undefined : await deps.ruleDesk.open(rule);
  return { page: pageOf(c, parts), draft, understood, cameras: pictured, ...(opened && { rule: opened }) };
}

/** Saves, and shows what is in the way where it was written. */
async function saving(
  c: WebContext,
  parts: WebParts,
  draft: Draft & { version?: string },
  save: (options: SaveOptions) => Promise<SavedRule>,
): Promise<Response> {
  const { words, cameras, rule, version, force } = draft;
  const known = { rule, version };
  const fields = [
    ['words', words] as const,
    ...cameras.map((camera) => ['cameras', camera] as const),
    ...Object.entries(known).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  ];
  try {
    return await saveOrConfirm(c, parts, { force, fields }, save);
  } catch (error) {
    const kind = kindOf(error);
    if (!(error instanceof WatchwordError) || kind === 'not-found') throw error;
    const props = await editorProps(c, parts, draft);
    const conflict: EditableRule | undefined = kind === 'conflict' ? props.rule : undefined;
    const more = conflict ? { conflict } : { problem: describeError(error) };
    return c.html(<RuleEditorPage {...props} {...more} />, statusOf(kind));
  }
}

/** Hono's list lacks 499. */
function statusOf(kind: ErrorKind): ContentfulStatusCode {
  return kind === 'cancelled' ? 503 : STATUS_OF[kind];
}

type TryForm = z.infer<typeof tryForm>;
type Tried = { trial: TrialProps; status: ContentfulStatusCode };

async function tryDraft(c: WebContext, parts: WebParts, tried: TriedPictures, form: TryForm): Promise<Tried> {
  const { deps } = parts;
  const page = pageOf(c, parts);
  try {
    const { rule, errors } = await deps.ruleDesk.understand(form, form.rule);
    if (!rule) throw new WatchwordError('invalid-input', errors[0]?.message ?? page.t.editor.typeFirst);
    const { name, picture } = await pictureOf(parts, form, page.t.editor);
    const answer = await deps.spareModel.tryRule(rule, picture, form.camera);
    const pictureUrl = `/rules/tried/${tried.keep(picture.jpeg)}`;
    return { trial: { page, rule, answer, pictureUrl, pictureName: name }, status: 200 };
  } catch (error) {
    if (!(error instanceof WatchwordError)) throw error;
    return { trial: { page, problem: describeError(error) }, status: statusOf(error.kind) };
  }
}

async function pictureOf(
  { deps }: WebParts,
  { camera, picture }: TryForm,
  words: { ownPicture: string; choosePicture: string },
) {
  if (camera !== undefined) {
    const name = deps.cameras.list().find(({ id }) => id === camera)?.name ?? camera;
    const frame = deps.cameras.latestFrame(camera);
    if (!frame) throw new WatchwordError('not-found', `there is no picture of ${name} yet`);
    return { name, picture: frame };
  }
  if (!(picture instanceof Blob) || picture.size === 0) throw new WatchwordError('invalid-input', words.choosePicture);
  const own = 'name' in picture && typeof picture.name === 'string' ? picture.name : '';
  return { name: own || words.ownPicture, picture: await readOwnPicture(picture) };
}
