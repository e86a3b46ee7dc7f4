import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import type { Family } from '../../src/vision/families/family.ts';
import { createFamily } from '../../src/vision/families.ts';
import { loadVisionModelInThread } from '../../src/vision/load.ts';
import type { LocalVisionModel } from '../../src/vision/model.ts';
import { openPackage } from '../../src/vision/package.ts';
import { decodePicture } from '../../src/vision/picture.ts';
import { createTokenizer } from '../../src/vision/tokenizer.ts';
import {
  byPicture,
  type GoldenCase,
  KITS,
  type Kit,
  messagesOf,
  openKit,
  readImage,
  readPixels,
} from '../vision/golden-kit.ts';
import { groupMasses, Peer, type PeerInputs, withPixels } from './transformers-js.ts';

const MOST_TOKENS = 8;
/** Eighty cases in two engines take their time on a busy machine. */
const PATIENCE_MS = 120_000;

/** One golden case, computed once for all tests. */
interface Computed {
  readonly golden: GoldenCase;
  /** The peer's own tokens and pixels, and its tokens with our pixels. */
  readonly own: PeerInputs;
  readonly given: PeerInputs;
  readonly bytes: Buffer;
  /** What the peer makes of our pixels, and what we make of the case. */
  readonly peer: Scored;
  readonly ours: Scored;
}

interface Scored {
  readonly score: number;
  readonly mass: number;
}

/**
 * The same checkpoint, prompt and pixels through Transformers.js: a reference that shares no code with PyTorch's values and none
 * with our engine but the runtime. Its own preprocessing is measured beside it, and printed: these are the figures of the README.
 */
describe.each(KITS)('Transformers.js on %s', { timeout: PATIENCE_MS }, (name) => {
  const kit: Kit = openKit(name);
  const groups = [kit.golden.token_groups.yes, kit.golden.token_groups.no].map((group) => Object.values(group).flat());
  const computed: Computed[] = [];
  let peer: Peer;
  let model: LocalVisionModel;

  beforeAll(async () => {
    peer = await Peer.load(kit.dir);
    const settings = { packageDir: kit.dir, dtype: 'fp32', device: 'cpu', threads: 1 } as const;
    model = await loadVisionModelInThread({ ...settings, clock: systemClock });
    const files = await openPackage(kit.dir, 'fp32');
    const family = createFamily(files, createTokenizer(files));
    for (const golden of kit.golden.cases) computed.push(await compute(golden, family));
  }, PATIENCE_MS);

  afterAll(async () => {
    await peer.close();
    await model.close();
  });

  async function compute(golden: GoldenCase, family: Family): Promise<Computed> {
    const pictures = golden.images.map((image) => readImage(kit, image));
    const split = golden.do_image_splitting;
    const tiles: Uint8Array[] = [];
    for (const picture of pictures) tiles.push(family.cut(await decodePicture(picture), split).bytes);
    const bytes = Buffer.concat(tiles);
    const own = await peer.inputs(golden.prompt, pictures, split);
    const given = pictures.length > 0 ? withPixels(own, family.normalise(bytes)) : own;
    const ours = await model.scoreMessages(messagesOf(kit, golden), { split });
    return { golden, own, given, bytes, peer: scored(await peer.logits(given)), ours };
  }

  function scored(logits: Float32Array): Scored {
    const [yes = 0, no = 0] = groupMasses(logits, groups);
    return { score: yes / (yes + no), mass: yes + no };
  }

  it('makes the same tokens of every prompt', () => {
    for (const { golden, own } of computed) {
      expect([...(own.input_ids.data as BigInt64Array)].map(Number), golden.id).toEqual(golden.input_ids);
    }
  });

  it('gives the same score and mass as we do, given our pixels', () => {
    for (const { golden, peer: theirs, ours } of computed) {
      expect(Math.abs(ours.score - theirs.score), `${golden.id}: score`).toBeLessThan(1e-5);
      expect(Math.abs(ours.mass - theirs.mass), `${golden.id}: mass`).toBeLessThan(1e-5);
      // A group's log-probability is its logit less a constant: this is the precision of the logits themselves.
      for (const share of [(of: Scored) => of.score, (of: Scored) => 1 - of.score]) {
        const [own = 0, other = 0] = [ours, theirs].map((of) => Math.log(of.mass * share(of)));
        expect(Math.abs(own - other), `${golden.id}: logits`).toBeLessThan(1e-3);
      }
    }
  });

  it('writes the same words as we do, given our pixels', async () => {
    // The first question of each picture, the conversations, and what has several pictures or none.
    const chosen = computed.filter(
      ({ golden: { id, images, messages } }) => /q1$/.test(id) || images.length !== 1 || messages.length > 1,
    );
    expect(chosen.length).toBeGreaterThan(9);
    for (const { golden, given } of chosen) {
      const prompt = { messages: messagesOf(kit, golden) };
      const split = golden.do_image_splitting;
      let words = '';
      for await (const part of model.generate(prompt, { maxTokens: MOST_TOKENS, split })) words += part;
      expect(words, golden.id).toBe(await peer.greedy(given, MOST_TOKENS));
    }
  });

  it('gives the same scores as a look that several questions share', async () => {
    for (const { picture, split, questions } of byPicture(kit)) {
      const look = await model.look(readImage(kit, picture), { split });
      const words = questions.map(({ text }) => text);
      const answers = await model.score(look, words, { verbatim: true });
      await model.release(look);
      for (const [at, { golden }] of questions.entries()) {
        const theirs = computed.find((each) => each.golden === golden)?.peer;
        expect(Math.abs((answers[at]?.score ?? 0) - (theirs?.score ?? 1)), golden.id).toBeLessThan(1e-5);
      }
    }
  });

  it('is measured in how far its own pixels and scores are from the reference', async () => {
    const most = { levels: 0, score: 0, ourScore: 0 };
    let cases = 0;
    for (const { golden, own, bytes, ours } of computed) {
      const theirs = own.pixel_values?.data as Float32Array | undefined;
      if (theirs?.length !== bytes.length) continue;
      cases++;
      most.levels = Math.max(most.levels, largestStep(theirs, bytes));
      most.score = Math.max(most.score, Math.abs(scored(await peer.logits(own)).score - golden.yes_no.p_yes));
      most.ourScore = Math.max(most.ourScore, Math.abs(ours.score - golden.yes_no.p_yes));
    }
    console.log(
      `${name}, ${cases} cases against PyTorch: Transformers.js' own pixels are off by up to ${most.levels} of 255 and its ` +
        `P(yes) by up to ${most.score.toFixed(3)}; our pixels are equal, our P(yes) off by up to ${most.ourScore.toExponential(1)}`,
    );
    expect(cases).toBeGreaterThan(20);
    expect(most.ourScore).toBeLessThan(1e-4);
  });

  it('is given the reference pixels, bit for bit', () => {
    const stored = computed.filter(({ golden }) => golden.pixel_values?.u8_file !== undefined);
    expect(stored.length).toBeGreaterThan(10);
    for (const { golden, bytes } of stored) {
      const file = golden.pixel_values?.u8_file ?? '';
      expect(bytes.equals(readPixels(kit, file)), golden.id).toBe(true);
    }
  });
});

/** Largest difference in steps of a byte: normalised values span 2 for 255 steps. */
function largestStep(normalised: Float32Array, bytes: Uint8Array): number {
  let most = 0;
  for (const [at, byte] of bytes.entries()) {
    most = Math.max(most, Math.abs(((normalised[at] ?? 0) + 1) * 127.5 - byte));
  }
  return Math.round(most);
}
