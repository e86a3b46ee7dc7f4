import sharp from 'sharp';
import { z } from 'zod';
import type { LookOptions, Message, TokenCounts } from '../model.ts';
import { decodePicture } from '../picture.ts';
import { ALONE, plainSeries, secondsOf, withExamples } from '../series.ts';
import type { TokenChance } from './answer-reading.ts';
import { notAChat } from './chat-client.ts';
import { tokensOf } from './usage.ts';

/** A message as the protocol has it. */
export interface ChatMessage {
  readonly role: Message['role'];
  readonly content: ReadonlyArray<
    { type: 'text'; text: string } | { type: 'image_url'; image_url: { readonly url: string } }
  >;
}

/** What stands before a question: a picture, or several with the words around them. */
export type Shown = ChatMessage['content'];

/** A picture, or several of one camera with when they were taken, examples first. Throws as `dataUrl` does. */
export async function shown(
  picture: Uint8Array,
  { earlier = [], examples = [] }: Pick<LookOptions, 'earlier' | 'examples'> = {},
): Promise<Shown> {
  const part = async (file: Uint8Array) => ({ type: 'image_url', image_url: { url: await dataUrl(file) } }) as const;
  if (earlier.length + examples.length === 0) return [await part(picture)];
  const texts = withExamples(examples, earlier.length > 0 ? plainSeries(secondsOf(earlier)) : ALONE);
  const files = [...[...examples, ...earlier].map((each) => each.picture), picture];
  const parts = await Promise.all(
    files.map(async (file, at) => [{ type: 'text', text: texts[at] ?? '' } as const, await part(file)]),
  );
  return parts.flat();
}

/** A question about what is shown. That comes first, so that a server that keeps prefixes reads it once for all questions. */
export function pictureMessages(pictures: Shown, text: string): ChatMessage[] {
  return [{ role: 'user', content: [...pictures, { type: 'text', text }] }];
}

/** A conversation with its pictures in their places. */
export async function conversation(messages: readonly Message[]): Promise<ChatMessage[]> {
  const translated: ChatMessage[] = [];
  for (const { role, content } of messages) {
    const parts: Array<ChatMessage['content'][number]> = [];
    for (const part of content)
      parts.push(part.type === 'text' ? part : { type: 'image_url', image_url: { url: await dataUrl(part.picture) } });
    translated.push({ role, content: parts });
  }
  return translated;
}

/**
 * A picture as servers take it: JPEG and PNG go as they are, everything else as JPEG. Throws `invalid-input` for what is no
 * picture or a damaged one, which a server would answer with words about something else.
 */
export async function dataUrl(picture: Uint8Array): Promise<string> {
  const { width, height, pixels } = await decodePicture(picture);
  const type = picture[0] === 0xff ? 'jpeg' : picture[0] === 0x89 ? 'png' : undefined;
  if (type) return `data:image/${type};base64,${asBase64(picture)}`;
  const jpeg = await sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer();
  return `data:image/jpeg;base64,${asBase64(jpeg)}`;
}

function asBase64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

const chanceSchema = z.object({ token: z.string(), logprob: z.number().nullish() });
const choiceSchema = z.object({
  message: z.object({ content: z.string().nullish() }).nullish(),
  delta: z.object({ content: z.string().nullish() }).nullish(),
  logprobs: z
    .object({ content: z.array(chanceSchema.extend({ top_logprobs: z.array(chanceSchema).nullish() })).nullish() })
    .nullish(),
  finish_reason: z.string().nullish(),
});
const replySchema = z.object({ choices: z.array(choiceSchema) });

export interface Reply {
  readonly text: string;
  /** The likeliest first tokens; undefined where the server does not tell them. */
  readonly chances: readonly TokenChance[] | undefined;
  /** It ends here because no more tokens were allowed. */
  readonly cut: boolean;
  /** undefined where the server does not count, or in another event. */
  readonly tokens: TokenCounts | undefined;
}

/** Throws `unsupported` for what is no chat completion. */
export function readReply(answer: unknown, where: string): Reply {
  const parsed = replySchema.safeParse(answer);
  const choice = parsed.data?.choices[0];
  if (!choice) throw notAChat(where);
  const [first] = choice.logprobs?.content ?? [];
  const known = (chances: ReadonlyArray<z.output<typeof chanceSchema>>): TokenChance[] =>
    chances.flatMap(({ token, logprob }) => (typeof logprob === 'number' ? [{ token, logprob }] : []));
  const listed = known(first?.top_logprobs ?? []);
  // What was said can be missing in the list when the server drew it at random.
  const said = first && !listed.some(({ token }) => token === first.token) ? known([first]) : [];
  return {
    text: choice.message?.content ?? choice.delta?.content ?? '',
    chances: listed.length > 0 ? [...listed, ...said] : undefined,
    cut: choice.finish_reason === 'length',
    tokens: tokensOf(answer),
  };
}
