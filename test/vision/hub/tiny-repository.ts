import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUNDLED = fileURLToPath(new URL('../../../models/watchword-tiny', import.meta.url));
const SETTINGS = [
  'config.json',
  'generation_config.json',
  'preprocessor_config.json',
  'processor_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.json',
  'README.md',
];

/** A published repository: the bundled model's files, a precision with weights beside it, and what no box needs. */
export function tinyRepository(): Map<string, Buffer> {
  const files = new Map(SETTINGS.map((name) => [name, readFileSync(join(BUNDLED, name))]));
  for (const name of readdirSync(join(BUNDLED, 'onnx')))
    files.set(`onnx/${name}`, readFileSync(join(BUNDLED, 'onnx', name)));
  for (const part of ['vision_encoder', 'embed_tokens', 'decoder_model_merged']) {
    files.set(`onnx/${part}_q4.onnx`, Buffer.from(`graph of ${part}`));
    files.set(`onnx/${part}_q4.onnx_data`, Buffer.alloc(200_000, part));
  }
  files.set('onnx/decoder_model_merged_q4.onnx_data_1', Buffer.alloc(100_000, 'more'));
  files.set('model.safetensors', Buffer.alloc(50_000, 'torch'));
  files.set('.gitattributes', Buffer.from('*.onnx filter=lfs'));
  return files;
}
