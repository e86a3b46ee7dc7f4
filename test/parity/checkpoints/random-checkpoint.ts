import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CONV_LENGTH, gemma3Decoder, LFM2_LAYERS, lfm2Decoder, qwenDecoder, SECTIONS } from './language-models.ts';
import { embedder, type Net, TEXT } from './net.ts';
import { filledEncoder, patchEncoder, squareEncoder } from './vision-encoders.ts';

/** A byte-level tokenizer of 512 entries, the words of the questions among them; each family gets its own special tokens. */
const TOKENIZER = fileURLToPath(new URL('../../fixtures/golden/qwen2vl-random/tokenizer.json', import.meta.url));

/** One kind of published checkpoint: its files, with sizes made small. */
interface Recipe {
  /** Special tokens by number, from the end of the words on. */
  readonly tokens: readonly string[];
  readonly config: (id: (token: string) => number, vocabulary: number) => Record<string, unknown>;
  readonly preprocessor: Record<string, unknown>;
  readonly processor: Record<string, unknown>;
  readonly tokenizer: Record<string, unknown>;
  readonly template: string;
  readonly encoder: () => Net;
  readonly decoder: (vocabulary: number) => Net;
  /** The tokenizer begins every text with this one. */
  readonly start?: string;
}

const TEXT_SETTINGS = {
  hidden_size: TEXT.width,
  intermediate_size: TEXT.inner,
  num_attention_heads: TEXT.heads,
  num_key_value_heads: TEXT.kvHeads,
  head_dim: TEXT.headWidth,
  max_position_embeddings: 1024,
};
const HALVES = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };
const PIXELS = { do_resize: true, do_rescale: true, do_normalize: true, rescale_factor: 1 / 255 };

/** As published ones: a turn begins with a token and the role, and pictures stand where they are. */
const turns = (begin: string, end: string, image: string, first = ''): string =>
  `${first}{% for message in messages %}${begin}{{ message['role'] }}\n{% for part in message['content'] %}{% if part['type'] == 'image' %}${image}{% else %}{{ part['text'] }}{% endif %}{% endfor %}${end}\n{% endfor %}{% if add_generation_prompt %}${begin}assistant\n{% endif %}`;

const gemma3 = (positions: boolean): Recipe => ({
  tokens: [
    '<bos>',
    '<eos>',
    '<pad>',
    '<start_of_turn>',
    '<end_of_turn>',
    '<start_of_image>',
    '<end_of_image>',
    '<image_soft_token>',
  ],
  config: (id, vocabulary) => ({
    model_type: 'gemma3',
    architectures: ['Gemma3ForConditionalGeneration'],
    image_token_index: id('<image_soft_token>'),
    boi_token_index: id('<start_of_image>'),
    eoi_token_index: id('<end_of_image>'),
    eos_token_id: [id('<eos>'), id('<end_of_turn>')],
    mm_tokens_per_image: 16,
    text_config: {
      ...TEXT_SETTINGS,
      model_type: 'gemma3_text',
      num_hidden_layers: 4,
      sliding_window: 24,
      vocab_size: vocabulary,
    },
    vision_config: { model_type: 'siglip_vision_model', image_size: 64, patch_size: 16 },
  }),
  preprocessor: {
    ...PIXELS,
    ...HALVES,
    image_processor_type: 'Gemma3ImageProcessor',
    resample: 2,
    size: { height: 64, width: 64 },
  },
  processor: { image_seq_length: 16, processor_class: 'Gemma3Processor' },
  tokenizer: {
    boi_token: '<start_of_image>',
    eoi_token: '<end_of_image>',
    image_token: '<image_soft_token>',
    bos_token: '<bos>',
    eos_token: '<eos>',
    pad_token: '<pad>',
  },
  template: turns('<start_of_turn>', '<end_of_turn>', '<start_of_image>', '{{ bos_token }}'),
  encoder: () => squareEncoder(64, 4),
  decoder: (vocabulary) => gemma3Decoder(vocabulary, { positions }),
  start: '<bos>',
});

