import { createReportDesk } from '../../src/desks/report-desk.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { WatchwordError } from '../../src/platform/errors.ts';
import type { Finding } from '../../src/platform/findings.ts';
import { Health } from '../../src/platform/health.ts';
import { createLogger, type LogFields, silentLogger } from '../../src/platform/logger.ts';
import type { CompiledRule } from '../../src/rules/rule.ts';
import { AuditLog } from '../../src/store/audit.ts';
import { connect } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrations.ts';
import type {
  CameraStatus,
  EventFilter,
  EventLog,
  LatestFrame,
  LiveChange,
  Review,
  ReviewedEvent,
  Role,
  RuleStatus,
  Session,
  User,
  WebDeps,
  WebSettings,
} from '../../src/web/deps.ts';
import type { FirstRun } from '../../src/web/first-run.ts';
import { hashPassword } from '../../src/web/passwords.ts';
import type { ReportDesk } from '../../src/web/reporting.ts';
import type { SpareModel } from '../../src/web/rule-editing.ts';
import type { DrawnCamera, ZoneDesk } from '../../src/web/zone-drawing.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { demoCameras, demoEvents, demoRules, demoScores, demoStates, NOW } from './demo-store.ts';
import { MemoryBacktests, memoryRecords } from './memory-backtests.ts';
import { MemoryCameraDesk } from './memory-camera-desk.ts';
import { MemoryRules } from './memory-rules.ts';
import { MemoryUpkeep } from './memory-upkeep.ts';
import { demoPicture } from './pictures.ts';

export { demoEvent, NOW } from './demo-store.ts';

/** Cheap on purpose: the tests log in often. What real passwords cost is tested once, in passwords.test.ts. */
export const CHEAP = { N: 2 ** 4, r: 8, p: 1 };
export const PASSWORDS: Record<Role, string> = {
  viewer: 'viewer password',
  operator: 'operator password',
  admin: 'admin password',
};

/** A store with six cameras, as the web sees it. Everything can be changed by a test; `changed` tells the live pages. */
export class FakeStore<C extends Clock = ManualClock> {
  readonly clock: C;
  readonly health: Health;
  readonly logs: Array<{ level: string; message: string; fields: LogFields }> = [];
  cameras: CameraStatus[];
  frames = new Map<string, LatestFrame>();
  rules: CompiledRule[];
  readonly ruleFiles = new MemoryRules();
  readonly backtests: MemoryBacktests;
  /** What the model says of every picture that is tried. */
  trial: SpareModel['tryRule'] = async () => ({ value: 'yes', score: 0.93, mass: 0.99, ms: 31 });
  /** What it says of every picture it is asked about. */
  answer: SpareModel['ask'] = async (_question, _jpeg, tell) => {
    tell({ score: 0.93 });
    for (const words of ['Yes,', ' a shelf', ' is empty.']) tell({ words });
  };
  /** What is drawn on each camera. */
  drawn = new Map<string, DrawnCamera>();
  readonly cameraDesk = new MemoryCameraDesk();
  /** A fresh box has one. */
  firstRun: FirstRun | undefined;
  silenced = new Map<string, number>();
  findings: Finding[] = [];
  states: RuleStatus[];
  events: ReviewedEvent[];
  snapshots = new Map<string, Uint8Array>();
  users = new Map<string, User>();
  sessions = new Map<string, Session>();
  /** By the hash of the token. */
  tokens = new Map<string, { name: string; role: Role; createdAt?: number }>();
  readonly upkeep = new MemoryUpkeep();
  ready = true;
  readonly audit: AuditLog;
  readonly listeners = new Set<(change: LiveChange) => void>();
  settings: Partial<WebSettings> = { passwordCost: CHEAP };

  constructor(clock: C) {
    this.clock = clock;
    this.health = new Health(() => clock.now());
    const db = connect(':memory:', 'normal');
    migrate(db);
    this.audit = new AuditLog({ db, clock });
    this.cameras = demoCameras(clock.now());
    this.rules = demoRules();
    this.backtests = new MemoryBacktests(demoRules()[0] as CompiledRule);
    for (const { id, words } of this.rules) this.ruleFiles.texts.set(id, `rule: ${JSON.stringify(words)}\n`);
    this.states = demoStates(clock.now());
    this.events = demoEvents(clock.now());
  }

