import { beforeEach, describe, expect, it } from 'vitest';
import type { AlertCatalog } from '../src/alerts/catalog.ts';
import { CAMERA_PROBLEM, CameraProblems, problemRule } from '../src/camera-problems.ts';
import type { Frame } from '../src/cameras/frame.ts';
import { cameraSettingsSchema } from '../src/cameras/settings.ts';
import { createInspector } from '../src/inspection.ts';
import { Health } from '../src/platform/health.ts';
import type { CompiledRule } from '../src/rules/rule.ts';
import type { UnknownCause } from '../src/rules/verdict.ts';
import { Watch } from '../src/watch.ts';
import { ruleOf, TrackerBench } from './events/observing.ts';
import { DEMO_FOLDER } from './support/clips.ts';
import { FAULTS, sampledPictures } from './support/clips-faults.ts';

const EVERY_MS = 2_000;

describe('lasting picture trouble', () => {
  let bench: TrackerBench;
  let problems: CameraProblems;
  let seq: number;
  beforeEach(() => {
    bench = new TrackerBench();
    problems = new CameraProblems({ tracker: bench.tracker });
    seq = 0;
  });

  /** One frame every two seconds, for so long; two rules looked at it. */
  async function see(seconds: number, cause?: UnknownCause, everyMs = EVERY_MS): Promise<void> {
    for (let passed = 0; passed < seconds * 1_000; passed += everyMs) {
      await bench.clock.advance(everyMs);
      const times = { capturedAt: bench.clock.now(), at: bench.clock.monotonic() };
      const frame: Frame = { cameraId: 'dock', seq: ++seq, ...times, jpeg: new Uint8Array([seq]), width: 4, height: 2 };
      const verdicts = ['a', 'b'].map((id) => ({
        rule: ruleOf({ id, everyMs }),
        gated: false,
        verdict: {
          ruleId: id,
          cameraId: 'dock',
          frameSeq: seq,
          ...times,
          value: cause ? 'unknown' : 'no',
          ...(cause && { cause }),
        } as const,
      }));
      problems.settle({ frame, verdicts }, undefined);
    }
  }
  const changes = () =>
    bench.commits.map(({ change: { type, event } }) => [type, event.ruleId, event.words, event.endReason ?? null]);

  it('is one event of its own, from its first picture to the last, with the picture that decided', async () => {
    await see(30);
    const startedAt = bench.clock.now() + EVERY_MS;
    await see(58, 'covered');
    expect(bench.commits).toEqual([]);
    await see(300, 'covered');
    await see(10);
    const endedAt = bench.clock.now() - 10_000;
    await see(30);
    expect(changes()).toEqual([
      ['new', CAMERA_PROBLEM, 'The camera is covered', null],
      ['end', CAMERA_PROBLEM, 'The camera is covered', 'clear'],
    ]);
    const [opened, ended] = bench.commits;
    expect(opened?.change.event).toMatchObject({ cameraId: 'dock', severity: 'warning', startedAt });
    expect(opened?.evidence).toMatchObject([{ role: 'deciding', width: 4 }]);
    expect(ended?.change.event.endedAt).toBe(endedAt);
  });

  it('that becomes another trouble goes on', async () => {
    await see(62, 'blurred');
    await see(120, 'dark');
    expect(changes()).toEqual([['new', CAMERA_PROBLEM, 'The picture of the camera is blurred', null]]);
  });

  it('is none when it passes, when the model failed or the model is undecided', async () => {
    for (let i = 0; i < 10; i++) {
      await see(40, 'frozen');
      await see(4);
    }
    await see(300, 'model-failed');
    await see(300, 'no-answer');
    expect(bench.commits).toEqual([]);
  });

  it('goes on while the model fails: nobody looked', async () => {
    await see(80, 'dark');
    await see(300, 'model-failed');
    expect(changes().map(([type]) => type)).toEqual(['new']);
    await see(30);
    expect(changes().map(([type]) => type)).toEqual(['new', 'end']);
  });

  it('is seen by rules that look once in five minutes too', async () => {
    await see(900, 'moved', 300_000);
    expect(changes()).toEqual([['new', CAMERA_PROBLEM, 'The camera was moved', null]]);
  });

  it('does not ring for each time somebody bumps into the camera', async () => {
    for (let i = 0; i < 4; i++) {
      await see(70, 'moved');
      await see(40);
    }
    expect(bench.commits.filter(({ change, alert }) => change.type === 'new' && alert)).toHaveLength(1);
    expect(bench.commits.filter(({ change }) => change.type === 'new')).toHaveLength(4);
  });

  it('ends when no rule looks at the camera any more, and survives a change of the rules', async () => {
    await see(70, 'dark');
    bench.tracker.reconcile({ cameraIds: ['dock'], rules: [{ rule: problemRule('', 0), cameraIds: ['dock'] }] });
    await see(20, 'dark');
    expect(changes().map(([type]) => type)).toEqual(['new']);
    problems.unwatched('dock');
    expect(changes().at(-1)).toEqual(['end', CAMERA_PROBLEM, 'The picture of the camera is dark', 'schedule']);
  });
});

