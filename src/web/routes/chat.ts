import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { stream } from 'hono/streaming';
import { kindOf, WatchwordError } from '../../platform/errors.ts';
import { maskSecrets } from '../../platform/secrets.ts';
import type { GenerationEnd, TokenCounts } from '../../vision/model.ts';
import { allow } from '../access.ts';
import { pictureOfCamera } from '../camera-picture.ts';
import { type ChatDesk, type ChatRequest, firstToken, readChatRequest, usageOf } from '../chat.ts';
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
      const { tokens, ...choice } = await whole(desk, request, c.req.raw.signal);
      const usage = tokens && { usage: usageOf(tokens) };
      return c.json({ ...frame, object: 'chat.completion', choices: [{ index: 0, ...choice }], ...usage });
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

interface Whole {
  readonly message: Record<string, unknown>;
  readonly logprobs: unknown;
  readonly finish_reason: GenerationEnd['reason'];
  /** undefined where the model does not tell. */
  readonly tokens: TokenCounts | undefined;
}

async function whole(desk: ChatDesk, request: ChatRequest, signal: AbortSignal): Promise<Whole> {
  if (request.scored) {
    const { picture, question, top } = request.scored;
    const word = await desk.score(picture, question, signal);
    const { content, logprobs } = firstToken(word, top);
    const tokens = word.promptTokens === undefined ? undefined : { prompt: word.promptTokens, completion: 1 };
    return { message: { role: 'assistant', content, refusal: null }, logprobs, finish_reason: 'length', tokens };
  }
  let content = '';
  const end = await desk.generate(request.messages, request.maxTokens, (words) => (content += words), signal);
  return {
    message: { role: 'assistant', content, refusal: null },
    logprobs: null,
    ...{ finish_reason: end?.reason ?? 'stop', tokens: end?.tokens },
  };
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
    // Who wants the count finds the field in every chunk, and the count in one of its own.
    const uncounted = request.countsTokens && { usage: null };
    const chunk = (choice: Record<string, unknown>): void =>
      send(JSON.stringify({ ...frame, choices: [{ index: 0, finish_reason: null, ...choice }], ...uncounted }));
    const count = (tokens: TokenCounts | undefined): void => {
      if (request.countsTokens && tokens) send(JSON.stringify({ ...frame, choices: [], usage: usageOf(tokens) }));
    };
    try {
      if (request.scored) {
        const { message, tokens, ...rest } = await whole(desk, request, gone.signal);
        chunk({ delta: message, ...rest });
        count(tokens);
      } else {
        const tell = (content: string): void => chunk({ delta: { role: 'assistant', content } });
        const end = await desk.generate(request.messages, request.maxTokens, tell, gone.signal);
        chunk({ delta: {}, finish_reason: end?.reason ?? 'stop' });
        count(end?.tokens);
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
