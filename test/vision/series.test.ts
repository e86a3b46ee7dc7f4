import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { createFamily } from '../../src/vision/families.ts';
import { FeatureCache } from '../../src/vision/feature-cache.ts';
import { loadVisionModelInThread } from '../../src/vision/load.ts';
import type { LocalVisionModel, Message } from '../../src/vision/model.ts';
import { openPackage } from '../../src/vision/package.ts';
import { createPromptWriter, seriesMessages } from '../../src/vision/prompt.ts';
import { ALONE, plainSeries, secondsOf, withExamples } from '../../src/vision/series.ts';
import { createTokenizer } from '../../src/vision/tokenizer.ts';
import { RANDOM_CHECKPOINTS, randomCheckpoint } from '../parity/checkpoints/random-checkpoint.ts';
import { temporaryFolder } from '../support/daemon.ts';
import { KITS, openKit, readImage } from './golden-kit.ts';

const kit = openKit('smolvlm-random');
const [FIRST, SECOND, LAST] = ['shapes_640x360.png', 'bars_300x800.png', 'gradient_97x61.png'].map((name) =>
  readImage(kit, name),
) as [Buffer, Buffer, Buffer];
const PICTURES = [FIRST, SECOND, LAST];
const EARLIER = [
  { picture: FIRST, beforeMs: 9_000 },
  { picture: SECOND, beforeMs: 4_000 },
];
const QUESTIONS = ['Does the robot move?', 'Is the shelf empty? Look at all of them.'];

describe.each([...KITS, ...RANDOM_CHECKPOINTS])('several pictures in one question to %s', (name) => {
  const temporary = temporaryFolder();
  let model: LocalVisionModel;
  let texts: readonly string[];

  beforeAll(async () => {
    const known = KITS.find((each) => each === name);
    const packageDir = known ? openKit(known).dir : randomCheckpoint(name, temporary.path);
    model = await loadVisionModelInThread({ packageDir, dtype: 'fp32', device: 'cpu', threads: 1, clock: systemClock });
    const files = await openPackage(packageDir, 'fp32');
    texts = (createFamily(files, createTokenizer(files)).series ?? plainSeries)(secondsOf(EARLIER));
  });
  afterAll(async () => {
    await model.close();
    temporary.remove();
  });

  /** The same words and pictures as a conversation, read whole. */
  function conversation(pictures: readonly Uint8Array[], question: string): Message[] {
    const before = pictures.flatMap((picture, at) => [
      { type: 'text', text: texts[at] ?? '' } as const,
      { type: 'image', picture } as const,
    ]);
    return [{ role: 'user', content: [...before, { type: 'text', text: `${texts.at(-1)}${question}` }] }];
  }

  test('has the scores of the whole prompt, and shares what comes before the questions', async () => {
    const look = await model.look(LAST, { earlier: EARLIER });
    const answers = await model.score(look, QUESTIONS, { verbatim: true });
    for (const [at, question] of QUESTIONS.entries()) {
      const whole = await model.scoreMessages(conversation(PICTURES, question));
      expect(Math.abs((answers[at]?.score ?? 9) - whole.score), question).toBeLessThan(1e-5);
      expect(Math.abs((answers[at]?.mass ?? 9) - whole.mass), question).toBeLessThan(1e-5);
    }
    await model.release(look);
  });

  test('the order counts, and pictures that are known already change nothing', async () => {
    const score = async (...looked: Parameters<LocalVisionModel['look']>): Promise<number> => {
      const look = await model.look(...looked);
      const [answer] = await model.score(look, ['Does the robot move?'], { verbatim: true });
      await model.release(look);
      return answer?.score ?? 9;
    };
    const once = await score(LAST, { earlier: EARLIER });
    expect(await score(LAST, { earlier: EARLIER })).toBe(once);
    const turned = await score(FIRST, { earlier: [{ picture: LAST, beforeMs: 9_000 }, EARLIER[1] as never] });
    expect(Math.abs(turned - once)).toBeGreaterThan(1e-7);
  });

  test('examples come first: the scores of the whole prompt, together with pictures of some time too', async () => {
    const examples = [
      { picture: SECOND, says: 'This lane is blocked.' },
      { picture: FIRST, says: 'This lane is free.' },
    ];
    for (const earlier of [[], EARLIER]) {
      const words = withExamples(examples, earlier.length > 0 ? texts : ALONE);
      const pictures = [SECOND, FIRST, ...earlier.map((each) => each.picture), LAST];
      const content = pictures.flatMap((picture, at) => [
        { type: 'text', text: words[at] ?? '' } as const,
        { type: 'image', picture } as const,
      ]);
      const ask = (question: string): Message[] => [
        { role: 'user', content: [...content, { type: 'text', text: `${words.at(-1)}${question}` }] },
      ];
      const first = await model.look(LAST, { earlier, examples });
      const again = await model.look(LAST, { earlier, examples });
      const [answers, same] = await Promise.all(
        [first, again].map((look) => model.score(look, QUESTIONS, { verbatim: true })),
      );
      for (const [at, question] of QUESTIONS.entries()) {
        const whole = await model.scoreMessages(ask(question));
        expect(Math.abs((answers?.[at]?.score ?? 9) - whole.score), question).toBeLessThan(1e-5);
        expect(same?.[at]?.score).toBe(answers?.[at]?.score);
      }
      await model.release(first);
      await model.release(again);
    }
  });

  test('writes words about all of them', async () => {
    const look = await model.look(LAST, { earlier: EARLIER });
    const written = async (prompt: Parameters<LocalVisionModel['generate']>[0]): Promise<string> => {
      let text = '';
      for await (const part of model.generate(prompt, { maxTokens: 5 })) text += part;
      return text;
    };
    const messages = conversation(PICTURES, 'What happened?');
    expect(await written({ look, text: 'What happened?' })).toBe(await written({ messages }));
    await model.release(look);
  });
});

