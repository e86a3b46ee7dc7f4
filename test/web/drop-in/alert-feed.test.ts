import { expect, test } from 'vitest';
import { silentLogger } from '../../../src/platform/logger.ts';
import type { RuleStatus } from '../../../src/web/deps.ts';
import { AlertFeed } from '../../../src/web/drop-in/alert-feed.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** A feed with one listener and one alert, whose state the test gives. */
function feedOf(site = { name: '', timeZone: 'Asia/Tokyo' }) {
  const clock = new ManualClock(Date.parse('2026-03-02T16:05:09Z'));
  const heard: Array<Record<string, string>> = [];
  let silencedUntil: number | null = null;
  let state: RuleStatus = {
    ...{ ruleId: 'nvidia-lane-r3', cameraId: 'lane', phase: 'inactive', since: null, value: 'no', evaluatedAt: 1 },
  };
  let mayListen = true;
  const closed: number[] = [];
  const feed = new AlertFeed({
    ...{ clock, site, logger: silentLogger, cooldownMs: 60_000 },
    silences: { until: () => silencedUntil, set: () => undefined },
    alerts: {
      find: (ruleId) =>
        ruleId === state.ruleId ? { alertId: 'r3', rule: 'is it lying?', streamId: 'a-stream', state } : undefined,
    },
  });
  feed.audience.join(
    {
      send: (text) => void heard.push(JSON.parse(String(text)) as Record<string, string>),
      close: (code) => void closed.push(code ?? 0),
      raw: undefined,
    },
    () => mayListen,
  );
  return {
    ...{ clock, heard, closed },
    judge(change: Partial<RuleStatus>) {
      state = { ...state, ...change };
      feed.judged('nvidia-lane-r3', 'lane');
      return heard.length;
    },
    silence(until: number | null) {
      silencedUntil = until;
    },
    revoke() {
      mayListen = false;
    },
    feed,
  };
}

test('an alert is told when its event is open, in the time of the site, and again after each cooldown while it is true', async () => {
  const { judge, heard, clock } = feedOf();
  expect(judge({ value: 'yes', phase: 'pending' })).toBe(0);
  expect(judge({ phase: 'firing', eventId: 'e1' })).toBe(1);
  expect(heard[0]).toEqual({
    title: 'VLM Alert Triggered',
    description: 'The VLM has determined the alert rule: is it lying? is True!',
    alert_id: 'r3',
    type: 'vlm_alert',
    rule_string: 'is it lying?',
    timestamp: '2026-03-03 01:05:09',
    stream_id: 'a-stream',
  });
  await clock.advance(59_999);
  expect(judge({})).toBe(1);
  await clock.advance(1);
  expect(judge({ value: 'no' })).toBe(1);
  expect(judge({ value: 'unknown', cause: 'dark' })).toBe(1);
  expect(judge({ value: 'yes' })).toBe(2);
});

test('another event is told however soon it comes, and a silenced rule is not told', () => {
  const { judge, silence } = feedOf();
  expect(judge({ value: 'yes', phase: 'firing', eventId: 'e1' })).toBe(1);
  silence(9e15);
  expect(judge({ eventId: 'e2' })).toBe(1);
  silence(null);
  expect(judge({ eventId: 'e2' })).toBe(2);
});

test('who holds a token that was taken back hears nothing more', () => {
  const { judge, revoke, closed, feed } = feedOf();
  revoke();
  expect(judge({ value: 'yes', phase: 'firing', eventId: 'e1' })).toBe(0);
  expect(closed).toEqual([4_401]);
  expect(feed.audience.count).toBe(0);
});
