import { z } from 'zod';
import { WatchwordError } from '../platform/errors.ts';
import type { Answer, GenerationEnd, Message, TokenCounts } from '../vision/model.ts';

/** The box's own model for other programs, behind the cameras' questions. Rejects with `too-many` and `timeout` when it is busy. */
export interface ChatDesk {
  /** P(yes) of a question about a picture, the words as they are, and how much of the vocabulary yes and no hold together. */
  score(picture: Uint8Array, question: string, signal: AbortSignal): Promise<FirstWord>;
  /** Greedy words as they come; then how they ended, where the model tells. */
  generate(
    messages: readonly Message[],
    maxTokens: number,
    tell: (words: string) => void,
    signal: AbortSignal,
  ): Promise<GenerationEnd | undefined>;
}

export type FirstWord = Pick<Answer, 'score' | 'mass' | 'promptTokens'>;

/** Stands before a camera's id where the address of a picture is expected, so that any client can send it. */
const CAMERA = 'camera:';
const MOST_TOKENS = 512;
const DEFAULT_TOKENS = 64;
const MOST_MESSAGES = 100;
const LONGEST_TEXT = 20_000;

const partSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string().max(LONGEST_TEXT) }),
  z.object({ type: z.literal('image_url'), image_url: z.union([z.string(), z.object({ url: z.string() })]) }),
]);

/** What is read of a request; what else the protocol has and would change the answer is refused by name. */
const requestSchema = z.looseObject({
  model: z.string().optional(),
  messages: z
    .array(
      z.object({
        role: z.enum(['system', 'user', 'assistant']),
        content: z.union([z.string().max(LONGEST_TEXT), z.array(partSchema).max(32)]),
      }),
    )
    .min(1)
    .max(MOST_MESSAGES),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  n: z.int().nullish(),
});

export interface ChatRequest {
  readonly messages: readonly Message[];
  readonly maxTokens: number;
  readonly stream: boolean;
  /** Whether a stream ends with the count of its tokens; a whole answer always holds it. */
  readonly countsTokens: boolean;
  /** Present when the first token's chances are asked for: what about. */
  readonly scored: { readonly picture: Uint8Array; readonly question: string; readonly top: number } | undefined;
}

/**
 * Reads a chat completion request. `pictureOfCamera` gives what a camera shows. Throws `invalid-input` with what is supported,
 * `not-found` for another model, and what `pictureOfCamera` throws.
 */
export function readChatRequest(
  body: unknown,
  model: string,
  pictureOfCamera: (cameraId: string) => Uint8Array,
): ChatRequest {
  const parsed = requestSchema.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new WatchwordError('invalid-input', `"${issue?.path.join('.')}": ${issue?.message}`);
  }
  const request = parsed.data;
  if (request.model && request.model !== model) {
    throw new WatchwordError('not-found', 'this box has no such model', { hint: `It has ${model}` });
  }
  for (const name of ['tools', 'functions', 'response_format', 'logit_bias', 'stop', 'audio'])
    if (!isAsUsual(request[name])) throw new WatchwordError('invalid-input', `"${name}" is not supported`);
  if ((request.n ?? 1) !== 1) throw new WatchwordError('invalid-input', '"n" must be 1');
  const messages = request.messages.map(
    ({ role, content }): Message => ({
      role,
      content:
        typeof content === 'string'
          ? [{ type: 'text', text: content }]
          : content.map((part) =>
              part.type === 'text'
                ? part
                : {
                    type: 'image',
                    picture: pictureOf(
                      typeof part.image_url === 'string' ? part.image_url : part.image_url.url,
                      pictureOfCamera,
                    ),
                  },
            ),
    }),
  );
  const wanted = request.max_completion_tokens ?? request.max_tokens ?? DEFAULT_TOKENS;
  const scored = request.logprobs ? scoredOf(messages, wanted, request.top_logprobs ?? 0) : undefined;
  return {
    ...{ messages, scored, maxTokens: Math.min(wanted, MOST_TOKENS), stream: request.stream ?? false },
    countsTokens: request.stream_options?.include_usage ?? false,
  };
}

/** Left out, or what it would be if it were. */
function isAsUsual(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === 'object' && 'type' in value && value.type === 'text';
}

/** Chances are known of yes and no, as the first word about one picture. */
function scoredOf(messages: readonly Message[], maxTokens: number, top: number): ChatRequest['scored'] {
  const [message] = messages;
  const [image, text] = message?.content ?? [];
  const one = messages.length === 1 && message?.role === 'user' && message.content.length === 2;
  if (one && maxTokens === 1 && image?.type === 'image' && text?.type === 'text')
    return { picture: image.picture, question: text.text, top };
  throw new WatchwordError('invalid-input', '"logprobs" are given for one token about one picture', {
    hint: 'Send one user message, the picture first and then the question, with max_tokens: 1',
  });
}

/** Pictures come inside the request or from a camera of this box: it fetches no addresses for others. */
function pictureOf(url: string, pictureOfCamera: (cameraId: string) => Uint8Array): Uint8Array {
  if (url.startsWith(CAMERA)) return pictureOfCamera(url.slice(CAMERA.length));
  const base64 = /^data:image\/[a-z0-9.+-]+;base64,([A-Za-z0-9+/]+={0,2})$/.exec(url)?.[1];
  if (base64 !== undefined) return Buffer.from(base64, 'base64');
  throw new WatchwordError('invalid-input', 'a picture must be a data URL or a camera', {
    hint: 'Write data:image/jpeg;base64, and the picture in Base64, or camera: and the id of a camera',
  });
}

/**
 * A first token in the protocol's words, with at most `most` alternatives. The two entries hold what the two groups hold of the vocabulary; the token said is
 * the likelier word where yes and no hold more than half, else none: then the model would have said something else.
 */
export function firstToken(
  { score, mass }: Pick<FirstWord, 'score' | 'mass'>,
  most: number,
): { content: string; logprobs: { content: unknown[]; refusal: null } } {
  const chance = (token: string, share: number) => ({
    token,
    logprob: share > 0 ? Math.max(Math.log(share), NEVER) : NEVER,
    bytes: [...Buffer.from(token)],
  });
  const top = [chance('Yes', score * mass), chance('No', (1 - score) * mass)];
  if (score < 0.5) top.reverse();
  const said = mass > 0.5 ? (top[0] ?? chance('', 0)) : chance('', 1 - mass);
  return { content: said.token, logprobs: { content: [{ ...said, top_logprobs: top.slice(0, most) }], refusal: null } };
}

/** Tokens in the protocol's words. */
export function usageOf({ prompt, completion }: TokenCounts): Record<string, number> {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
}

/** As the protocol writes a chance that is none. */
const NEVER = -9999;
