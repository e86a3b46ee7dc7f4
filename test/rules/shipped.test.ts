import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSettings } from '../../src/config/load.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { contextOf } from '../../src/rules/context.ts';
import { readRuleFile } from '../../src/rules/file.ts';
import type { CompiledRule } from '../../src/rules/rule.ts';
import { judge } from '../../src/rules/verdict.ts';
import { loadVisionModelInThread } from '../../src/vision/load.ts';
import type { LocalVisionModel } from '../../src/vision/model.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const modelDir = join(root, 'models/watchword-tiny');
const { settings } = readSettings(join(root, 'src/demo/demo.yaml'));
if (!settings) throw new Error('the demo configuration has errors');

const files = readdirSync(join(root, 'rules')).filter((name) => name.endsWith('.yaml'));
const read = files.map((name) => {
  const file = join(root, 'rules', name);
  return { name, ...readRuleFile(readFileSync(file, 'utf8'), file, contextOf(settings)) };
});
const rules = read.flatMap(({ rule }) => (rule ? [rule] : []));

/** What each shipped rule watches for, in the words of the clips' truth. */
const PREDICATES: Readonly<Record<string, string>> = {
  'empty-shelf': 'empty',
  'fallen-robot': 'robot_fallen',
  'traffic-hazard': 'hazard',
  spill: 'spill',
  'blocked-exit': 'exit_blocked',
  'no-vest': 'nohivis',
};

const demoCameras = Object.entries(settings.cameras).map(([id, camera]) => ({
  id,
  clip: camera.source.slice('demo:'.length),
}));
const STEP_S = 2;

interface Truth {
  readonly seconds: number;
  readonly truth: Record<string, Array<[number, number]>>;
  readonly undecided: Record<string, Array<[number, number]>>;
}

const truthOf = (clip: string): Truth => JSON.parse(readFileSync(join(modelDir, 'demo', `${clip}.json`), 'utf8'));

describe('the shipped rules', () => {
  it('are the six of the demo store, without errors or doubts', () => {
    expect(read.flatMap(({ findings }) => findings)).toEqual([]);
    expect(rules.map((rule) => rule.id).sort()).toEqual(Object.keys(PREDICATES).sort());
  });

  it('need a few seconds each, so that one wrong frame is no event', () => {
    for (const rule of rules) expect(rule.forMs, rule.id).toBeGreaterThanOrEqual(2 * rule.everyMs);
  });
});

describe('the bundled model on the shipped questions', () => {
  let model: LocalVisionModel;
  let frames: string;

  beforeAll(async () => {
    frames = mkdtempSync(join(tmpdir(), 'watchword-frames-'));
    for (const { clip } of demoCameras) {
      const source = join(modelDir, 'demo', `${clip}.mp4`);
      const target = join(frames, `${clip}-%03d.jpg`);
      execFileSync('ffmpeg', ['-loglevel', 'error', '-i', source, '-vf', `fps=1/${STEP_S}`, '-q:v', '2', target]);
    }
    model = await loadVisionModelInThread({ packageDir: modelDir, clock: systemClock });
  }, 60_000);

  afterAll(async () => {
    await model?.close();
    rmSync(frames, { recursive: true, force: true });
  });

  /** Longest run of yes frames outside the rule's incident, and the share of the incident's frames that are yes. */
  async function watch(rule: CompiledRule, camera: { id: string; clip: string }) {
    const { truth, undecided } = truthOf(camera.clip);
    const predicate = PREDICATES[rule.id] ?? '';
    const within = (spans: Array<[number, number]> | undefined, s: number, slack: number): boolean =>
      (spans ?? []).some(([start, end]) => s >= start - slack && s <= end + slack);
    const pictures = readdirSync(frames)
      .filter((name) => name.startsWith(`${camera.clip}-`))
      .sort();
    let falseRun = 0;
    let longestFalseRun = 0;
    const inside: string[] = [];
    for (const [index, name] of pictures.entries()) {
      const look = await model.look(readFileSync(join(frames, name)));
      const [answer] = await model.score(look, [rule.question]);
      await model.release(look);
      if (!answer) throw new Error('no answer');
      // ffmpeg takes the picture nearest to the middle of each step.
      const at = (index + 0.5) * STEP_S;
      const { value } = judge(rule, { cameraId: camera.id, seq: index, capturedAt: 0, at }, answer);
      if (within(truth[predicate], at, -STEP_S)) inside.push(value);
      const outside = !within(truth[predicate], at, STEP_S) && !within(undecided[predicate], at, STEP_S);
      falseRun = outside && value === 'yes' ? falseRun + 1 : 0;
      longestFalseRun = Math.max(longestFalseRun, falseRun);
    }
    return { inside, longestFalseRun };
  }

  it.each(rules)('$id is seen in its own clip and in no other', async (rule) => {
    for (const camera of demoCameras.filter(({ id }) => rule.cameras.includes(id))) {
      const { inside, longestFalseRun } = await watch(rule, camera);
      // An event needs yes for longer than `for`; a lone wrong frame does not make one.
      expect(longestFalseRun * STEP_S * 1000, `${rule.id} at ${camera.id}`).toBeLessThan(rule.forMs);
      const yes = inside.filter((value) => value === 'yes').length;
      expect(yes, `${rule.id} at ${camera.id}: ${inside.join(' ')}`).toBeGreaterThanOrEqual(
        Math.ceil(0.9 * inside.length),
      );
    }
    const own = demoCameras.find(
      ({ id, clip }) => rule.cameras.includes(id) && (truthOf(clip).truth[PREDICATES[rule.id] ?? ''] ?? []).length > 0,
    );
    expect(own, `${rule.id} has an incident at one of its cameras`).toBeDefined();
  });
});