const TILE_TOKENS = Array.from({ length: 16 }, (_, at) => `<|img_row_${(at >> 2) + 1}_col_${(at % 4) + 1}|>`);

const RECIPES: Record<string, Recipe> = {
  'gemma3-random': gemma3(false),
  'gemma3-positions-random': gemma3(true),
  'lfm2vl-random': {
    tokens: [
      '<|startoftext|>',
      '<|pad|>',
      '<|im_start|>',
      '<|im_end|>',
      '<image>',
      '<|image_start|>',
      '<|image_end|>',
      '<|img_thumbnail|>',
      ...TILE_TOKENS,
    ],
    config: (id, vocabulary) => ({
      model_type: 'lfm2_vl',
      architectures: ['Lfm2VlForConditionalGeneration'],
      image_token_id: id('<image>'),
      eos_token_id: id('<|im_end|>'),
      downsample_factor: 2,
      text_config: {
        ...TEXT_SETTINGS,
        model_type: 'lfm2',
        num_hidden_layers: LFM2_LAYERS.length,
        layer_types: LFM2_LAYERS,
        conv_L_cache: CONV_LENGTH,
        vocab_size: vocabulary,
      },
      vision_config: { model_type: 'siglip2_vision_model', patch_size: 16 },
    }),
    preprocessor: {
      ...PIXELS,
      ...HALVES,
      do_resize: false,
      image_processor_type: 'Lfm2VlImageProcessorFast',
      resample: 2,
      tile_size: 128,
      encoder_patch_size: 16,
      downsample_factor: 2,
      do_image_splitting: true,
      min_tiles: 2,
      max_tiles: 6,
      use_thumbnail: true,
      min_image_tokens: 4,
      max_image_tokens: 16,
      max_num_patches: 64,
      max_pixels_tolerance: 2,
    },
    processor: { processor_class: 'Lfm2VlProcessor', image_token: '<image>' },
    tokenizer: { bos_token: '<|startoftext|>', eos_token: '<|im_end|>', pad_token: '<|pad|>' },
    template: turns('<|im_start|>', '<|im_end|>', '<image>', '{{ bos_token }}'),
    encoder: () => filledEncoder(64, 768),
    decoder: lfm2Decoder,
    start: '<|startoftext|>',
  },
  'qwen25vl-random': {
    tokens: [
      '<|endoftext|>',
      '<|im_start|>',
      '<|im_end|>',
      '<|vision_start|>',
      '<|vision_end|>',
      '<|image_pad|>',
      '<|video_pad|>',
    ],
    config: (id, vocabulary) => ({
      ...TEXT_SETTINGS,
      model_type: 'qwen2_5_vl',
      architectures: ['Qwen2_5_VLForConditionalGeneration'],
      image_token_id: id('<|image_pad|>'),
      video_token_id: id('<|video_pad|>'),
      vision_start_token_id: id('<|vision_start|>'),
      vision_end_token_id: id('<|vision_end|>'),
      eos_token_id: id('<|im_end|>'),
      num_hidden_layers: 2,
      rope_scaling: { type: 'mrope', mrope_section: SECTIONS },
      vocab_size: vocabulary,
      text_config: { ...TEXT_SETTINGS, model_type: 'qwen2_5_vl_text', num_hidden_layers: 2, vocab_size: vocabulary },
      vision_config: {
        model_type: 'qwen2_5_vl',
        patch_size: 14,
        spatial_merge_size: 2,
        temporal_patch_size: 2,
        window_size: 112,
        tokens_per_second: 2,
      },
    }),
    preprocessor: {
      ...PIXELS,
      image_mean: [0.48145466, 0.4578275, 0.40821073],
      image_std: [0.26862954, 0.26130258, 0.27577711],
      image_processor_type: 'Qwen2VLImageProcessor',
      resample: 3,
      min_pixels: 3136,
      max_pixels: 50_176,
      patch_size: 14,
      temporal_patch_size: 2,
      merge_size: 2,
    },
    processor: { processor_class: 'Qwen2_5_VLProcessor' },
    tokenizer: { eos_token: '<|im_end|>', pad_token: '<|endoftext|>' },
    template: turns('<|im_start|>', '<|im_end|>', '<|vision_start|><|image_pad|><|vision_end|>'),
    encoder: () => patchEncoder(1176),
    decoder: qwenDecoder,
  },
};
export const RANDOM_CHECKPOINTS = Object.keys(RECIPES);

