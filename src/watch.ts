import type { Alerts } from './alerts/alerts.ts';
import type { CatalogCamera } from './alerts/catalog.ts';
import { type Assignment, assignmentsOf, catalogRules, watchedBy } from './assignments.ts';
import { CAMERA_PROBLEM, CameraProblems, problemRule } from './camera-problems.ts';
import type { CameraState } from './cameras/camera.ts';
import type { Frame } from './cameras/frame.ts';
import { Coverage, type CoverageMoment } from './events/coverage.ts';
import type { Tracker } from './events/tracker.ts';
import type { Judgement, Pipeline } from './pipeline.ts';
import type { Clock } from './platform/clock.ts';
import type { Health } from './platform/health.ts';
import { wallClockProblem } from './platform/wall-clock.ts';
import type { CompiledRule } from './rules/rule.ts';
import { type Calendar, isOn } from './rules/schedule.ts';
import type { Verdict } from './rules/verdict.ts';
import type { Store } from './store/store.ts';
import type { ModelIdentity } from './vision/model.ts';
import type { LiveChange } from './web/deps.ts';

export interface WatchOptions {
  readonly clock: Clock;
  /** Reports as part `clock`. */
  readonly health: Health;
  readonly timeZone: string;
  readonly calendars: Readonly<Record<string, Calendar>>;
  readonly cameras: readonly CatalogCamera[];
  /** The rules in force, disabled ones too. */
  readonly rules: () => readonly CompiledRule[];
  readonly model: () => ModelIdentity | null;
  readonly tracker: Tracker;
  readonly store: Pick<Store, 'verdicts' | 'coverage' | 'silences'>;
  readonly alerts: Pick<Alerts, 'states' | 'setCatalog'>;
  readonly tell: (change: LiveChange) => void;
}

/**
 * Keeps what is asked in step with rules, cameras and hours, and carries each judgement on: to the tracker, the history, the
 * retained states and the pages. Nothing here waits.
 */
