import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Frame } from '../src/cameras/frame.ts';
import { type Judgement, Pipeline } from '../src/pipeline.ts';
import { WatchwordError } from '../src/platform/errors.ts';
import { Health } from '../src/platform/health.ts';
import { silentLogger } from '../src/platform/logger.ts';
import type { CompiledRule } from '../src/rules/rule.ts';
import type { UnknownCause, Verdict } from '../src/rules/verdict.ts';
import type { Answer } from '../src/vision/model.ts';
import { tempFolder } from './store/temp-store.ts';
import { ManualClock, settle } from './support/manual-clock.ts';
import { until } from './support/until.ts';

const rule = (id: string, extra: Partial<CompiledRule> = {}): CompiledRule =>
  ({ id, question: `${id}?`, everyMs: 2_000, severity: 'warning', zone: null, ...extra }) as CompiledRule;

function judge(asked: CompiledRule, frame: Frame, outcome: Answer | UnknownCause): Verdict {
  const common = {
    ruleId: asked.id,
    cameraId: frame.cameraId,
    frameSeq: frame.seq,
    capturedAt: frame.capturedAt,
    at: frame.at,
  };
  if (typeof outcome === 'string') return { ...common, value: 'unknown', cause: outcome };
  return { ...common, value: outcome.score >= 0.5 ? 'yes' : 'no', score: outcome.score, mass: outcome.mass };
}

interface RigOptions {
  answer?: (question: string) => number;
  /** What the change gate says of every frame. */
  unchanged?: boolean;
  trouble?: UnknownCause;
  pending?: boolean;
}

/** The real pipeline around a model whose answers the test gives; looks finish when the test lets them. */
function rig(options: RigOptions = {}) {
  const clock = new ManualClock();
  const looks: string[] = [];
  const scored: string[][] = [];
  const judgements: Judgement[] = [];
  const dropped: string[] = [];
  const evaluated: string[] = [];
  const gate = { hold: undefined as Promise<void> | undefined, failWith: undefined as Error | undefined };
  const health = new Health(() => clock.now());
  const pipeline = new Pipeline({
    clock,
    logger: silentLogger,
    health,
    model: {
      async look(picture, { earlier = [], examples = [] } = {}) {
        const before = earlier.map((each) => `${Buffer.from(each.picture)}-${each.beforeMs / 1000}s `);
        const shown = examples.map((each) => `${Buffer.from(each.picture)}=${each.says} `);
        looks.push(`${shown.join('')}${before.join('')}${Buffer.from(picture)}`);
        await gate.hold;
        if (gate.failWith) throw gate.failWith;
        return { id: looks.length, ms: 1 };
      },
      async score(_, questions) {
        scored.push([...questions]);
        return questions.map((question) => ({ question, score: options.answer?.(question) ?? 0.9, mass: 1, ms: 1 }));
      },
      release: async () => undefined,
    },
    judge,
    inspect: async ({ jpeg }) => {
      if (jpeg.length === 0) throw new Error('empty picture');
      return {
        trouble: options.trouble,
        isUnchanged: () => options.unchanged ?? false,
        evaluated: ({ id }) => evaluated.push(id),
        pictureFor: async ({ zone }, other) => {
          const picture = other?.jpeg ?? jpeg;
          return zone ? Buffer.from(`${Buffer.from(picture)}#${zone}`) : picture;
        },
      };
    },
    isPending: () => options.pending ?? false,
    dropped: (cameraId) => dropped.push(cameraId),
    settle: (judgement) => judgements.push(judgement),
  });
  const abort = new AbortController();
  let seq = 0;
  const frame = (cameraId: string, name: string, at = clock.monotonic()): Frame => {
    return { cameraId, seq: ++seq, capturedAt: clock.now(), at, jpeg: Buffer.from(name), width: 4, height: 3 };
  };
  const running = pipeline.run(abort.signal);
  const stop = async (): Promise<void> => {
    abort.abort(new Error('test over'));
    await running;
    expect(clock.sleeping).toBe(0);
  };
  return { clock, looks, scored, judgements, dropped, evaluated, gate, health, pipeline, frame, stop };
}

