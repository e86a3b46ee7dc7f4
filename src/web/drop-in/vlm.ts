import { Hono } from 'hono';
import { z } from 'zod';
import { kindOf, toError } from '../../platform/errors.ts';
import { maskSecrets } from '../../platform/secrets.ts';
import { pictureOfCamera } from '../camera-picture.ts';
import { readChatRequest } from '../chat.ts';
import { AlertFeed } from './alert-feed.ts';
import { Alerts, MOST_ALERTS } from './alerts.ts';
import { readJson } from './body.ts';
import type { DropInParts, Service } from './drop-in.ts';
import type { DropInDeps } from './drop-in-deps.ts';
import { type DropInContext, type DropInEnv, identityOf, Refusal } from './gate.ts';
import { listening } from './listening.ts';
import type { VlmSettings } from './settings.ts';

const LOADING = 'VLM Model is still loading. Please try again later.';
const DEFAULT_TOKENS = 128;

const streamSchema = z.object({
  liveStreamUrl: z.string().max(1_000),
  description: z.string().max(1_000).nullish(),
});

const alertsSchema = z.object({
  alerts: z.array(z.string().max(100)).max(MOST_ALERTS),
  id: z.string().max(100).nullish(),
});

const partSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string().max(20_000) }),
  z.object({ type: z.literal('image_url'), image_url: z.object({ url: z.string() }) }),
  z.object({ type: z.literal('stream'), stream: z.object({ stream_id: z.string().max(1_000) }) }),
]);

const tokens = z.int().min(1).max(4_096).nullish();
const chatSchema = z.object({
  messages: z
    .array(
      z.object({ role: z.enum(['system', 'user', 'assistant']), content: z.union([z.string(), z.array(partSchema)]) }),
    )
    .min(1)
    .max(100),
  max_tokens: tokens,
  /** Taken and not used: a model of this box ends where it is done. */
  min_tokens: tokens,
});

/** The REST and WebSocket API of the Jetson VLM service, on the cameras, rules and model of this box. */
export function vlmService({ deps, gate, slots, auth }: DropInParts, settings: VlmSettings): Service {
  const alerts = new Alerts(deps, slots);
  const feed = new AlertFeed({ ...deps, alerts, cooldownMs: settings.alertCooldownMs });
  const unsubscribe = deps.subscribe((change) => {
    if (change.kind === 'state') feed.judged(change.ruleId, change.cameraId);
  });
  const chat = (c: DropInContext): Promise<Response> => answer(c, deps, alerts);
  const routes = new Hono<DropInEnv>()
    .get('/api/v1/health/ready', (c) => {
      if (!deps.ready() || !deps.model()) throw new Refusal(503, LOADING);
      return c.json({ detail: 'healthy' });
    })
    .get('/api/v1/live-stream', gate('viewer'), (c) =>
      c.json(deps.streams.list().map(({ id, url, description }) => ({ id, liveStreamUrl: url, description }))),
    )
    .post('/api/v1/live-stream', gate('operator'), async (c) => {
      const { liveStreamUrl, description } = await readJson(c, streamSchema);
      if (!/^rtsps?:\/\//.test(liveStreamUrl)) throw new Refusal(400, 'liveStreamUrl must begin with rtsp://');
      const by = identityOf(c).name;
      return c.json({ id: await add(deps, [liveStreamUrl, description ?? '', settings.maxStreams, by]) });
    })
    .delete('/api/v1/live-stream/:id', gate('operator'), async (c) => {
      const id = c.req.param('id').slice(0, 100);
      const stream = deps.streams.list().find((each) => each.id === id);
      if (!stream) throw new Refusal(422, `Stream ID ${id} does not exist. No stream removed.`);
      const by = identityOf(c).name;
      await alerts.set([stream.cameraId], [], by);
      await deps.streams.remove(id, by);
      return c.json({ detail: 'Stream removed successfully' });
    })
    .post('/api/v1/alerts', gate('operator'), async (c) => {
      const { alerts: sentences, id } = await readJson(c, alertsSchema);
      await alerts.set(camerasFor(id ?? '', deps, alerts), sentences, identityOf(c).name);
      return c.json({ detail: 'Alert rules set' });
    })
    // The specification has the plural, the page about it the singular.
    .post('/api/v1/chat/completions', gate('viewer'), chat)
    .post('/api/v1/chat/completion', gate('viewer'), chat)
    .get('/metrics', gate('viewer'), (c) => c.text(alerts.metrics()))
    .get('/api/v1/alerts/ws', gate('viewer'), listening(feed.audience, auth));
  return {
    routes,
    prefixes: ['/', '/vlm', '/ws-vlm'],
    close() {
      unsubscribe();
      feed.audience.close();
    },
  };
}

async function add({ streams }: DropInDeps, stream: Parameters<DropInDeps['streams']['add']>): Promise<string> {
  try {
    return (await streams.add(...stream)).id;
  } catch (error) {
    const why = maskSecrets(toError(error).message);
    switch (kindOf(error)) {
      case 'too-many':
        throw new Refusal(422, 'Stream Maximum reached. Remove a stream first to add another.');
      case 'invalid-input':
        throw new Refusal(400, why);
      case 'unavailable':
        throw new Refusal(422, `Failed to add stream. ${why}`);
      default:
        throw error;
    }
  }
}

/** No id means all streams that were added. */
function camerasFor(id: string, { streams }: DropInDeps, alerts: Alerts): string[] {
  if (id !== '') {
    const cameraId = alerts.cameraOf(id);
    if (cameraId !== undefined) return [cameraId];
    throw new Refusal(422, `Stream ID ${id} does not exist.`);
  }
  const all = streams.list().map(({ cameraId }) => cameraId);
  if (all.length > 0) return all;
  throw new Refusal(422, 'No stream has been added.');
}

/** A chat about pictures, streams and cameras. Unlike with the original, alerts go on meanwhile and stay. */
async function answer(c: DropInContext, deps: DropInDeps, alerts: Alerts): Promise<Response> {
  const { messages, max_tokens } = await readJson(c, chatSchema);
  const model = deps.model();
  if (!deps.chat || !model) throw new Refusal(503, LOADING);
  const named = (streamId: string): string => {
    const cameraId = alerts.cameraOf(streamId);
    if (cameraId !== undefined) return `camera:${cameraId}`;
    throw new Refusal(422, `Stream ID ${streamId.slice(0, 100)} does not exist.`);
  };
  const asked = messages.map(({ role, content }) => {
    if (typeof content === 'string') return { role, content };
    const parts = content.map((part) =>
      part.type === 'stream' ? { type: 'image_url', image_url: { url: named(part.stream.stream_id) } } : part,
    );
    return { role, content: parts };
  });
  const body = { messages: asked, max_tokens: max_tokens ?? DEFAULT_TOKENS };
  const request = readChatRequest(body, model.name, (id) => pictureOfCamera(deps.cameras, id));
  let content = '';
  await deps.chat.generate(request.messages, request.maxTokens, (words) => (content += words), c.req.raw.signal);
  return c.json({ choices: [{ index: 0, message: { role: 'assistant', content } }] });
}
