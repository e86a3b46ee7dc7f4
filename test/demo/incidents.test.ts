import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PictureHealth } from '../../src/cameras/picture-health.ts';
import { type ClipTruth, readAllTruths } from '../../src/demo/truth.ts';
import { INACTIVE, type RuleState, step } from '../../src/events/step.ts';
import { timingOf } from '../../src/events/timing.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { CompiledRule } from '../../src/rules/rule.ts';
import { judge } from '../../src/rules/verdict.ts';
import { loadVisionModelInThread } from '../../src/vision/load.ts';
import type { LocalVisionModel } from '../../src/vision/model.ts';
import { DEMO_FOLDER } from '../support/clips.ts';
import { demoStore } from '../support/demo-world/watching.ts';

const SIZE = { width: 640, height: 360 };
/** An event may come this much later than the scripted moment and the rule's own duration. */
const SLACK_S = 3;

/** What each shipped rule watches for in the words of the clips' truth, and the kind of place its cameras watch. */
const WATCHED: Readonly<Record<string, { predicate: string; family: string }>> = {
  'empty-shelf': { predicate: 'empty', family: 'store' },
  spill: { predicate: 'spill', family: 'store' },
  'fallen-robot': { predicate: 'robot_fallen', family: 'warehouse' },
  'blocked-exit': { predicate: 'exit_blocked', family: 'warehouse' },
  'no-vest': { predicate: 'nohivis', family: 'warehouse' },
  'traffic-hazard': { predicate: 'hazard', family: 'road' },
};

const { rules } = demoStore();
const truths = await readAllTruths(DEMO_FOLDER);

/** Stretches in which the predicate holds for at least the rule's duration: each must give one event. */
function occurrences(truth: ClipTruth, rule: CompiledRule): Array<[number, number]> {
  const spans = truth.truth[WATCHED[rule.id]?.predicate ?? ''] ?? [];
  return spans.filter(([from, to]) => to - from > rule.forMs / 1000 + rule.everyMs / 1000);
}

describe('the shipped rules on the demo clips, with the bundled model', { timeout: 120_000 }, () => {
  let model: LocalVisionModel;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'watchword-frames-'));
    model = await loadVisionModelInThread({ packageDir: join(DEMO_FOLDER, '..'), clock: systemClock });
  }, 60_000);
  afterAll(async () => {
    await model?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The clip's pictures at the rules' pace, each with its second. */
  function framesOf(clip: string, everyS: number): Array<{ second: number; jpeg: Buffer }> {
    const source = join(DEMO_FOLDER, `${clip}.mp4`);
    const filter = `fps=1/${everyS}:start_time=0:round=near`;
    execFileSync('ffmpeg', [
      ...['-nostdin', '-loglevel', 'error', '-i', source, '-vf', filter, '-q:v', '2'],
      join(folder, `${clip}-%03d.jpg`),
    ]);
    return readdirSync(folder)
      .filter((name) => name.startsWith(`${clip}-`))
      .sort()
      .map((name, index) => ({ second: index * everyS, jpeg: readFileSync(join(folder, name)) }));
  }

  /** When each rule's events open, in seconds of the clip, as the pipeline would see them. */
  async function eventsOf(truth: ClipTruth, watching: readonly CompiledRule[]): Promise<Map<string, number[]>> {
    const states = new Map<string, RuleState>(watching.map(({ id }) => [id, INACTIVE]));
    const opened = new Map<string, number[]>(watching.map(({ id }) => [id, []]));
    const health = new PictureHealth();
    const everyMs = Math.min(...watching.map((rule) => rule.everyMs));
    for (const [seq, { second, jpeg }] of framesOf(truth.clip, everyMs / 1000).entries()) {
      const at = second * 1000;
      const problem = await health.judge({ jpeg, at, ...SIZE });
      const look = await model.look(jpeg);
      const questions = watching.map(({ question }) => question);
      const answers = await model.score(look, questions);
      await model.release(look);
      for (const [index, rule] of watching.entries()) {
        const frame = { cameraId: truth.clip, seq, capturedAt: at, at };
        const { value } = judge(rule, frame, problem ?? answers[index] ?? 'model-failed');
        const { state, change } = step(states.get(rule.id) ?? INACTIVE, value, at, timingOf(rule));
        states.set(rule.id, state);
        if (change === 'raise') opened.get(rule.id)?.push(second);
      }
    }
    return opened;
  }

  it.each(truths)('$clip: one event for each thing that happens, in time, and no other', async (truth) => {
    const watching = rules.filter(({ id }) => WATCHED[id]?.family === truth.family);
    expect(watching.length).toBeGreaterThan(0);
    const opened = await eventsOf(truth, watching);
    for (const rule of watching) {
      const expected = occurrences(truth, rule);
      const events = opened.get(rule.id) ?? [];
      expect(events, `${rule.id}: scripted ${JSON.stringify(expected)}`).toHaveLength(expected.length);
      for (const [index, [from]] of expected.entries()) {
        const late = (events[index] ?? 0) - from;
        expect(late, `${rule.id} scripted at ${from} s`).toBeGreaterThanOrEqual(0);
        expect(late, `${rule.id} scripted at ${from} s`).toBeLessThanOrEqual(rule.forMs / 1000 + SLACK_S);
      }
    }
  });
});