  /** One user of each role; names are the roles. */
  async addUsers(): Promise<void> {
    for (const role of ['viewer', 'operator', 'admin'] as const) {
      this.users.set(role, {
        name: role,
        role,
        passwordHash: await hashPassword(PASSWORDS[role], CHEAP),
        createdAt: NOW,
      });
    }
  }

  changed(change: LiveChange): void {
    for (const listener of [...this.listeners]) listener(change);
  }

  /** Pictures of the demo clips for every camera but the one that is down. */
  takePictures(): void {
    const scenes: Record<string, [clip: string, at: number]> = {
      'aisle-3': ['shelf_runs_empty', 45],
      entrance: ['spill_cleaned', 35],
      'warehouse-1': ['robot_falls', 10],
      'yard-road': ['road_incident', 5],
      'emergency-exit': ['exit_blocked', 40],
    };
    let seq = 41;
    for (const [id, [clip, at]] of Object.entries(scenes)) {
      this.frames.set(id, {
        seq: seq++,
        capturedAt: this.clock.now() - 3_000,
        width: 320,
        height: 180,
        jpeg: demoPicture(clip, at),
      });
    }
    this.snapshots.set('mm8x1-shelf', demoPicture('shelf_runs_empty', 40));
    this.snapshots.set('mm8x0-robot', demoPicture('robot_falls', 40));
    this.snapshots.set('mm8w9-spill', demoPicture('spill_cleaned', 30));
    this.snapshots.set('mm8w8-exit', demoPicture('exit_blocked', 40));
    this.snapshots.set('mm8w7-road', demoPicture('road_incident', 30));
  }

  deps(): WebDeps {
    const { clock, health } = this;
    const ruleDesk = this.ruleFiles.desk(() => this.cameras, clock);
    return {
      site: { name: 'Hafen Market', timeZone: 'Europe/Berlin' },
      clock,
      logger: createLogger((level, message, fields) => this.logs.push({ level, message, fields })),
      cameras: { list: () => this.cameras, latestFrame: (id) => this.frames.get(id) },
      rules: { list: () => this.rules, findings: () => this.findings },
      ruleDesk,
      backtests: this.backtests.desk(() => this.rules, ruleDesk),
      ruleRecords: memoryRecords,
      zoneDesk: this.#zoneDesk(),
      cameraDesk: this.cameraDesk,
      reports: this.#reports(),
      ...(this.firstRun && { firstRun: this.firstRun }),
      spareModel: {
        tryRule: (rule, picture, camera) => this.trial(rule, picture, camera),
        ask: (question, jpeg, tell, signal) => this.answer(question, jpeg, tell, signal),
      },
      states: { list: () => this.states },
      events: this.#eventLog(),
      silences: {
        until: (id) => this.silenced.get(id) ?? null,
        set: (id, until) => void (until === null ? this.silenced.delete(id) : this.silenced.set(id, until)),
      },
      history: {
        scores: ({ since, until, limit }) =>
          demoScores(this.clock.now())
            .filter((p) => p.capturedAt >= since && p.capturedAt <= until)
            .slice(0, limit),
      },
      health,
      users: {
        list: () => [...this.users.values()],
        get: (name) => this.users.get(name),
        put: (user) => void this.users.set(user.name, user),
        remove: (name) => void this.users.delete(name),
      },
      sessions: {
        get: (hash) => this.sessions.get(hash),
        put: (session) => void this.sessions.set(session.tokenHash, session),
        remove: (hash) => void this.sessions.delete(hash),
        removeOfUser: (name) => {
          const hashes = [...this.sessions.values()].filter((s) => s.userName === name).map((s) => s.tokenHash);
          for (const hash of hashes) this.sessions.delete(hash);
          return hashes;
        },
        removeExpired: (now) => {
          for (const session of [...this.sessions.values()])
            if (session.expiresAt <= now) this.sessions.delete(session.tokenHash);
        },
      },
      tokens: {
        find: (hash) => this.tokens.get(hash),
        list: () => [...this.tokens.values()].map((token) => ({ createdAt: NOW, ...token })),
        add: (token, hash) => {
          if ([...this.tokens.values()].some(({ name }) => name === token.name))
            throw new WatchwordError('conflict', `there is a token "${token.name}" already`);
          this.tokens.set(hash, token);
        },
        remove: (name) => {
          for (const [hash, token] of this.tokens) if (token.name === name) this.tokens.delete(hash);
        },
      },
      upkeep: this.upkeep,
      audit: this.audit,
      subscribe: (listener) => {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
      },
      model: () => ({ name: 'watchword-tiny', dtype: 'q8', device: 'cpu', weightsHash: '9f2c41d8a7b3e650'.repeat(4) }),
      run: { version: '0.1.0', startedAt: NOW - 26 * 3_600_000, id: 'r-17' },
      ready: () => this.ready,
      metrics: { contentType: 'text/plain; version=0.0.4', metrics: async () => 'watchword_frames_total 12\n' },
      settings: this.settings,
    };
  }

