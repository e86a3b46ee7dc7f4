import { readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { toError, WatchwordError } from '../../src/platform/errors.ts';
import { loadVisionModelInThread } from '../../src/vision/load.ts';
import { openEngine } from '../../src/vision/open-engine.ts';
import { openPackage } from '../../src/vision/package.ts';
import { describeDtype, findWeights, hashWeights } from '../../src/vision/weights.ts';
import { moveWeightsOut } from './external-weights.ts';
import { openKit, readImage } from './golden-kit.ts';

const kit = openKit('idefics3-random');
const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** A package of links to the kit's files, one of which may be replaced or left out. */
async function packageWith(changes: Record<string, Buffer | string | null>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'watchword-test-'));
  folders.push(dir);
  await mkdir(join(dir, 'onnx'));
  for (const name of [
    ...(await readdir(kit.dir)).filter((each) => each.includes('.')),
    ...(await readdir(join(kit.dir, 'onnx'))).map((each) => `onnx/${each}`),
  ]) {
    if (!(name in changes)) await symlink(join(kit.dir, name), join(dir, name));
  }
  for (const [name, content] of Object.entries(changes))
    if (content !== null) await writeFile(join(dir, name), content);
  return dir;
}

async function loadError(dir: string, dtype = 'fp32'): Promise<unknown> {
  try {
    const engine = await openEngine({ packageDir: dir, dtype, device: 'cpu' }, () => performance.now());
    await engine.close();
    return undefined;
  } catch (error) {
    return error;
  }
}

const LFS_POINTER = 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n';
const JSON_FILES = ['config.json', 'preprocessor_config.json', 'tokenizer.json', 'chat_template.json'];
const MORE_JSON_FILES = ['tokenizer_config.json', 'processor_config.json', 'generation_config.json'];
const ONNX_FILES = ['onnx/vision_encoder.onnx', 'onnx/embed_tokens.onnx', 'onnx/decoder_model_merged.onnx'];

interface Damage {
  name: string;
  file: string;
  content: (whole: Buffer) => Buffer | string | null;
  /** What the message must name, if not the file. */
  names?: string;
}
const damages: Damage[] = [
  ...[...JSON_FILES, ...ONNX_FILES].map((file) => ({
    name: 'is missing',
    file,
    content: () => null,
    ...(file.startsWith('chat') && { names: 'chat template' }),
  })),
  ...[...JSON_FILES, ...MORE_JSON_FILES, ...ONNX_FILES].flatMap((file) => [
    { name: 'is empty', file, content: () => '' },
    { name: 'is cut in half', file, content: (whole: Buffer) => whole.subarray(0, whole.length >> 1) },
    { name: 'lost its last bytes', file, content: (whole: Buffer) => whole.subarray(0, whole.length - 3) },
    { name: 'is a Git LFS pointer', file, content: () => LFS_POINTER },
    { name: 'is full of zeros', file, content: (whole: Buffer) => Buffer.alloc(Math.min(5000, whole.length)) },
  ]),
  {
    name: 'is of another family',
    file: 'config.json',
    content: edit((config) => ({ ...config, model_type: 'paligemma' })),
    names: 'model_type "paligemma"',
  },
  { name: 'has no family', file: 'config.json', content: edit(({ model_type, ...config }) => config) },
  { name: 'has no image token', file: 'config.json', content: edit(({ image_token_id, ...config }) => config) },
  {
    name: 'has an image token of another vocabulary',
    file: 'config.json',
    content: edit((config) => ({ ...config, image_token_id: 99_999 })),
  },
  {
    name: 'has another tile size',
    file: 'preprocessor_config.json',
    content: edit((config) => ({ ...config, max_image_size: { longest_edge: 96 } })),
    names: 'preprocessor_config.json',
  },
  {
    name: 'has no tile size',
    file: 'preprocessor_config.json',
    content: edit((config) => ({ ...config, max_image_size: { longest_edge: 'big' } })),
  },
  {
    name: 'has an unknown filter',
    file: 'preprocessor_config.json',
    content: edit((config) => ({ ...config, resample: 5 })),
  },
  {
    name: 'has another number of features',
    file: 'processor_config.json',
    content: () => '{"image_seq_len": 5}',
    names: 'features',
  },
  {
    name: 'is a template that does not parse',
    file: 'chat_template.json',
    content: () => '{"chat_template": "{% for %}"}',
    names: 'chat template',
  },
  {
    name: 'holds another part',
    file: 'onnx/decoder_model_merged.onnx',
    content: () => readSync('onnx/embed_tokens.onnx'),
  },
  { name: 'holds another part', file: 'onnx/vision_encoder.onnx', content: () => readSync('onnx/embed_tokens.onnx') },
  { name: 'holds another part', file: 'onnx/embed_tokens.onnx', content: () => readSync('onnx/vision_encoder.onnx') },
];

