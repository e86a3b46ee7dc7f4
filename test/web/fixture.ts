import type { WatchEvent } from '../../src/events/event.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { Finding } from '../../src/platform/findings.ts';
import { Health } from '../../src/platform/health.ts';
import { createLogger, type LogFields } from '../../src/platform/logger.ts';
import type { CompiledRule, Span } from '../../src/rules/rule.ts';
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
  ScorePoint,
  Session,
  User,
  WebDeps,
  WebSettings,
} from '../../src/web/deps.ts';
import { hashPassword } from '../../src/web/passwords.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { demoPicture } from './pictures.ts';

export const NOW = Date.parse('2026-03-02T09:00:00Z');
const MINUTE = 60_000;
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
  findings: Finding[] = [];
  states: RuleStatus[];
  events: ReviewedEvent[];
  snapshots = new Map<string, Uint8Array>();
  users = new Map<string, User>();
  sessions = new Map<string, Session>();
  tokens = new Map<string, { name: string; role: Role }>();
  ready = true;
  readonly listeners = new Set<(change: LiveChange) => void>();
  settings: Partial<WebSettings> = { passwordCost: CHEAP };

  constructor(clock: C) {
    this.clock = clock;
    this.health = new Health(() => clock.now());
    this.cameras = demoCameras(clock.now());
    this.rules = demoRules();
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
    return {
      site: { name: 'Hafen Market', timeZone: 'Europe/Berlin' },
      clock,
      logger: createLogger((level, message, fields) => this.logs.push({ level, message, fields })),
      cameras: { list: () => this.cameras, latestFrame: (id) => this.frames.get(id) },
      rules: { list: () => this.rules, findings: () => this.findings },
      states: { list: () => this.states },
      events: this.#eventLog(),
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
      tokens: { find: (hash) => this.tokens.get(hash) },
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

export function demoCameras(now: number): CameraStatus[] {
  const camera = (id: string, name: string, source: string, more: Partial<CameraStatus> = {}): CameraStatus => ({
    ...{ id, name, source, health: 'ok', cause: '', since: now - 26 * 60 * MINUTE },
    ...more,
  });
  return [
    camera('aisle-3', 'Aisle 3, cereals', 'rtsp://watch:***@10.0.4.13/h264'),
    camera('entrance', 'Entrance', 'rtsp://watch:***@10.0.4.11/h264'),
    camera('warehouse-1', 'Warehouse, lane 1', 'rtsp://watch:***@10.0.4.21/h264'),
    camera('yard-road', 'Yard road', 'demo:road_incident', {
      health: 'degraded',
      cause: 'too dark to judge',
      since: now - 14 * MINUTE,
    }),
    camera('emergency-exit', 'Emergency exit, rear', 'rtsp://watch:***@10.0.4.24/h264'),
    camera('loading-dock', 'Loading dock', 'rtsp://watch:***@10.0.4.25/h264', {
      health: 'down',
      cause: 'connection refused; trying again in 8 s',
      since: now - 3 * 60 * MINUTE,
    }),
  ];
}

function rule(
  id: string,
  words: string,
  parts: Array<[text: string, means: string, value: string]>,
  more: Partial<CompiledRule>,
): CompiledRule {
  const spans: Span[] = parts.map(([text, means, value]) => ({
    start: words.indexOf(text),
    end: words.indexOf(text) + text.length,
    means,
    value,
  }));
  return {
    ...{
      id,
      words,
      cameras: ['*'],
      enabled: true,
      file: `rules/${id}.yaml`,
      question: '',
      expects: 'yes',
      forMs: 0,
      clearAfterMs: 30_000,
      schedule: null,
    },
    ...{
      severity: 'warning',
      cooldownMs: 0,
      everyMs: 2_000,
      zone: null,
      raise: 0.65,
      clear: 0.4,
      minMass: 0.2,
      spans,
      warnings: [],
    },
    ...more,
  };
}

export function demoRules(): CompiledRule[] {
  return [
    rule(
      'empty-shelf',
      'Alert me when a shelf is empty for 5 minutes during opening hours',
      [
        ['a shelf is empty', 'question', 'Is a shelf empty?'],
        ['for 5 minutes', 'duration', '5 min'],
        ['during opening hours', 'schedule', 'opening hours'],
      ],
      {
        question: 'Is a shelf empty?',
        forMs: 5 * MINUTE,
        cameras: ['aisle-*'],
        schedule: [{ calendar: 'opening hours', negate: false }],
      },
    ),
    rule(
      'fallen-robot',
      'Critical: tell me at once when a robot has fallen over in the warehouse',
      [
        ['Critical', 'severity', 'critical'],
        ['a robot has fallen over', 'question', 'Has a robot fallen over?'],
        ['in the warehouse', 'place', 'warehouse-1'],
      ],
      { question: 'Has a robot fallen over?', severity: 'critical', cameras: ['warehouse-1'] },
    ),
    rule(
      'spill',
      'Warn me about a spill on the floor, at most once an hour',
      [
        ['a spill on the floor', 'question', 'Is there a spill on the floor?'],
        ['at most once an hour', 'rate', '1 h'],
      ],
      { question: 'Is there a spill on the floor?', cooldownMs: 60 * MINUTE, cameras: ['entrance', 'aisle-3'] },
    ),
    rule(
      'blocked-exit',
      'Alert me when the emergency exit is blocked for 1 minute',
      [['for 1 minute', 'duration', '1 min']],
      {
        question: 'Is the emergency exit blocked?',
        severity: 'critical',
        forMs: MINUTE,
        cameras: ['emergency-exit'],
      },
    ),
    rule(
      'road-hazard',
      'Tell me when there is a hazard on the road between 6am and 8pm on weekdays',
      [['between 6am and 8pm on weekdays', 'schedule', '06:00-20:00']],
      {
        question: 'Is there a hazard on the road?',
        cameras: ['yard-road'],
        schedule: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '06:00', to: '20:00' }],
      },
    ),
    rule(
      'no-vest',
      'Note when a person is without a hi-vis vest at the loading dock',
      [
        ['Note', 'severity', 'info'],
        ['without', 'polarity', 'no'],
      ],
      {
        question: 'Is every person wearing a hi-vis vest?',
        expects: 'no',
        severity: 'info',
        cameras: ['loading-dock'],
        warnings: [
          {
            code: 'small-object',
            message: 'A vest may be too small in the whole picture; draw a zone',
            start: 27,
            end: 43,
          },
        ],
      },
    ),
  ];
}

