import path from 'node:path';
import { AutoModelForImageTextToText, env, Tensor } from '@huggingface/transformers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import type { Family, Tiles } from '../../src/vision/families/family.ts';
import { createFamily } from '../../src/vision/families.ts';
import { loadVisionModelInThread } from '../../src/vision/load.ts';
import type { LocalVisionModel } from '../../src/vision/model.ts';
import { openPackage } from '../../src/vision/package.ts';
import { decodePicture } from '../../src/vision/picture.ts';
import { createTokenizer } from '../../src/vision/tokenizer.ts';
import { fullKit, type GoldenCase, LARGE_KITS, messagesOf, openKit, readImage } from '../vision/golden-kit.ts';
import { groupMasses } from './transformers-js.ts';

type Inputs = Record<string, Tensor>;

/** What is used of a Transformers.js model, with the types that its own declarations leave open. */
interface PeerModel {
  (inputs: Inputs): Promise<{ logits: Tensor }>;
  prepare_inputs_for_generation(ids: bigint[][], inputs: Inputs, settings: object): Inputs;
  dispose(): Promise<unknown>;
}

/**
 * LLaVA and Qwen2-VL through Transformers.js, given the reference's tokens and our pixels: its positions in three dimensions
 * and its placing of the features share no code with ours.
 */
describe.each(LARGE_KITS)('Transformers.js on %s', { timeout: 120_000 }, (name) => {
  const dir = fullKit(name);
  if (!dir) {
    it.skip('its kit is not beside this checkout', () => undefined);
    return;
  }
  const kit = openKit(name, dir);
  const groups = [kit.golden.token_groups.yes, kit.golden.token_groups.no].map((group) => Object.values(group).flat());
  let peer: PeerModel;
  let ours: LocalVisionModel;
  let family: Family;

  beforeAll(async () => {
    env.allowRemoteModels = false;
    env.localModelPath = `${path.dirname(dir)}/`;
    peer = (await AutoModelForImageTextToText.from_pretrained(name, {
      dtype: 'fp32',
      device: 'cpu',
      session_options: { intraOpNumThreads: 1, logSeverityLevel: 3 },
    })) as unknown as PeerModel;
    const settings = { packageDir: dir, dtype: 'fp32', device: 'cpu', threads: 1 } as const;
    ours = await loadVisionModelInThread({ ...settings, clock: systemClock });
    const files = await openPackage(dir, 'fp32');
    family = createFamily(files, createTokenizer(files));
  });
  afterAll(async () => {
    await peer.dispose();
    await ours.close();
  });

  async function inputsOf({ input_ids, images }: GoldenCase): Promise<Inputs> {
    const ids = input_ids.map(BigInt);
    const inputs: Inputs = {
      input_ids: new Tensor('int64', ids, [1, ids.length]),
      attention_mask: new Tensor('int64', new Array(ids.length).fill(1n), [1, ids.length]),
    };
    const tiles: Tiles[] = [];
    for (const image of images) tiles.push(family.cut(await decodePicture(readImage(kit, image)), false));
    if (tiles.length === 0) return inputs;
    const values = family.normalise(Buffer.concat(tiles.map(({ bytes }) => bytes)));
    const { input } = family;
    if (input.kind === 'tiles')
      return { ...inputs, pixel_values: new Tensor('float32', values, [tiles.length, 3, input.side, input.side]) };
    const grids = tiles.flatMap(({ rows, columns }) => [1, rows * input.merge, columns * input.merge].map(BigInt));
    return {
      ...inputs,
      pixel_values: new Tensor('float32', values, [values.length / input.values, input.values]),
      image_grid_thw: new Tensor('int64', grids, [tiles.length, 3]),
    };
  }

  it('gives the same scores and masses as we do, whole and over a shared prefix', async () => {
    const most = { whole: 0, shared: 0 };
    for (const golden of kit.golden.cases) {
      const inputs = await inputsOf(golden);
      const prepared = peer.prepare_inputs_for_generation([golden.input_ids.map(BigInt)], inputs, {});
      const { logits } = await peer(prepared);
      const last = Float32Array.from(logits.data as Float32Array).slice(-(logits.dims.at(-1) ?? 0));
      const [yes = 0, no = 0] = groupMasses(last, groups);
      const messages = messagesOf(kit, golden);
      const whole = await ours.scoreMessages(messages);
      most.whole = Math.max(most.whole, Math.abs(whole.score - yes / (yes + no)), Math.abs(whole.mass - (yes + no)));
      const [image, text] = messages[0]?.content ?? [];
      if (messages.length > 1 || image?.type !== 'image' || text?.type !== 'text') continue;
      const look = await ours.look(image.picture);
      const [shared] = await ours.score(look, [text.text], { verbatim: true });
      await ours.release(look);
      most.shared = Math.max(most.shared, Math.abs((shared?.score ?? 9) - yes / (yes + no)));
    }
    console.log(
      `${name}: largest difference to Transformers.js ${most.whole.toExponential(1)} whole, ${most.shared.toExponential(1)} shared`,
    );
    expect(most.whole).toBeLessThan(1e-5);
    expect(most.shared).toBeLessThan(1e-5);
  });
});