  #reports(): ReportDesk {
    const { clock } = this;
    const covered = { scheduledMs: 3_600_000, gatedMs: 0, longestGap: null };
    return createReportDesk({
      log: this.#eventLog(),
      coverage: {
        summaries: () => [
          { ...covered, ruleId: 'spill', cameraId: 'entrance', evaluatedMs: 3_600_000, lostMs: {}, share: 1 },
          {
            ...{ ...covered, ruleId: 'no-vest', cameraId: 'loading-dock', evaluatedMs: 900_000, share: 0.25 },
            lostMs: { 'camera-lost': 2_700_000 },
          },
        ],
      },
      rules: () => this.rules,
      timeZone: () => 'Europe/Berlin',
      shifts: [
        { name: 'early', startsAt: 6 * 60 },
        { name: 'late', startsAt: 14 * 60 },
      ],
      dayAt: null,
      publish: () => undefined,
      ...{ clock, logger: silentLogger },
    });
  }

  #zoneDesk(): ZoneDesk {
    const drawnNow = this.drawn;
    const now = (id: string): DrawnCamera => this.drawn.get(id) ?? { zones: {}, masks: [] };
    const versionOf = (id: string): string => JSON.stringify(now(id)).length.toString();
    return {
      open: async (id) => ({ ...now(id), version: versionOf(id) }),
      async save(id, version, drawn) {
        if (version !== versionOf(id)) throw new WatchwordError('conflict', 'the configuration was changed meanwhile');
        drawnNow.set(id, drawn);
      },
    };
  }

  #eventLog(): EventLog {
    const change = (id: string, review: Partial<Review>): boolean => {
      const index = this.events.findIndex(({ event }) => event.id === id);
      const found = this.events[index];
      if (!found) return false;
      this.events[index] = { ...found, review: { ...found.review, ...review } };
      return true;
    };
    return {
      list: (filter, { limit, cursor }) => {
        const matching = this.events.filter((reviewed) => matches(reviewed, filter));
        const from = cursor === undefined ? 0 : Number(cursor);
        return {
          events: matching.slice(from, from + limit),
          next: matching.length > from + limit ? String(from + limit) : null,
        };
      },
      get: (id) => this.events.find(({ event }) => event.id === id),
      countOpen: () => this.events.filter(({ event }) => event.endedAt === null).length,
      snapshot: async (id) => this.snapshots.get(id),
      acknowledge: (id, by, at) => change(id, { acknowledgedAt: at, acknowledgedBy: by }),
      mark: (id, mark, by) => change(id, { mark, markedBy: mark === null ? null : by }),
      note: (id, note) => change(id, { note }),
    };
  }
}

/** The store at NOW, with a clock that moves only when told. */
export function fakeStore(): FakeStore {
  return new FakeStore(new ManualClock(NOW));
}

function matches({ event, review }: ReviewedEvent, filter: EventFilter): boolean {
  const tests: boolean[] = [
    filter.cameraId === undefined || event.cameraId === filter.cameraId,
    filter.ruleId === undefined || event.ruleId === filter.ruleId,
    filter.severity === undefined || event.severity === filter.severity,
    filter.state === undefined || (event.endedAt === null) === (filter.state === 'open'),
    filter.mark === undefined || (review.mark ?? 'none') === filter.mark,
    filter.acknowledged === undefined || (review.acknowledgedAt !== null) === filter.acknowledged,
    filter.since === undefined || event.startedAt >= filter.since,
    filter.until === undefined || event.startedAt < filter.until,
    filter.text === undefined ||
      `${event.words} ${event.question} ${review.note}`.toLowerCase().includes(filter.text.toLowerCase()),
  ];
  return tests.every(Boolean);
}