/** Writes a checkpoint in published layout with random weights into `folder`. Returns its own folder. */
export function randomCheckpoint(name: string, folder: string): string {
  const recipe = RECIPES[name];
  if (!recipe) throw new Error(`there is no recipe "${name}"`);
  const dir = path.join(folder, name);
  mkdirSync(path.join(dir, 'onnx'), { recursive: true });
  const tokenizer = tokenizerOf(recipe);
  const id = (token: string): number => {
    const found = tokenizer.added_tokens.find(({ content }) => content === token);
    if (!found) throw new Error(`there is no token ${token}`);
    return found.id;
  };
  const vocabulary = Math.max(...tokenizer.added_tokens.map((token) => token.id)) + 1;
  const files = {
    'config.json': recipe.config(id, vocabulary),
    'generation_config.json': {},
    'preprocessor_config.json': { ...recipe.preprocessor, processor_class: recipe.processor.processor_class },
    'processor_config.json': recipe.processor,
    'tokenizer.json': tokenizer,
    'tokenizer_config.json': {
      ...recipe.tokenizer,
      tokenizer_class: 'PreTrainedTokenizerFast',
      clean_up_tokenization_spaces: false,
      chat_template: recipe.template,
    },
  };
  for (const [file, content] of Object.entries(files)) writeFileSync(path.join(dir, file), JSON.stringify(content));
  writeFileSync(path.join(dir, 'chat_template.jinja'), recipe.template);
  const nets = {
    vision_encoder: recipe.encoder(),
    embed_tokens: embedder(vocabulary),
    decoder_model_merged: recipe.decoder(vocabulary),
  };
  for (const [part, net] of Object.entries(nets)) net.graph.save(path.join(dir, 'onnx', `${part}.onnx`));
  return dir;
}

interface AddedToken {
  readonly id: number;
  readonly content: string;
}

interface TokenizerFile {
  readonly added_tokens: AddedToken[];
  readonly model: { vocab: Record<string, number>; merges: unknown[] };
  readonly [more: string]: unknown;
}

/** Runs of line ends become one token, as in published vocabularies: what stands around a picture cannot be cut apart from it. */
function tokenizerOf({ tokens, start }: Recipe): TokenizerFile {
  const file = JSON.parse(readFileSync(TOKENIZER, 'utf8')) as TokenizerFile;
  const { vocab, merges } = file.model;
  const joined = Array.isArray(merges[0]);
  for (const run of [2, 3, 4]) {
    const [left, right] = ['Ċ'.repeat(run - 1), 'Ċ'];
    if (vocab['Ċ'.repeat(run)] !== undefined) continue;
    vocab['Ċ'.repeat(run)] = Math.max(...Object.values(vocab)) + 1;
    merges.push(joined ? [left, right] : `${left} ${right}`);
  }
  const first = Math.max(...Object.values(vocab)) + 1;
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const added = tokens.map((content, at) => ({ id: first + at, content, ...flags }));
  const startId = added.find(({ content }) => content === start)?.id;
  const beginning = {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: start, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: { [start ?? '']: { id: start, ids: [startId], tokens: [start] } },
  };
  return { ...file, added_tokens: added, ...(start !== undefined && { post_processor: beginning }) };
}