describe('a damaged package', () => {
  test('comes in more than 50 kinds here', () => expect(damages.length).toBeGreaterThanOrEqual(50));

  test.each(damages)('$file that $name is a clear error', async ({ file, content, names }) => {
    const whole = await readFile(join(kit.dir, file));
    const dir = await packageWith({ [file]: content(whole) });
    let error = await loadError(dir);
    // A wrong size shows with the first picture.
    if (error === undefined && names === 'features') error = await lookError(dir);
    expect(error, 'nothing was noticed').toBeInstanceOf(WatchwordError);
    const { message, where, hint, kind } = error as WatchwordError;
    expect(['not-found', 'corrupt', 'unsupported']).toContain(kind);
    expect(`${message} ${where ?? ''}`).toContain(names ?? file.split('/').at(-1));
    expect(hint || where, 'says neither where nor what to do').toBeTruthy();
    expect(message).not.toMatch(/undefined|\[object/);
  });

  test('a folder that is not there, or is a file, is named', async () => {
    for (const dir of ['/nowhere/model', join(kit.dir, 'config.json')]) {
      expect(await loadError(dir)).toMatchObject({ kind: 'not-found', where: dir });
    }
  });

  test('external weights that are missing are named', async () => {
    const { model } = moveWeightsOut(readSync('onnx/decoder_model_merged.onnx'), 'decoder_model_merged.onnx_data');
    const dir = await packageWith({ 'onnx/decoder_model_merged.onnx': model });
    expect(toError(await loadError(dir)).message).toContain('onnx/decoder_model_merged.onnx_data');
  });
});

test('weights in a file of their own give the same answers, and the package folder stays clean', async () => {
  const { model, data } = moveWeightsOut(readSync('onnx/decoder_model_merged.onnx'), 'decoder_model_merged.onnx_data');
  const dir = await packageWith({
    'onnx/decoder_model_merged.onnx': model,
    'onnx/decoder_model_merged.onnx_data': data,
  });
  const [before, ...answers] = [await readdir(join(dir, 'onnx')), await scoresOf(dir), await scoresOf(kit.dir)];
  expect(answers[0]).toEqual(answers[1]);
  expect(await readdir(join(dir, 'onnx'))).toEqual(before);
});

test('a prompt longer than the model takes is an error that says so', async () => {
  const short = edit((config) => ({
    ...config,
    text_config: { ...(config.text_config as object), max_position_embeddings: 20 },
  }));
  const dir = await packageWith({ 'config.json': short(readSync('config.json')) });
  const model = await loadVisionModelInThread({ packageDir: dir, dtype: 'fp32', device: 'cpu', clock: systemClock });
  const look = await model.look(readImage(kit, 'gradient_97x61.png'));
  const question = 'Is the shelf in the third aisle on the left side empty?';
  await expect(model.score(look, [question])).rejects.toMatchObject({
    kind: 'invalid-input',
    message: expect.stringContaining('takes 20'),
  });
  await expect(model.score(look, ['a'.repeat(20_000)])).rejects.toMatchObject({ kind: 'invalid-input' });
  await model.close();
});

describe('a package', () => {
  test('takes the precision that was asked for, and says which there are when it has not', async () => {
    const { weights } = await openPackage(kit.dir, 'q8');
    expect(describeDtype(weights)).toBe('q8');
    expect(weights.vision_encoder.path).toMatch(/vision_encoder_quantized\.onnx$/);
    await expect(openPackage(kit.dir, 'q4')).rejects.toMatchObject({
      kind: 'not-found',
      hint: 'It has these precisions: fp32, q8',
    });
    await expect(openPackage(kit.dir, 'int3')).rejects.toMatchObject({ kind: 'invalid-input' });
  });

  test('prefers integers, and mixes precisions only when told or needed', async () => {
    expect(describeDtype((await openPackage(kit.dir)).weights)).toBe('q8');
    const mixed = await findWeights(kit.dir, 'vision_encoder=fp32,decoder_model_merged=q8');
    expect([mixed.vision_encoder.dtype, mixed.embed_tokens.dtype, mixed.decoder_model_merged.dtype]).toEqual([
      'fp32',
      'q8',
      'q8',
    ]);
    const without = await packageWith({ 'onnx/vision_encoder_quantized.onnx': null });
    expect(describeDtype((await openPackage(without)).weights)).toBe('fp32');
    const only = await packageWith({
      'onnx/vision_encoder_quantized.onnx': null,
      'onnx/decoder_model_merged.onnx': null,
    });
    expect(describeDtype((await openPackage(only)).weights)).toBe(
      'vision_encoder=fp32,embed_tokens=q8,decoder_model_merged=q8',
    );
  });

  test('its weights have a hash that changes with any of them', async () => {
    const before = await hashWeights((await openPackage(kit.dir, 'fp32')).weights);
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    const dir = await packageWith({ 'onnx/embed_tokens.onnx': null });
    await copyFile(join(kit.dir, 'onnx/embed_tokens.onnx'), join(dir, 'onnx/embed_tokens.onnx'));
    expect(await hashWeights(await findWeights(dir, 'fp32'))).toBe(before);
    await truncate(join(dir, 'onnx/embed_tokens.onnx'), 1000);
    expect(await hashWeights(await findWeights(dir, 'fp32'))).not.toBe(before);
  });

  test('reads the chat template from wherever packages keep it', async () => {
    const { chatTemplate } = await openPackage(kit.dir);
    for (const changes of [
      { 'chat_template.json': null, 'chat_template.jinja': chatTemplate },
      {
        'chat_template.json': null,
        'processor_config.json': JSON.stringify({ image_seq_len: 4, chat_template: chatTemplate }),
      },
      {
        'chat_template.json': JSON.stringify({
          chat_template: [
            { name: 'rag', template: 'x' },
            { name: 'default', template: chatTemplate },
          ],
        }),
      },
    ]) {
      expect((await openPackage(await packageWith(changes))).chatTemplate).toBe(chatTemplate);
    }
  });

  test('its watchword.json says how a question is put, and is checked', async () => {
    expect((await openPackage(kit.dir)).form).toEqual({
      question: '{question} Answer yes or no.',
      describe: 'Describe the picture.',
      minMass: 0.2,
    });
    const dir = await packageWith({ 'watchword.json': '{"question": "Q: {question}", "minMass": 0.4}' });
    expect((await openPackage(dir)).form).toMatchObject({ question: 'Q: {question}', minMass: 0.4 });
    const wrong = await packageWith({ 'watchword.json': '{"question": "always the same"}' });
    await expect(openPackage(wrong)).rejects.toMatchObject({
      kind: 'corrupt',
      message: expect.stringContaining('{question}'),
    });
  });
});

function readSync(file: string): Buffer {
  return readFileSync(join(kit.dir, file));
}

async function scoresOf(dir: string): Promise<number[]> {
  const model = await loadVisionModelInThread({ packageDir: dir, dtype: 'fp32', device: 'cpu', clock: systemClock });
  const look = await model.look(readImage(kit, 'gradient_97x61.png'));
  const answers = await model.score(look, ['Is it there?', 'Or not?']);
  const { score } = await model.scoreMessages([{ role: 'user', content: [{ type: 'text', text: 'Well?' }] }], {
    whole: true,
  });
  await model.close();
  return [...answers.map((answer) => answer.score), score];
}

async function lookError(dir: string): Promise<unknown> {
  const model = await loadVisionModelInThread({ packageDir: dir, dtype: 'fp32', device: 'cpu', clock: systemClock });
  const error = await model.look(readImage(kit, 'gradient_97x61.png')).catch((thrown: unknown) => thrown);
  await model.close();
  return error;
}

function edit(change: (config: Record<string, unknown>) => Record<string, unknown>): (whole: Buffer) => string {
  return (whole) => JSON.stringify(change(JSON.parse(whole.toString()) as Record<string, unknown>));
}
