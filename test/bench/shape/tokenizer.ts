/** Special tokens at the ids of the published SmolVLM tokenizers (SmolLM2's 49,152 entries, then the pictures' tokens). */
export const TOKEN = {
  endOfText: 0,
  start: 1,
  end: 2,
  globalImage: 49_152,
  firstTile: 49_153,
  aroundImage: 49_189,
  image: 49_190,
  firstReserved: 49_191,
  endOfUtterance: 49_279,
} as const;

const WORD_ENTRIES = TOKEN.globalImage;
export const VOCABULARY = TOKEN.endOfUtterance + 1;

export const CHAT_TEMPLATE =
  "<|im_start|>{% for message in messages %}{{message['role'] | capitalize}}{% if message['content'][0]['type'] == 'image' %}{{':'}}{% else %}{{': '}}{% endif %}{% for line in message['content'] %}{% if line['type'] == 'text' %}{{line['text']}}{% elif line['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}<end_of_utterance>\n{% endfor %}{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}";

const SPECIAL_WORDS = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];
const ANSWERS = ['Yes', 'yes', 'No', 'no'];

/**
 * A byte-level BPE tokenizer in which every given word, with and without the space before it, is one token, as the common
 * words of English are in a published vocabulary: prompts get the length that they have there. The rest of the vocabulary is
 * filled with entries that no text reaches.
 */
export function shapeTokenizer(texts: readonly string[]): unknown {
  const alphabet = byteAlphabet();
  const vocabulary = new Map<string, number>();
  const add = (entry: string): void => void (vocabulary.has(entry) || vocabulary.set(entry, vocabulary.size));
  for (const entry of [...SPECIAL_WORDS, ...alphabet]) add(entry);
  const merges: Array<[string, string]> = [];
  const ranks = new Map<string, number>();
  for (const word of wordsOf([...texts, ...ANSWERS.flatMap((answer) => [answer, ` ${answer}`])])) {
    const letters = [...Buffer.from(word, 'utf8')].map((byte) => alphabet[byte] ?? '');
    for (let pieces = mergeAll(letters, ranks); pieces.length > 1; pieces = mergeAll(letters, ranks)) {
      const [left = '', right = ''] = pieces;
      ranks.set(`${left} ${right}`, merges.length);
      merges.push([left, right]);
      add(left + right);
    }
  }
  while (vocabulary.size < WORD_ENTRIES) add(`<filler_${vocabulary.size}>`);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(),
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Digits', individual_digits: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(vocabulary),
      merges,
    },
  };
}

/** Every word of the texts, as GPT-2's pattern cuts them: with the space before it where there is one. */
function wordsOf(texts: readonly string[]): Set<string> {
  return new Set(texts.flatMap((text) => text.match(/ ?\p{L}+| ?[^\s\p{L}\p{N}]+/gu) ?? []));
}

/** Plain BPE: the lowest rank first, everywhere, until no pair has a rank. */
function mergeAll(letters: readonly string[], ranks: ReadonlyMap<string, number>): string[] {
  let pieces = [...letters];
  for (;;) {
    let best = Number.POSITIVE_INFINITY;
    for (let at = 0; at + 1 < pieces.length; at++) {
      best = Math.min(best, ranks.get(`${pieces[at]} ${pieces[at + 1]}`) ?? best);
    }
    if (best === Number.POSITIVE_INFINITY) return pieces;
    const merged: string[] = [];
    for (let at = 0; at < pieces.length; at++) {
      const pair = `${pieces[at]} ${pieces[at + 1]}`;
      const joins = at + 1 < pieces.length && ranks.get(pair) === best;
      merged.push(joins ? `${pieces[at]}${pieces[++at]}` : (pieces[at] ?? ''));
    }
    pieces = merged;
  }
}

/** GPT-2's bytes as visible characters: printable ones stand for themselves, the others from U+0100 on. */
function byteAlphabet(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    return String.fromCharCode(printable ? byte : next++);
  });
}

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word: false;
  readonly lstrip: false;
  readonly rstrip: false;
  readonly normalized: false;
  readonly special: true;
}

export function addedTokens(): AddedToken[] {
  const contents: Array<[id: number, content: string]> = SPECIAL_WORDS.map((word, id) => [id, word]);
  contents.push([TOKEN.globalImage, '<global-img>']);
  for (let tile = 0; tile < 36; tile++) {
    contents.push([TOKEN.firstTile + tile, `<row_${Math.floor(tile / 6) + 1}_col_${(tile % 6) + 1}>`]);
  }
  contents.push([TOKEN.aroundImage, '<fake_token_around_image>'], [TOKEN.image, '<image>']);
  for (let id: number = TOKEN.firstReserved; id < TOKEN.endOfUtterance; id++) {
    contents.push([id, `<|reserved_special_token_${id - TOKEN.firstReserved}|>`]);
  }
  contents.push([TOKEN.endOfUtterance, '<end_of_utterance>']);
  return contents.map(([id, content]) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
}
