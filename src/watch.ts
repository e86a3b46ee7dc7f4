import type { Alerts } from './alerts/alerts.ts';
import type { CatalogCamera } from './alerts/catalog.ts';
import { type Assignment, assignmentsOf, catalogRules, watchedBy } from './assignments.ts';
import type { Frame } from './cameras/frame.ts';
import type { Tracker } from './events/tracker.ts';
import type { Judgement, Pipeline } from './pipeline.ts';
import type { Clock } from './platform/clock.ts';
import type { CompiledRule } from './rules/rule.ts';
import { type Calendar, isOn } from './rules/schedule.ts';
import type { VerdictStore } from './store/verdicts.ts';
import type { ModelIdentity } from './vision/model.ts';
import type { LiveChange } from './web/deps.ts';

export interface WatchOptions {
  readonly clock: Clock;
  readonly timeZone: string;
  readonly calendars: Readonly<Record<string, Calendar>>;
  readonly cameras: readonly CatalogCamera[];
  /** The rules in force, disabled ones too. */
  readonly rules: () => readonly CompiledRule[];
  readonly silencedUntil: (ruleId: string) => number | null;
  readonly model: () => ModelIdentity | null;
  readonly tracker: Tracker;
  readonly verdicts: VerdictStore;
  readonly alerts: Pick<Alerts, 'states' | 'setCatalog'>;
  readonly tell: (change: LiveChange) => void;
}

/**
 * Keeps what is asked in step with rules, cameras and hours, and carries each judgement on: to the tracker, the history, the
 * retained states and the pages. Nothing here waits.
 */
export class Watch {
  readonly #options: WatchOptions;
  readonly #lastFrames = new Map<string, Frame>();
  #pipeline: Pipeline | undefined;
  #assignments: readonly Assignment[] = [];

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  get assignments(): readonly Assignment[] {
    return this.#assignments;
  }

  /** Takes rules, cameras and hours as they are now. Call it at the start and after each change of the rules. */
  refresh(pipeline: Pipeline | undefined = this.#pipeline): void {
    this.#pipeline = pipeline;
    const { cameras, rules, tracker, alerts, silencedUntil } = this.#options;
    const cameraIds = cameras.map((camera) => camera.id);
    tracker.reconcile(watchedBy(rules(), cameraIds));
    alerts.setCatalog({ cameras, rules: catalogRules(rules(), cameraIds, silencedUntil) });
    this.#assign(this.#current());
    this.#options.tell({ kind: 'rules' });
  }

  /** Call it about every second: opens and closes hours, and lets waiting changes out. */
  tick(): void {
    const now = this.#current();
    const changed = now.some(({ scheduled }, i) => scheduled !== this.#assignments[i]?.scheduled);
    if (changed) this.#assign(now);
    this.#options.tracker.tick();
  }

  /** What the pipeline calls with each judgement. */
  settle({ frame, verdicts }: Judgement): void {
    const { tracker, verdicts: history, alerts, tell } = this.#options;
    const identity = this.#options.model();
    const before = this.#lastFrames.get(frame.cameraId);
    this.#lastFrames.set(frame.cameraId, frame);
    for (const { rule, verdict } of verdicts) {
      tracker.observe({
        verdict,
        rule,
        frame,
        ...(before && { before }),
        model: identity ? `${identity.name} ${identity.dtype}` : '',
        weightsHash: identity?.weightsHash ?? '',
      });
      history.record(verdict, rule);
      const view = tracker.view(rule.id, frame.cameraId);
      if (view) alerts.states.update({ verdict, phase: view.phase, since: view.since, coverage: null });
      tell({ kind: 'state', ruleId: rule.id, cameraId: frame.cameraId });
    }
  }

  #current(): Assignment[] {
    const { cameras, rules, calendars, timeZone, clock } = this.#options;
    const ids = cameras.map((camera) => camera.id);
    return assignmentsOf(rules(), ids, (rule) => isOn(rule.schedule, calendars, timeZone, clock.now()));
  }

  #assign(assignments: readonly Assignment[]): void {
    const { tracker, alerts } = this.#options;
    this.#assignments = assignments;
    for (const { rule, cameraId, scheduled } of assignments) {
      alerts.states.scheduled(cameraId, rule.id, scheduled);
      if (!scheduled) tracker.offSchedule(rule.id, cameraId);
    }
    this.#pipeline?.assign(assignments.filter(({ scheduled }) => scheduled));
  }
}
