import { Tokenizer } from '@huggingface/tokenizers';
import { toError, WatchwordError } from '../platform/errors.ts';
import type { ModelPackage } from './package.ts';

export interface TextTokenizer {
  /** With the tokens that the tokenizer itself adds around a text, as published processors call it. */
  encodePrompt(text: string): number[];
  /** The words alone. */
  encode(text: string): number[];
  /** `special` keeps special tokens in the text. */
  decode(ids: readonly number[], special?: boolean): string;
  idOf(token: string): number | undefined;
  tokenOf(id: number): string | undefined;
}

export function createTokenizer(files: Pick<ModelPackage, 'dir' | 'tokenizer' | 'tokenizerConfig'>): TextTokenizer {
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(files.tokenizer, files.tokenizerConfig);
  } catch (error) {
    throw new WatchwordError('corrupt', `tokenizer.json cannot be used: ${toError(error).message}`, {
      where: files.dir,
      hint: 'Compare it with the published package',
      cause: error,
    });
  }
  return {
    encodePrompt: (text) => tokenizer.encode(text).ids,
    encode: (text) => (text === '' ? [] : tokenizer.encode(text, { add_special_tokens: false }).ids),
    decode: (ids, special = false) =>
      ids.length === 0
        ? ''
        : tokenizer.decode([...ids], { skip_special_tokens: !special, clean_up_tokenization_spaces: false }),
    idOf: (token) => tokenizer.token_to_id(token),
    tokenOf: (id) => tokenizer.id_to_token(id),
  };
}

export interface AnswerTokens {
  readonly yes: readonly number[];
  readonly no: readonly number[];
}

/**
 * The tokens that count as yes and as no: each spelling, with and without a leading space, that is one token of this
 * tokenizer. Capitals only (`YES`) are left out: models answer so seldom that the reference values leave them out too.
 */
export function findAnswerTokens(tokenizer: TextTokenizer): AnswerTokens {
  const single = (words: readonly string[]): number[] => {
    const ids = words.map((word) => tokenizer.encode(word)).filter((encoded) => encoded.length === 1);
    return [...new Set(ids.flat())];
  };
  const tokens = { yes: single(['Yes', 'yes', ' Yes', ' yes']), no: single(['No', 'no', ' No', ' no']) };
  if (tokens.yes.length === 0 || tokens.no.length === 0) {
    throw new WatchwordError('unsupported', 'the tokenizer has no single token for "Yes" or for "No"', {
      hint: 'Use another model package: scores are read from these tokens',
    });
  }
  return tokens;
}
