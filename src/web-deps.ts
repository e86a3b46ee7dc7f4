import { CAMERA_PROBLEM } from './camera-problems.ts';
import type { Camera } from './cameras/camera.ts';
import { LiveView } from './cameras/live-view.ts';
import type { Tracker } from './events/tracker.ts';
import type { Clock } from './platform/clock.ts';
import type { Health } from './platform/health.ts';
import type { Logger } from './platform/logger.ts';
import { maskSecrets } from './platform/secrets.ts';
import type { RuleFolder } from './rules/folder.ts';
import type { Store } from './store/store.ts';
import type { ModelIdentity } from './vision/model.ts';
import type { Watch } from './watch.ts';
import type { CameraStatus, LiveChange, RuleStatus, RunIdentity, WebDeps } from './web/deps.ts';

export interface WebDepsOptions extends Pick<WebDeps, 'zoneDesk' | 'reports' | 'firstRun' | 'upkeep'> {
  readonly site: WebDeps['site'];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly health: Health;
  readonly cameras: readonly Camera[];
  /** Absent where live pictures are switched off. */
  readonly liveView?: LiveView;
  readonly clips: NonNullable<WebDeps['clips']>;
  readonly ruleFolder: RuleFolder;
  readonly ruleDesk: WebDeps['ruleDesk'];
  readonly spareModel: WebDeps['spareModel'];
  readonly backtests: WebDeps['backtests'];
  readonly ruleRecords: WebDeps['ruleRecords'];
  readonly chat: NonNullable<WebDeps['chat']>;
  readonly watch: Watch;
  readonly tracker: Tracker;
  readonly store: Store;
  readonly model: () => ModelIdentity | null;
  readonly run: RunIdentity;
  readonly ready: () => boolean;
  readonly subscribe: (listener: (change: LiveChange) => void) => () => void;
  readonly metrics: NonNullable<WebDeps['metrics']>;
  readonly trustProxy: boolean;
  /** So that subscribers hear of what a person did on the page. */
  readonly acknowledged: (eventId: string, at: number) => void;
  /** What this camera shows now is as it should be. */
  readonly relearn: (cameraId: string) => void;
}

/** Live pictures of at most so many cameras at once; undefined when none are wanted. */
export function liveViewOf(
  cameras: readonly Camera[],
  maxStreams: number,
  { clock, logger }: { clock: Clock; logger: Logger },
): LiveView | undefined {
  if (maxStreams === 0) return undefined;
  const camera = (id: string): Camera | undefined => cameras.find((each) => each.id === id);
  return new LiveView({ camera, clock, logger, random: Math.random, maxStreams });
}

/** The running parts as the web wants to see them. */
export function webDepsOf(options: WebDepsOptions): WebDeps {
  const { cameras, ruleFolder, watch, tracker, store, health, acknowledged } = options;
  const { log } = store;
  return {
    ...options,
    cameras: {
      list: () => cameras.map((camera) => cameraStatus(camera, health)),
      latestFrame: (id) => cameras.find((camera) => camera.id === id)?.latest(),
    },
    rules: { list: () => ruleFolder.rules(), findings: () => ruleFolder.findings() },
    states: { list: () => watch.assignments.map(({ rule, cameraId }) => ruleStatus(tracker, rule.id, cameraId)) },
    events: {
      list: (filter, page) => log.list(filter, page),
      get: (id) => log.get(id),
      countOpen: () => log.countOpen(),
      snapshot: (id) => log.snapshot(id),
      acknowledge(id, by, at) {
        const known = log.acknowledge(id, by, at);
        if (known) acknowledged(id, at);
        return known;
      },
      mark(id, mark, by, at) {
        const event = log.get(id)?.event;
        // Whoever says that a moved camera is no problem has moved it on purpose.
        if (mark === 'wrong' && event?.ruleId === CAMERA_PROBLEM) options.relearn(event.cameraId);
        return log.mark(id, mark, by, at);
      },
      note: (id, text, by, at) => log.note(id, text, by, at),
    },
    silences: {
      until: (ruleId) => store.silences.until(ruleId),
      set(ruleId, until, by) {
        store.silences.set(ruleId, until, by);
        watch.refresh();
      },
    },
    history: {
      scores: ({ since, until, ...query }) => store.verdicts.scores({ ...query, since, until }),
    },
    users: store.users,
    sessions: store.sessions,
    tokens: store.tokens,
    audit: store.audit,
    settings: { trustProxy: options.trustProxy },
  };
}

function cameraStatus(camera: Camera, health: Health): CameraStatus {
  const { id, settings } = camera;
  const { cause, since } = camera.status();
  const part = health.get(`camera/${id}`);
  return {
    id,
    name: settings.name ?? id,
    source: maskSecrets(settings.source),
    health: part?.status ?? 'degraded',
    cause: part?.reason || cause,
    since: part?.since ?? since,
  };
}

function ruleStatus(tracker: Tracker, ruleId: string, cameraId: string): RuleStatus {
  const view = tracker.view(ruleId, cameraId);
  if (!view) return { ruleId, cameraId, phase: 'inactive', since: null, value: null, evaluatedAt: null };
  const { phase, since, verdict, event } = view;
  return {
    ruleId,
    cameraId,
    phase,
    since,
    value: verdict?.value ?? null,
    evaluatedAt: verdict?.capturedAt ?? null,
    ...(verdict?.cause !== undefined && { cause: verdict.cause }),
    ...(verdict?.score !== undefined && { score: verdict.score }),
    ...(event && { eventId: event.id }),
  };
}