export function demoStates(now: number): RuleStatus[] {
  const state = (ruleId: string, cameraId: string, more: Partial<RuleStatus>): RuleStatus => ({
    ...{
      ruleId,
      cameraId,
      phase: 'inactive',
      since: now - 50 * MINUTE,
      value: 'no',
      score: 0.06,
      evaluatedAt: now - 2_000,
    },
    ...more,
  });
  return [
    state('empty-shelf', 'aisle-3', {
      phase: 'firing',
      value: 'yes',
      score: 0.93,
      since: now - 12 * MINUTE,
      eventId: 'mm8x1-shelf',
    }),
    state('spill', 'aisle-3', { score: 0.04 }),
    state('spill', 'entrance', { phase: 'pending', value: 'yes', score: 0.71, since: now - 20_000 }),
    state('fallen-robot', 'warehouse-1', { score: 0.02 }),
    {
      ruleId: 'road-hazard',
      cameraId: 'yard-road',
      phase: 'inactive',
      since: now - 14 * MINUTE,
      value: 'unknown',
      cause: 'dark',
      evaluatedAt: now - 4_000,
    },
    state('blocked-exit', 'emergency-exit', {
      phase: 'firing',
      value: 'yes',
      score: 0.88,
      since: now - 3 * MINUTE,
      eventId: 'mm8w8-exit',
    }),
    { ruleId: 'no-vest', cameraId: 'loading-dock', phase: 'inactive', since: null, value: null, evaluatedAt: null },
  ];
}

const REVIEW: Review = { mark: null, markedBy: null, acknowledgedAt: null, acknowledgedBy: null, note: '' };

export function demoEvent(more: Partial<WatchEvent> & { id: string }, review: Partial<Review> = {}): ReviewedEvent {
  const event: WatchEvent = {
    ...{
      ruleId: 'empty-shelf',
      words: 'Alert me when a shelf is empty for 5 minutes during opening hours',
      question: 'Is a shelf empty?',
    },
    ...{
      cameraId: 'aisle-3',
      severity: 'warning',
      startedAt: NOW - 12 * MINUTE,
      endedAt: null,
      score: 0.93,
      model: 'watchword-tiny q8',
    },
    ...{ weightsHash: '9f2c41d8a7b3e650'.repeat(4), stale: false, revision: 1 },
    ...more,
  };
  return { event, review: { ...REVIEW, ...review } };
}

export function demoEvents(now: number): ReviewedEvent[] {
  const [, robot, spill, exit, road] = demoRules();
  const of = (source: CompiledRule | undefined) =>
    source ? { ruleId: source.id, words: source.words, question: source.question, severity: source.severity } : {};
  return [
    demoEvent({ id: 'mm8w8-exit', ...of(exit), cameraId: 'emergency-exit', startedAt: now - 3 * MINUTE, score: 0.88 }),
    demoEvent({ id: 'mm8x1-shelf', startedAt: now - 12 * MINUTE }),
    demoEvent(
      {
        id: 'mm8x0-robot',
        ...of(robot),
        cameraId: 'warehouse-1',
        startedAt: now - 100 * MINUTE,
        endedAt: now - 58 * MINUTE,
        score: 0.97,
      },
      {
        mark: 'right',
        markedBy: 'operator',
        acknowledgedAt: now - 98 * MINUTE,
        acknowledgedBy: 'operator',
        note: 'Robot 4 lost a wheel.\nPut upright, sent to repair.',
      },
    ),
    demoEvent({
      id: 'mm8w9-spill',
      ...of(spill),
      cameraId: 'entrance',
      startedAt: now - 200 * MINUTE,
      endedAt: now - 186 * MINUTE,
      score: 0.81,
    }),
    demoEvent(
      {
        id: 'mm8w7-road',
        ...of(road),
        cameraId: 'yard-road',
        startedAt: now - 26 * 60 * MINUTE,
        endedAt: now - 26 * 60 * MINUTE + 40_000,
        score: 0.68,
      },
      { mark: 'wrong', markedBy: 'admin' },
    ),
  ];
}

/** Two minutes of calm, a rise, a plateau with a dark minute in it. */
export function demoScores(now: number): ScorePoint[] {
  const points: ScorePoint[] = [];
  for (let ago = 30 * MINUTE; ago >= 0; ago -= 10_000) {
    const capturedAt = now - ago;
    const wave = 0.03 * Math.sin(ago / 37_000);
    if (ago > 6 * MINUTE && ago < 7 * MINUTE) points.push({ capturedAt, value: 'unknown', cause: 'dark' });
    else if (ago > 12 * MINUTE) points.push({ capturedAt, value: 'no', score: 0.07 + wave });
    else points.push({ capturedAt, value: 'yes', score: 0.89 + wave });
  }
  return points;
}
