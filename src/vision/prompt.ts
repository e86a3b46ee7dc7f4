import { Template } from '@huggingface/jinja';
import { toError, WatchwordError } from '../platform/errors.ts';
import type { Message } from './model.ts';
import type { ModelPackage } from './package.ts';
import type { TextTokenizer } from './tokenizer.ts';

/** A message as chat templates see it: pictures are places, not bytes. */
export interface TemplateMessage {
  readonly role: Message['role'];
  readonly content: ReadonlyArray<{ type: 'text'; text: string } | { type: 'image' }>;
}

/** Renders a package's chat template, ending where the assistant is to speak. */
export function createPromptWriter(
  files: Pick<ModelPackage, 'dir' | 'chatTemplate' | 'tokenizerConfig'>,
): (messages: readonly TemplateMessage[]) => string {
  const special: Record<string, unknown> = {};
  for (const [name, token] of Object.entries(files.tokenizerConfig)) {
    if (!name.endsWith('_token')) continue;
    special[name] = typeof token === 'object' && token !== null && 'content' in token ? token.content : token;
  }
  let template: Template;
  try {
    template = new Template(files.chatTemplate);
  } catch (error) {
    throw new WatchwordError('corrupt', `the chat template cannot be read: ${toError(error).message}`, {
      where: files.dir,
      cause: error,
    });
  }
  return (messages) => {
    try {
      return template.render({ ...special, messages, add_generation_prompt: true });
    } catch (error) {
      throw new WatchwordError('invalid-input', `the chat template refuses these messages: ${toError(error).message}`, {
        hint: 'Let user and assistant take turns, beginning with the user',
        cause: error,
      });
    }
  };
}

/** One question about one picture, the picture first. */
export function questionMessages(text: string): TemplateMessage[] {
  return [{ role: 'user', content: [{ type: 'image' }, { type: 'text', text }] }];
}

/** One question about several pictures, with the words around them. */
export function seriesMessages(texts: readonly string[], text: string): TemplateMessage[] {
  const pictures = texts.slice(0, -1).flatMap((before) => [{ type: 'text', text: before } as const, IMAGE]);
  return [{ role: 'user', content: [...pictures, { type: 'text', text: `${texts.at(-1) ?? ''}${text}` }] }];
}

const IMAGE = { type: 'image' } as const;

export interface PromptTokens {
  readonly ids: readonly number[];
  /** Where the prompt's last picture block ends: what stands before is shared by every question about the picture. */
  readonly prefixLength: number;
  /** Where each picture block ends. */
  readonly ends: readonly number[];
}

/**
 * A rendered prompt as tokens, each picture's place replaced by its block. The place is one special token, so the text
 * around it and the block itself split into the same tokens as the whole expanded text would.
 */
export function expandPrompt(
  prompt: string,
  blocks: ReadonlyArray<readonly number[]>,
  place: { token: string; id: number },
  tokenizer: TextTokenizer,
): PromptTokens {
  const ids: number[] = [];
  const ends: number[] = [];
  let next = 0;
  for (const id of tokenizer.encodePrompt(prompt)) {
    const block = id === place.id ? blocks[next++] : undefined;
    if (!block) {
      ids.push(id);
      continue;
    }
    for (const token of block) ids.push(token);
    ends.push(ids.length);
  }
  if (next !== blocks.length) {
    throw new WatchwordError(
      'invalid-input',
      `the prompt has ${next} places "${place.token}" for ${blocks.length} pictures`,
      {
        hint: `Do not write ${place.token} in a question; pictures are given separately`,
      },
    );
  }
  return { ids, prefixLength: ends.at(-1) ?? 0, ends };
}
