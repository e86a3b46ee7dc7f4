import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { stream } from 'hono/streaming';
import { kindOf, WatchwordError } from '../../platform/errors.ts';
import { maskSecrets } from '../../platform/secrets.ts';
import { allow } from '../access.ts';
import { pictureOfCamera } from '../camera-picture.ts';
import { type ChatDesk, type ChatRequest, firstToken, readChatRequest } from '../chat.ts';
import type { WebContext, WebEnv, WebParts } from '../context.ts';
import type { WebDeps } from '../deps.ts';

/** The box's model in the words of OpenAI's API, for other programs and other boxes: with an API token, behind the cameras. */
export function chatRoutes({ deps }: WebParts): Hono<WebEnv> {
  const created = Math.floor(deps.run.startedAt / 1_000);
  const listed = (name: string) => ({ id: name, object: 'model', created, owned_by: 'watchword' });
  return new Hono<WebEnv>()
    .get('/v1/models', allow('viewer'), (c) => {
      const model = deps.model();
      return c.json({ object: 'list', data: deps.chat && model ? [listed(model.name)] : [] });
    })
    .get('/v1/models/:name', allow('viewer'), (c) => {
      const { name } = modelOf(deps);
      if (c.req.param('name') === name) return c.json(listed(name));
      throw new WatchwordError('not-found', 'this box has no such model', { hint: `It has ${name}` });
    })
    .post('/v1/chat/completions', allow('viewer'), async (c) => {
      const { desk, name } = modelOf(deps);
      const request = readChatRequest(await bodyOf(c), name, (id) => pictureOfCamera(deps.cameras, id));
      const frame = { id: `chatcmpl-${randomUUID()}`, created: Math.floor(deps.clock.now() / 1_000), model: name };
      if (request.stream) return streamed(c, deps, desk, request, { ...frame, object: 'chat.completion.chunk' });
      const choice = await whole(desk, request, c.req.raw.signal);
      return c.json({ ...frame, object: 'chat.completion', choices: [{ index: 0, ...choice }] });
    });
}

function modelOf(deps: WebDeps): { desk: ChatDesk; name: string } {
  const model = deps.model();
  if (!deps.chat || !model) throw new WatchwordError('unavailable', 'the model is not loaded');
  return { desk: deps.chat, name: model.name };
}

async function bodyOf(c: WebContext): Promise<unknown> {
  try {
    return await c.req.json();
  } catch (error) {
    if (error instanceof WatchwordError) throw error;
    throw new WatchwordError('invalid-input', 'the request is not JSON');
  }
}

async function whole(desk: ChatDesk, request: ChatRequest, signal: AbortSignal): Promise<Record<string, unknown>> {
  if (request.scored) {
    const { picture, question, top } = request.scored;
    const { content, logprobs } = firstToken(await desk.score(picture, question, signal), top);
    return { message: { role: 'assistant', content, refusal: null }, logprobs, finish_reason: 'length' };
  }
  let content = '';
  await desk.generate(request.messages, request.maxTokens, (words) => (content += words), signal);
  return { message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' };
}

function streamed(
  c: WebContext,
  deps: WebDeps,
  desk: ChatDesk,
  request: ChatRequest,
  frame: Record<string, unknown>,
): Response {
  c.header('Content-Type', 'text/event-stream');
  c.header('Cache-Control', 'no-store');
  return stream(c, async (out) => {
    const gone = new AbortController();
    out.onAbort(() => gone.abort(new WatchwordError('cancelled', 'nobody waits for the answer')));
    let writing = Promise.resolve();
    const send = (data: string): void => {
      writing = writing.then(() => out.write(`data: ${data}\n\n`)).then(() => undefined);
    };
    const chunk = (choice: Record<string, unknown>): void =>
      send(JSON.stringify({ ...frame, choices: [{ index: 0, finish_reason: null, ...choice }] }));
    try {
      if (request.scored) {
        const { message, ...rest } = await whole(desk, request, gone.signal);
        chunk({ delta: message, ...rest });
      } else {
        const tell = (content: string): void => chunk({ delta: { role: 'assistant', content } });
        await desk.generate(request.messages, request.maxTokens, tell, gone.signal);
        chunk({ delta: {}, finish_reason: 'stop' });
      }
      send('[DONE]');
    } catch (error) {
      const ours = error instanceof WatchwordError;
      if (!ours) deps.logger.error('a chat failed', { error });
      const message = ours ? maskSecrets(error.message) : 'something went wrong in the box';
      const kind = kindOf(error);
      send(JSON.stringify({ error: { kind, message, type: kind, code: kind, param: null } }));
    }
    await writing;
  });
}
