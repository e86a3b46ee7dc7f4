import { createReportDesk } from '../../../src/desks/report-desk.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { silentLogger } from '../../../src/platform/logger.ts';
import type { CompiledRule } from '../../../src/rules/rule.ts';
import { openStore } from '../../../src/store/store.ts';
import type { CameraStatus, RuleStatus, WebDeps } from '../../../src/web/deps.ts';
import { demoRules } from '../../web/demo-store.ts';
import { FakeStore } from '../../web/fixture.ts';

export const CAMERAS = 100;
export const RULES = 200;
/** Cameras that each rule watches. */
const SPREAD = 3;

const cameraId = (index: number): string => `camera-${(index % CAMERAS) + 1}`;

export const cameraIds: readonly string[] = Array.from({ length: CAMERAS }, (_, index) => cameraId(index));

/** The six sentences of the test store, over and over. */
export function manyRules(): CompiledRule[] {
  const six = demoRules();
  return Array.from({ length: RULES }, (_, index): CompiledRule => {
    const model = six[index % six.length] as CompiledRule;
    const cameras = Array.from({ length: SPREAD }, (__, step) => cameraId(index * SPREAD + step));
    return { ...model, id: `${model.id}-${index + 1}`, cameras, file: `rules/${model.id}-${index + 1}.yaml` };
  });
}

/** A box with 100 cameras, 200 rules and the events of a real database; frames and states move as `move` says. */
export class LargeStore {
  readonly web: FakeStore<Clock>;
  readonly #rules = manyRules();
  #seq = 1_000;

  constructor() {
    this.web = new FakeStore(systemClock);
    this.web.takePictures();
    const pictures = [...this.web.frames.values()];
    this.web.rules = this.#rules;
    this.web.cameras = cameraIds.map(
      (id, index): CameraStatus => ({
        ...{ id, name: `Camera ${index + 1}`, source: `rtsp://watch:***@10.0.4.${index + 1}/h264`, health: 'ok' },
        ...{ cause: '', since: systemClock.now() - 3_600_000 },
      }),
    );
    this.web.frames = new Map(
      cameraIds.map((id, index) => [id, pictures[index % pictures.length] as (typeof pictures)[number]]),
    );
    this.web.states = this.#rules.flatMap(({ id, cameras }) =>
      cameras.map(
        (camera): RuleStatus => ({
          ...{ ruleId: id, cameraId: camera, phase: 'inactive', since: systemClock.now() - 600_000, value: 'no' },
          ...{ score: 0.06, evaluatedAt: systemClock.now() },
        }),
      ),
    );
  }

  /** One change, as a frame and its verdict make it. */
  move(index: number): void {
    const at = index % this.web.states.length;
    const state = this.web.states[at];
    const frame = state && this.web.frames.get(state.cameraId);
    if (!state || !frame) return;
    this.web.frames.set(state.cameraId, { ...frame, seq: ++this.#seq, capturedAt: systemClock.now() });
    this.web.states[at] = { ...state, score: (index % 37) / 100, evaluatedAt: systemClock.now() };
    this.web.changed({ kind: 'frame', cameraId: state.cameraId });
    this.web.changed({ kind: 'state', ruleId: state.ruleId, cameraId: state.cameraId });
  }

  deps(dataDir: string): WebDeps {
    const store = openStore({ dataDir, clock: systemClock, logger: silentLogger, version: 'bench' });
    const reports = createReportDesk({
      ...{ log: store.log, coverage: store.coverage, rules: () => this.#rules, timeZone: () => 'Europe/Berlin' },
      ...{ shifts: [{ name: 'early', startsAt: 360 }], dayAt: null, publish: () => undefined },
      ...{ clock: systemClock, logger: silentLogger },
    });
    const events: WebDeps['events'] = {
      list: (filter, page) => store.log.list(filter, page),
      get: (id) => store.log.get(id),
      countOpen: () => store.log.countOpen(),
      snapshot: (id) => store.log.snapshot(id),
      acknowledge: (id, by, at) => store.log.acknowledge(id, by, at),
      mark: (id, mark, by, at) => store.log.mark(id, mark, by, at),
      note: (id, text, by, at) => store.log.note(id, text, by, at),
    };
    return { ...this.web.deps(), events, reports };
  }
}