export class Watch {
  readonly #options: WatchOptions;
  readonly #coverage = new Coverage();
  readonly #lastFrames = new Map<string, Frame>();
  readonly #problems: CameraProblems;
  #pipeline: Pipeline | undefined;
  #assignments: readonly Assignment[] = [];
  /** While it is not, rules with hours are not asked, and what is open of them stays open. */
  #clockIsSet = true;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#problems = new CameraProblems({ tracker: options.tracker });
  }

  get assignments(): readonly Assignment[] {
    return this.#assignments;
  }

  /** Takes rules, cameras and hours as they are now. Call it at the start and after each change of the rules. */
  refresh(pipeline: Pipeline | undefined = this.#pipeline): void {
    this.#pipeline = pipeline;
    const { cameras, rules, tracker, alerts, store } = this.#options;
    const cameraIds = cameras.map((camera) => camera.id);
    const all = [...rules(), ...this.#problemRules(cameraIds)];
    tracker.reconcile(watchedBy(all, cameraIds));
    alerts.setCatalog({ cameras, rules: catalogRules(all, cameraIds, (id) => store.silences.until(id)) });
    this.#assign(this.#current());
    this.#options.tell({ kind: 'rules' });
  }

  /** Call it about every second: opens and closes hours, and lets waiting changes out. */
  tick(): void {
    const wasSet = this.#clockIsSet;
    const now = this.#current();
    const changed = now.some(({ scheduled }, i) => scheduled !== this.#assignments[i]?.scheduled);
    if (changed || wasSet !== this.#clockIsSet) this.#assign(now);
    this.#options.tracker.tick();
  }

  /** Call it every few seconds: writes the coverage counted since the last time. */
  flush(): void {
    this.#options.store.coverage.add(this.#coverage.flush(this.#now()));
  }

  /** A camera came or went. */
  cameraChanged(cameraId: string, state: CameraState): void {
    const { tracker, alerts, tell } = this.#options;
    if (state === 'lost') {
      tracker.cameraLost(cameraId);
      this.#coverage.cameraLost(cameraId, this.#now());
    }
    if (state === 'live') tracker.cameraBack(cameraId);
    alerts.states.camera(cameraId, state === 'live');
    tell({ kind: 'camera', cameraId });
  }

  /** A frame was replaced before the model had time for it. */
  frameDropped(cameraId: string): void {
    this.#coverage.dropped(cameraId);
  }

  /** What the pipeline calls with each judgement. */
  settle({ frame, verdicts }: Judgement): void {
    const { tracker, store, tell } = this.#options;
    const { cameraId } = frame;
    const own = this.#options.model();
    const before = this.#lastFrames.get(cameraId);
    this.#lastFrames.set(cameraId, frame);
    const problem = this.#watchesProblems() ? this.#problems.settle({ frame, verdicts }, before) : undefined;
    if (problem) this.#publish(problem, null);
    for (const { rule, verdict, gated, answeredBy } of verdicts) {
      const identity = answeredBy ?? own;
      tracker.observe({
        verdict,
        rule,
        frame,
        ...(before && { before }),
        model: identity ? `${identity.name} ${identity.dtype}` : '',
        weightsHash: identity?.weightsHash ?? '',
      });
      store.verdicts.record(verdict, rule);
      this.#coverage.turn(rule.id, cameraId, gated ? 'gated' : (verdict.cause ?? 'evaluated'), frame);
      this.#publish(verdict, this.#coverage.share(rule.id, cameraId));
      tell({ kind: 'state', ruleId: rule.id, cameraId });
    }
  }

  #publish(verdict: Verdict, coverage: number | null): void {
    const { tracker, alerts } = this.#options;
    const view = tracker.view(verdict.ruleId, verdict.cameraId);
    if (view) alerts.states.update({ verdict, phase: view.phase, since: view.since, coverage });
  }

  /** Unless a rule file has taken the name. */
  #watchesProblems(): boolean {
    return !this.#options.rules().some(({ id }) => id === CAMERA_PROBLEM);
  }

  #problemRules(cameraIds: readonly string[]): CompiledRule[] {
    if (!this.#watchesProblems()) return [];
    // Seen as often as the rarest rule looks, at the least: silence for longer means that nobody knows.
    const everyMs = Math.max(2_000, ...this.#options.rules().map((rule) => rule.everyMs));
    return [{ ...problemRule('', everyMs), cameras: cameraIds }];
  }

  #now(): CoverageMoment {
    const { clock } = this.#options;
    return { at: clock.monotonic(), capturedAt: clock.now() };
  }

  #current(): Assignment[] {
    const { cameras, rules, calendars, timeZone, clock, health } = this.#options;
    const ids = cameras.map((camera) => camera.id);
    const problem = wallClockProblem(clock.now());
    this.#clockIsSet = problem === undefined;
    // Hours by a clock that is not set would be any hours.
    if (problem) health.report('clock', 'degraded', `${problem}: rules with hours pause`);
    else health.report('clock', 'ok');
    return assignmentsOf(rules(), ids, ({ schedule }) =>
      problem ? schedule === null : isOn(schedule, calendars, timeZone, clock.now()),
    );
  }

  #assign(assignments: readonly Assignment[]): void {
    const { tracker, alerts } = this.#options;
    const now = this.#now();
    const on = new Set<string>();
    for (const { rule, cameraId, scheduled } of assignments) {
      alerts.states.scheduled(cameraId, rule.id, scheduled);
      if (scheduled) {
        on.add(`${rule.id}\n${cameraId}`);
        this.#coverage.begin(rule.id, cameraId, rule.everyMs, now);
      } else if (this.#clockIsSet) tracker.offSchedule(rule.id, cameraId);
    }
    for (const { rule, cameraId } of this.#assignments) {
      if (!on.has(`${rule.id}\n${cameraId}`)) this.#coverage.end(rule.id, cameraId, now);
    }
    const watched = new Set(assignments.flatMap(({ cameraId, scheduled }) => (scheduled ? [cameraId] : [])));
    for (const { id } of this.#options.cameras) {
      if (this.#watchesProblems()) alerts.states.scheduled(id, CAMERA_PROBLEM, watched.has(id));
      if (!watched.has(id)) this.#problems.unwatched(id);
    }
    this.#assignments = assignments;
    this.#pipeline?.assign(assignments.filter(({ scheduled }) => scheduled));
  }
}