interface Told {
  readonly states: string[];
  readonly catalogs: AlertCatalog[];
}

describe('the running box', () => {
  function watchOf(bench: TrackerBench, rules: CompiledRule[], told: Partial<Told> = {}): Watch {
    const nothing = (): void => undefined;
    const watch = new Watch({
      clock: bench.clock,
      health: new Health(() => bench.clock.now()),
      timeZone: 'UTC',
      calendars: {},
      cameras: [{ id: 'dock' }],
      rules: () => rules,
      model: () => null,
      tracker: bench.tracker,
      store: {
        verdicts: { record: nothing } as never,
        coverage: { add: nothing } as never,
        silences: { until: () => null } as never,
      },
      alerts: {
        states: {
          ...{ snapshot: nothing, camera: nothing, scheduled: nothing },
          update: ({ verdict, phase }) => told.states?.push(`${verdict.ruleId} ${phase}`),
        },
        setCatalog: (catalog) => told.catalogs?.push(catalog),
      },
      tell: nothing,
    });
    watch.refresh();
    return watch;
  }

  async function darkFor(seconds: number, watch: Watch, bench: TrackerBench, rule: CompiledRule): Promise<void> {
    for (let i = 1; i <= seconds; i++) {
      await bench.clock.advance(1_000);
      const times = { capturedAt: bench.clock.now(), at: bench.clock.monotonic() };
      const frame: Frame = { cameraId: 'dock', seq: i, ...times, jpeg: new Uint8Array([i]), width: 4, height: 2 };
      const verdict = {
        ruleId: rule.id,
        cameraId: 'dock',
        frameSeq: i,
        ...times,
        value: 'unknown',
        cause: 'dark',
      } as const;
      const moments = { modelMs: 0, offeredAt: times.at, startedAt: times.at, finishedAt: times.at };
      watch.settle({ frame, verdicts: [{ rule, verdict, gated: false }], ...moments });
    }
  }

  it('makes the event, keeps it when rules are read again, and leaves the name to a rule file that has it', async () => {
    const bench = new TrackerBench();
    const rule = ruleOf({ cameras: ['dock'] });
    const watch = watchOf(bench, [rule]);
    await darkFor(70, watch, bench, rule);
    watch.refresh();
    expect(bench.commits.map(({ change }) => [change.type, change.event.ruleId])).toEqual([['new', CAMERA_PROBLEM]]);
    expect(bench.commits[0]?.evidence.map(({ role }) => role)).toEqual(['before', 'deciding']);

    const other = new TrackerBench();
    const own = ruleOf({ id: CAMERA_PROBLEM, cameras: ['dock'] });
    await darkFor(70, watchOf(other, [own]), other, own);
    expect(other.commits).toEqual([]);
  });

  it('tells subscribers of it as of a rule: as a state from the first picture on', async () => {
    const bench = new TrackerBench();
    const told: Told = { states: [], catalogs: [] };
    const rule = ruleOf({ cameras: ['dock'], everyMs: 5_000 });
    const watch = watchOf(bench, [rule], told);
    expect(told.catalogs[0]?.rules).toMatchObject([
      { id: rule.id, cameras: ['dock'] },
      { id: CAMERA_PROBLEM, cameras: ['dock'], isBuiltIn: true, everyMs: 5_000 },
    ]);
    await darkFor(70, watch, bench, rule);
    const problem = told.states.filter((state) => state.startsWith(CAMERA_PROBLEM));
    expect([problem[0], problem.at(-1)]).toEqual([`${CAMERA_PROBLEM} pending`, `${CAMERA_PROBLEM} firing`]);
    expect(problem).toHaveLength(70);

    const own: Told = { states: [], catalogs: [] };
    watchOf(new TrackerBench(), [ruleOf({ id: CAMERA_PROBLEM, cameras: ['dock'] })], own);
    expect(own.catalogs[0]?.rules).toHaveLength(1);
  });

  it('takes the view of a camera that was moved on purpose as usual from then on', async () => {
    const settings = cameraSettingsSchema.parse({ source: 'demo:robot_falls' });
    const inspector = createInspector([{ id: 'dock', settings }], new Health(() => 0));
    const frames = (await sampledPictures(`${DEMO_FOLDER}/robot_falls.mp4`, 0.5)).slice(0, 14);
    const turned = FAULTS.find(({ name }) => name === 'turned by 30 % of its view');
    let seq = 0;
    const look = async (jpeg: Buffer) => {
      const at = ++seq * 2_000;
      return (await inspector.inspect({ cameraId: 'dock', seq, at, capturedAt: at, jpeg, width: 640, height: 360 }))
        .trouble;
    };
    const moved = await Promise.all(frames.slice(5).map((jpeg) => turned?.apply(jpeg) ?? jpeg));
    for (const jpeg of frames.slice(0, 5)) expect(await look(jpeg)).toBeUndefined();
    await look(moved[0] as Buffer);
    expect(await look(moved[1] as Buffer)).toBe('moved');
    inspector.relearn('dock');
    for (const jpeg of moved.slice(2)) expect(await look(jpeg)).toBeUndefined();
  });
});
