import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { decoder, embedTokens, imageTokens, type ShapeDtype, type ShapeSizes, visionEncoder } from './graphs.ts';
import { ANSWER_FORM, QUESTIONS } from './questions.ts';
import { addedTokens, CHAT_TEMPLATE, shapeTokenizer, TOKEN, VOCABULARY } from './tokenizer.ts';

/** SmolVLM-256M: SigLIP base at 512 pixels, SmolLM2-135M. */
const SMOLVLM_256M: ShapeSizes = {
  picture: 512,
  patch: 16,
  vision: { width: 768, layers: 12, heads: 12, inner: 3072 },
  shuffle: 4,
  text: { width: 576, layers: 30, heads: 9, kvHeads: 3, inner: 1536 },
  vocabulary: VOCABULARY,
};

/** SmolVLM2-500M: the same encoder, SmolLM2-360M. */
const SMOLVLM_500M: ShapeSizes = {
  ...SMOLVLM_256M,
  text: { width: 960, layers: 32, heads: 15, kvHeads: 5, inner: 2560 },
};

/** The same family small enough for a test: seconds to make and to run. */
const SMALL: ShapeSizes = {
  picture: 64,
  patch: 16,
  vision: { width: 48, layers: 2, heads: 3, inner: 96 },
  shuffle: 2,
  text: { width: 64, layers: 2, heads: 4, kvHeads: 2, inner: 96 },
  vocabulary: VOCABULARY,
};

export const SHAPES = {
  'smolvlm-256m-shape': SMOLVLM_256M,
  'smolvlm-500m-shape': SMOLVLM_500M,
  'small-shape': SMALL,
} as const;
export type ShapeName = keyof typeof SHAPES;

const SUFFIX: Readonly<Record<ShapeDtype, string>> = { fp32: '', q8: '_quantized', q4: '_q4' };

/** Goes up when what is written changes, so that an old cache is not taken for it. */
const REVISION = 1;
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/watchword/shapes', import.meta.url));

/**
 * The folder of a checkpoint with published layout and sizes and random weights, made when it is not there yet.
 * Its answers mean nothing; what it costs is what the published model costs.
 */
export function shapeCheckpoint(name: ShapeName, options: { dtype: ShapeDtype; cache?: string }): string {
  const folder = path.join(options.cache ?? CACHE, `r${REVISION}-${options.dtype}`, name);
  if (existsSync(path.join(folder, 'config.json'))) return folder;
  const building = `${folder}.${process.pid}`;
  rmSync(building, { recursive: true, force: true });
  mkdirSync(path.join(building, 'onnx'), { recursive: true });
  const sizes = SHAPES[name];
  // A published q4 package is run with an int8 encoder and table: only its decoder is made.
  const besides = options.dtype === 'q4' ? 'q8' : options.dtype;
  const save = (file: string, dtype: ShapeDtype, graph: { save(file: string): void }): void =>
    graph.save(path.join(building, 'onnx', `${file}${SUFFIX[dtype]}.onnx`));
  save('vision_encoder', besides, visionEncoder(sizes, besides));
  save('embed_tokens', besides, embedTokens(sizes, besides));
  save('decoder_model_merged', options.dtype, decoder(sizes, options.dtype));
  for (const [file, content] of Object.entries(settingsFiles(sizes))) {
    writeFileSync(path.join(building, file), JSON.stringify(content));
  }
  // Another process may have made it meanwhile: its folder is as good.
  if (existsSync(folder)) rmSync(building, { recursive: true, force: true });
  else renameSync(building, folder);
  return folder;
}

function settingsFiles(sizes: ShapeSizes): Record<string, unknown> {
  return {
    'config.json': modelSettings(sizes),
    'generation_config.json': {
      bos_token_id: TOKEN.start,
      eos_token_id: TOKEN.endOfUtterance,
      pad_token_id: TOKEN.end,
    },
    'preprocessor_config.json': pictureSettings(sizes),
    'processor_config.json': { image_seq_len: imageTokens(sizes), processor_class: 'SmolVLMProcessor' },
    'chat_template.json': { chat_template: CHAT_TEMPLATE },
    'tokenizer.json': shapeTokenizer(['User: Assistant:', ...QUESTIONS, ` ${ANSWER_FORM}`]),
    'tokenizer_config.json': tokenizerSettings(),
  };
}

function modelSettings(sizes: ShapeSizes): unknown {
  const { text, vision } = sizes;
  return {
    architectures: ['SmolVLMForConditionalGeneration'],
    model_type: 'smolvlm',
    image_token_id: TOKEN.image,
    pad_token_id: TOKEN.end,
    scale_factor: sizes.shuffle,
    tie_word_embeddings: false,
    vocab_size: sizes.vocabulary,
    text_config: {
      model_type: 'llama',
      architectures: ['VLlama3ForCausalLM'],
      hidden_size: text.width,
      intermediate_size: text.inner,
      num_hidden_layers: text.layers,
      num_attention_heads: text.heads,
      num_key_value_heads: text.kvHeads,
      head_dim: text.width / text.heads,
      vocab_size: sizes.vocabulary,
      max_position_embeddings: 2048,
      bos_token_id: TOKEN.start,
      eos_token_id: TOKEN.endOfUtterance,
      pad_token_id: TOKEN.end,
    },
    vision_config: {
      model_type: 'smolvlm_vision',
      hidden_size: vision.width,
      image_size: sizes.picture,
      patch_size: sizes.patch,
      num_hidden_layers: vision.layers,
      num_attention_heads: vision.heads,
      intermediate_size: vision.inner,
      max_image_size: { longest_edge: sizes.picture },
      size: { longest_edge: sizes.picture * 4 },
    },
  };
}

function pictureSettings(sizes: ShapeSizes): unknown {
  return {
    image_processor_type: 'SmolVLMImageProcessor',
    processor_class: 'SmolVLMProcessor',
    do_convert_rgb: true,
    do_image_splitting: true,
    do_normalize: true,
    do_pad: true,
    do_rescale: true,
    do_resize: true,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
    max_image_size: { longest_edge: sizes.picture },
    resample: 1,
    rescale_factor: 1 / 255,
    size: { longest_edge: sizes.picture * 4 },
  };
}

function tokenizerSettings(): unknown {
  const decoderEntries = addedTokens().map(({ id, ...token }) => [id, token]);
  return {
    tokenizer_class: 'GPT2Tokenizer',
    processor_class: 'SmolVLMProcessor',
    add_prefix_space: false,
    added_tokens_decoder: Object.fromEntries(decoderEntries),
    additional_special_tokens: ['<fake_token_around_image>', '<image>', '<end_of_utterance>'],
    bos_token: '<|im_start|>',
    eos_token: '<end_of_utterance>',
    pad_token: '<|im_end|>',
    unk_token: '<|endoftext|>',
    chat_template: CHAT_TEMPLATE,
    clean_up_tokenization_spaces: false,
    model_max_length: 2048,
  };
}
