import { Hono } from 'hono';
import { stream } from 'hono/streaming';
import { z } from 'zod';
import { describeError, kindOf, WatchwordError } from '../../platform/errors.ts';
import { allow } from '../access.ts';
import { pageOf, type WebContext, type WebEnv, type WebParts } from '../context.ts';
import type { WebDeps } from '../deps.ts';
import { readBody } from '../input.ts';
import { cameraNames, eventById } from '../now-board.ts';
import { TriedPictures } from '../tried-pictures.ts';
import { type AnswerProps, AskPage, type AskProps } from '../views/ask.tsx';

const askForm = z.object({
  question: z.string().max(300).default(''),
  /** The suggestion that was pressed, instead of a question of one's own. */
  suggested: z.string().max(300).optional(),
  camera: z.string().max(200).optional(),
  event: z.string().max(200).optional(),
});

type Asked = z.infer<typeof askForm>;

/** What ask.js reads, a line each. */
type Line =
  | { readonly question: string; readonly picture: string; readonly name: string }
  | { readonly words: string }
  | { readonly score: number }
  | { readonly error: string };

/** Asking about a picture; the words are sent as they come. */
export function askRoutes(parts: WebParts): Hono<WebEnv> {
  const { deps } = parts;
  const asked = new TriedPictures();
  return new Hono<WebEnv>()
    .get('/ask', allow('viewer'), (c) => {
      const form = askForm.safeParse(c.req.query()).data ?? { question: '' };
      return c.html(<AskPage {...askProps(c, parts, form)} />);
    })
    .get('/ask/pictures/:key', allow('viewer'), (c) => {
      const jpeg = asked.find(c.req.param('key'));
      if (!jpeg) throw new WatchwordError('not-found', 'the picture is no longer kept', { hint: 'Ask again' });
      return c.body(new Uint8Array(jpeg), 200, {
        'Content-Type': 'image/jpeg',
        'Cache-Control': 'private, max-age=300',
      });
    })
    .post('/ask', allow('viewer'), async (c) => {
      const form = await readBody(c, askForm);
      if (!/ndjson/.test(c.req.header('Accept') ?? '')) return answerWhole(c, parts, asked, form);
      c.header('Content-Type', 'application/x-ndjson');
      c.header('Cache-Control', 'no-store');
      return stream(c, async (out) => {
        const gone = new AbortController();
        out.onAbort(() => gone.abort(new WatchwordError('cancelled', 'nobody waits for the answer')));
        let writing = Promise.resolve();
        const tell = (line: Line): void => {
          writing = writing.then(() => out.write(`${JSON.stringify(line)}\n`)).then(() => undefined);
        };
        await answerTo(deps, asked, form, tell, gone.signal);
        await writing;
      });
    });
}

/** Asks, and tells each thing as it is known. What goes wrong is told too. */
async function answerTo(
  deps: WebDeps,
  asked: TriedPictures,
  form: Asked,
  tell: (line: Line) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const question = (form.suggested ?? form.question).trim();
    if (question === '') throw new WatchwordError('invalid-input', 'the question is empty');
    const { name, jpeg } = await pictureOf(deps, form);
    tell({ question, name, picture: `/ask/pictures/${asked.keep(jpeg)}` });
    await deps.spareModel.ask(question, jpeg, tell, signal);
  } catch (error) {
    if (kindOf(error) === 'cancelled') return;
    if (!(error instanceof WatchwordError)) deps.logger.error('a question failed', { error });
    tell({ error: error instanceof WatchwordError ? describeError(error) : 'something went wrong in the box' });
  }
}

async function answerWhole(c: WebContext, parts: WebParts, asked: TriedPictures, form: Asked): Promise<Response> {
  const lines: Line[] = [];
  await answerTo(parts.deps, asked, form, (line) => lines.push(line), c.req.raw.signal);
  let answer: AnswerProps = { question: form.suggested ?? form.question, pictureUrl: '', pictureName: '', words: '' };
  for (const line of lines) {
    if ('picture' in line) answer = { ...answer, pictureUrl: line.picture, pictureName: line.name };
    else if ('words' in line) answer = { ...answer, words: answer.words + line.words };
    else if ('score' in line) answer = { ...answer, score: line.score };
    else answer = { ...answer, problem: line.error };
  }
  return c.html(<AskPage {...askProps(c, parts, form)} answer={answer} />);
}

function askProps(c: WebContext, parts: WebParts, form: Asked): AskProps {
  const { deps } = parts;
  const cameras = deps.cameras.list().flatMap(({ id, name }) => {
    const frame = deps.cameras.latestFrame(id);
    return frame ? [{ id, name, frame }] : [];
  });
  const chosen = cameras.find(({ id }) => id === form.camera)?.id ?? cameras[0]?.id ?? '';
  const reviewed = form.event ? eventById(deps, form.event) : undefined;
  return {
    page: pageOf(c, parts),
    cameras,
    chosen,
    question: form.question,
    ...(reviewed && { event: { reviewed, cameraName: nameOf(deps, reviewed.event.cameraId) } }),
  };
}

async function pictureOf(deps: WebDeps, { camera, event }: Asked): Promise<{ name: string; jpeg: Uint8Array }> {
  if (event) {
    const { cameraId } = eventById(deps, event).event;
    const jpeg = await deps.events.snapshot(event);
    if (!jpeg) throw new WatchwordError('not-found', 'the picture is no longer kept');
    return { name: nameOf(deps, cameraId), jpeg };
  }
  if (!camera) throw new WatchwordError('invalid-input', 'no picture is chosen');
  const frame = deps.cameras.latestFrame(camera);
  if (!frame) throw new WatchwordError('not-found', `there is no picture of ${nameOf(deps, camera)} yet`);
  return { name: nameOf(deps, camera), jpeg: frame.jpeg };
}

function nameOf(deps: WebDeps, cameraId: string): string {
  return cameraNames(deps).get(cameraId) ?? cameraId;
}