test('SmolVLM2 is told of a video as it was trained: frames in words, the length, the time of each', async () => {
  const files = await openPackage(kit.dir, 'fp32');
  const family = createFamily(files, createTokenizer(files));
  const write = createPromptWriter(files);
  const texts = family.series?.(secondsOf(EARLIER)) ?? [];
  expect(write(seriesMessages(texts, 'Does it move?'))).toBe(
    '<|im_start|>User: You are provided the following series of three frames from a 0:00:09 [H:MM:SS] video.\n\n' +
      'Frame from 00:00:<image>\nFrame from 00:05:<image>\nFrame from 00:09:<image>\n\nDoes it move?<end_of_utterance>\nAssistant:',
  );
  const hour = family.series?.([0, 3_725]) ?? [];
  expect(hour[0]).toContain('series of two frames from a 1:02:05 [H:MM:SS] video');
  expect(hour[1]).toBe('\nFrame from 62:05:');
});

test('more pictures than a model can tell apart are refused', async () => {
  const model = await loadVisionModelInThread({
    packageDir: kit.dir,
    dtype: 'fp32',
    device: 'cpu',
    clock: systemClock,
  });
  onTestFinished(() => model.close());
  const earlier = Array.from({ length: 16 }, (_, at) => ({ picture: FIRST, beforeMs: 16_000 - at * 1000 }));
  await expect(model.look(LAST, { earlier })).rejects.toMatchObject({ kind: 'too-many' });
  await expect(
    model.look(LAST, { earlier: [{ picture: Buffer.from('no picture'), beforeMs: 1 }] }),
  ).rejects.toMatchObject({
    kind: 'invalid-input',
  });
});

test('examples are told of in the words of the rule, the picture that is asked about last', () => {
  const examples = [
    { picture: FIRST, says: 'This shelf is full.' },
    { picture: SECOND, says: 'This shelf is empty.' },
  ];
  expect(withExamples(examples, ALONE)).toEqual([
    'Example 1: ',
    ' This shelf is full.\nExample 2: ',
    ' This shelf is empty.\nNow look at this picture: ',
    '\n',
  ]);
  expect(withExamples([], ALONE)).toEqual(ALONE);
});

test('a picture is encoded once while it is looked at again and again; what was not asked for the longest goes first', async () => {
  const cache = new FeatureCache();
  const encoded: string[] = [];
  const ask = (name: string, megabytes: number) =>
    cache.get(Buffer.from(name), async () => {
      encoded.push(name);
      return { features: new Float32Array(megabytes * 262_144), grid: { rows: 0, columns: 0, features: 1 } };
    });
  await ask('a', 30);
  await ask('b', 30);
  await ask('a', 30);
  expect(encoded).toEqual(['a', 'b']);
  await ask('c', 30);
  await ask('a', 30);
  expect(encoded).toEqual(['a', 'b', 'c']);
  await ask('b', 30);
  expect(encoded).toEqual(['a', 'b', 'c', 'b']);
  // One that is larger than the whole cache is still given.
  expect((await ask('huge', 80)).features.length).toBe(80 * 262_144);
});