describe('pipeline', () => {
  test('a rule with examples shows them first, and is unknown while one is missing', async () => {
    const folder = tempFolder();
    const { clock, pipeline, frame, looks, judgements, stop } = rig();
    const examples = [{ picture: 'full.jpg', says: 'full' }];
    pipeline.assign([
      { cameraId: 'lane', rule: rule('taught', { examples, file: join(folder, 'taught.yaml') }) },
      { cameraId: 'lane', rule: rule('plain') },
    ]);
    pipeline.offer(frame('lane', 'a'));
    await until(() => judgements.length === 1, 'the first frame');
    writeFileSync(join(folder, 'full.jpg'), 'FULL');
    await clock.advance(2_000);
    pipeline.offer(frame('lane', 'b'));
    await until(() => judgements.length === 2, 'the second frame');
    expect(looks).toEqual(['a', 'FULL=full b', 'b']);
    const taught = judgements.map(({ verdicts }) => verdicts.find((each) => each.rule.id === 'taught')?.verdict);
    expect(taught.map((each) => each?.cause ?? each?.value)).toEqual(['model-failed', 'yes']);
    await stop();
  });

  test('a question over some time is asked of the pictures of that time, apart from those of one picture', async () => {
    const { clock, pipeline, frame, looks, scored, judgements, stop } = rig({ unchanged: true });
    pipeline.assign([
      { cameraId: 'lane', rule: rule('moved', { overMs: 4_000, zone: 'robot' }) },
      { cameraId: 'lane', rule: rule('empty') },
    ]);
    for (const name of ['a', 'b', 'c']) {
      pipeline.offer(frame('lane', name));
      await clock.advance(2_000);
    }
    // The first pictures have no past: nothing is known, which is not no. Nothing changed, and motion is asked all the same.
    expect(looks).toEqual(['a', 'a#robot-4s b#robot-2s c#robot']);
    expect(scored).toEqual([['empty?'], ['moved?']]);
    const moved = judgements.map(({ verdicts }) => verdicts.find((each) => each.rule.id === 'moved')?.verdict);
    expect(moved.map((each) => each?.cause ?? each?.value)).toEqual(['too-early', 'too-early', 'yes']);
    await stop();
  });

  test('all due rules of a frame share one look', async () => {
    const { pipeline, frame, looks, scored, judgements, stop } = rig();
    pipeline.assign(['empty', 'spill', 'fallen'].map((id) => ({ rule: rule(id), cameraId: 'a' })));
    pipeline.offer(frame('a', 'first'));
    await settle();
    expect(looks).toEqual(['first']);
    expect(scored).toEqual([['empty?', 'spill?', 'fallen?']]);
    expect(judgements[0]?.verdicts.map(({ verdict }) => verdict.value)).toEqual(['yes', 'yes', 'yes']);
    await stop();
  });

  test('a rule with a zone looks at its crop, once for all rules of that zone', async () => {
    const { pipeline, frame, looks, scored, stop } = rig();
    const door = (id: string) => ({ rule: rule(id, { zone: 'door' }), cameraId: 'a' });
    pipeline.assign([door('open'), { rule: rule('empty'), cameraId: 'a' }, door('blocked')]);
    pipeline.offer(frame('a', 'first'));
    await settle();
    expect(looks).toEqual(['first#door', 'first']);
    expect(scored).toEqual([['open?', 'blocked?'], ['empty?']]);
    await stop();
  });

  test('while the model is busy the newest frame wins and the others are counted as dropped', async () => {
    const { pipeline, frame, looks, gate, clock, dropped, stop } = rig();
    pipeline.assign([{ rule: rule('empty', { everyMs: 100 }), cameraId: 'a' }]);
    let free = (): void => undefined;
    gate.hold = new Promise((resolve) => {
      free = resolve;
    });
    pipeline.offer(frame('a', 'first'));
    await settle();
    for (const name of ['second', 'third', 'fourth']) pipeline.offer(frame('a', name));
    await clock.advance(200);
    free();
    await settle();
    expect(looks).toEqual(['first', 'fourth']);
    expect(pipeline.counts).toMatchObject({ dropped: 2, judged: 2 });
    expect(dropped).toEqual(['a', 'a']);
    await stop();
  });

  test('a frame is not asked again before its interval and then at once', async () => {
    const { pipeline, frame, looks, clock, stop } = rig();
    pipeline.assign([{ rule: rule('empty', { everyMs: 10_000 }), cameraId: 'a' }]);
    pipeline.offer(frame('a', 'first'));
    await clock.advance(2_000);
    pipeline.offer(frame('a', 'early'));
    await clock.advance(2_000);
    expect(looks).toEqual(['first']);
    await clock.advance(4_000);
    expect(looks).toEqual(['first', 'early']);
    await stop();
  });

  test('a model that fails makes the verdict unknown, shows in health and the next frame is judged', async () => {
    const { pipeline, frame, judgements, gate, clock, health, stop } = rig();
    pipeline.assign([{ rule: rule('empty'), cameraId: 'a' }]);
    gate.failWith = new WatchwordError('timeout', 'the model took longer than 30 s');
    pipeline.offer(frame('a', 'first'));
    await settle();
    expect(judgements[0]?.verdicts[0]?.verdict).toMatchObject({ value: 'unknown', cause: 'timeout' });
    expect(health.get('model')?.status).toBe('degraded');
    gate.failWith = undefined;
    await clock.advance(2_000);
    pipeline.offer(frame('a', 'second'));
    await settle();
    expect(judgements[1]?.verdicts[0]?.verdict.value).toBe('yes');
    expect(health.get('model')?.status).toBe('ok');
    await stop();
  });

  test('a picture in trouble is not shown to the model', async () => {
    const { pipeline, frame, looks, judgements, stop } = rig({ trouble: 'covered' });
    pipeline.assign([{ rule: rule('empty'), cameraId: 'a' }]);
    pipeline.offer(frame('a', 'first'));
    await settle();
    expect(looks).toEqual([]);
    expect(judgements[0]?.verdicts[0]?.verdict).toMatchObject({ value: 'unknown', cause: 'covered' });
    await stop();
  });

  test('an unchanged picture repeats the last known verdict at its own time without the model', async () => {
    const { pipeline, frame, looks, judgements, clock, stop } = rig({ unchanged: true });
    pipeline.assign([{ rule: rule('empty'), cameraId: 'a' }]);
    pipeline.offer(frame('a', 'first'));
    await clock.advance(2_000);
    pipeline.offer(frame('a', 'same'));
    await settle();
    expect(looks).toEqual(['first']);
    expect(judgements[1]?.verdicts[0]).toMatchObject({
      gated: true,
      verdict: { value: 'yes', frameSeq: 2, at: clock.monotonic() },
    });
    expect(pipeline.counts.skipped).toBe(1);
    await stop();
  });

  test('an unknown verdict is never repeated by the gate', async () => {
    const { pipeline, frame, looks, clock, gate, stop } = rig({ unchanged: true });
    pipeline.assign([{ rule: rule('empty'), cameraId: 'a' }]);
    gate.failWith = new Error('worker died');
    pipeline.offer(frame('a', 'first'));
    await clock.advance(2_000);
    gate.failWith = undefined;
    pipeline.offer(frame('a', 'same'));
    await settle();
    expect(looks).toEqual(['first', 'same']);
    await stop();
  });

  test('a rule that may open an event is asked about the very frame, changed or not', async () => {
    const { pipeline, frame, looks, clock, evaluated, stop } = rig({ unchanged: true, pending: true });
    pipeline.assign([{ rule: rule('empty'), cameraId: 'a' }]);
    pipeline.offer(frame('a', 'first'));
    await clock.advance(2_000);
    pipeline.offer(frame('a', 'same'));
    await settle();
    expect(looks).toEqual(['first', 'same']);
    expect(evaluated).toEqual(['empty', 'empty']);
    await stop();
  });

  test('a picture that cannot be read makes the verdict unknown and stops nobody', async () => {
    const { pipeline, frame, judgements, clock, stop } = rig();
    pipeline.assign([{ rule: rule('empty'), cameraId: 'a' }]);
    pipeline.offer(frame('a', ''));
    await clock.advance(2_000);
    pipeline.offer(frame('a', 'good'));
    await settle();
    expect(judgements.map(({ verdicts }) => verdicts[0]?.verdict.value)).toEqual(['unknown', 'yes']);
    await stop();
  });

  test('a frame that is too old to be live is not judged', async () => {
    const { pipeline, frame, looks, clock, stop } = rig();
    pipeline.assign([{ rule: rule('empty'), cameraId: 'a' }]);
    pipeline.offer(frame('a', 'from the past', clock.monotonic() - 11_000));
    await settle();
    expect(looks).toEqual([]);
    expect(pipeline.counts.stale).toBe(1);
    await stop();
  });

  test('a rule that was taken away is not asked any more', async () => {
    const { pipeline, frame, scored, clock, stop } = rig();
    pipeline.assign(['empty', 'spill'].map((id) => ({ rule: rule(id), cameraId: 'a' })));
    pipeline.offer(frame('a', 'first'));
    await clock.advance(2_000);
    pipeline.assign([{ rule: rule('spill'), cameraId: 'a' }]);
    pipeline.offer(frame('a', 'second'));
    await settle();
    expect(scored).toEqual([['empty?', 'spill?'], ['spill?']]);
    await stop();
  });
});
