import type { WatchEvent } from '../../src/events/event.ts';
import type { CompiledRule, Span } from '../../src/rules/rule.ts';
import type { CameraStatus, Review, ReviewedEvent, RuleStatus, ScorePoint } from '../../src/web/deps.ts';

/** What the store of the web tests looks like: six cameras, six rules, five events, half an hour of scores. */
export const NOW = Date.parse('2026-03-02T09:00:00Z');
const MINUTE = 60_000;

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
      remindMs: 0,
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
