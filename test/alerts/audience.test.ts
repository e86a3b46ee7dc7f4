import { describe, expect, test } from 'vitest';
import { Audience, covers } from '../../src/alerts/audience.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';

describe('the audience of the embedded broker', () => {
  /** Whether alerts may be published, as time goes by. */
  function waiting() {
    const clock = new ManualClock();
    const hearsAlerts = (filter: string): boolean => covers(filter, 'watchword/shop/events');
    const audience = new Audience({ clock, hearsAlerts, times: { waitMs: 20_000, settleMs: 1_000 } });
    const stopped = new AbortController();
    let isReady = false;
    let reason: unknown;
    audience.admitted();
    audience.ready(stopped.signal).then(
      () => {
        isReady = true;
      },
      (error: unknown) => {
        reason = error;
      },
    );
    return { clock, audience, stopped, ready: () => isReady, reason: () => reason };
  }

  test('is waited for: until the first listener is there, and a moment longer for others', async () => {
    const { clock, audience, ready } = waiting();
    await clock.advance(5_000);
    audience.subscribed('watchword/shop/rule/+/enabled');
    await clock.advance(2_000);
    expect(ready()).toBe(false);
    audience.subscribed('watchword/shop/#');
    await clock.advance(500);
    audience.subscribed('#');
    await clock.advance(499);
    expect(ready()).toBe(false);
    await clock.advance(1);
    expect(ready()).toBe(true);
  });

  test('that never comes is not waited for for ever', async () => {
    const { clock, ready } = waiting();
    await clock.advance(19_999);
    expect(ready()).toBe(false);
    await clock.advance(1);
    expect(ready()).toBe(true);
    expect(clock.sleeping).toBe(0);
  });

  test('a stop ends the wait', async () => {
    const { clock, stopped, ready, reason } = waiting();
    stopped.abort(new Error('stopping'));
    await settle();
    expect(ready()).toBe(false);
    expect(reason()).toEqual(new Error('stopping'));
    expect(clock.sleeping).toBe(0);
  });

  test.each([
    ['#', true],
    ['watchword/#', true],
    ['watchword/shop/events', true],
    ['watchword/shop/events/#', true],
    ['+/+/events', true],
    ['watchword/shop', false],
    ['watchword/shop/+/x', false],
    ['watchword/other/events', false],
    ['+', false],
  ])('%s covers the alerts of the shop: %s', (filter, expected) => {
    expect(covers(filter, 'watchword/shop/events')).toBe(expected);
  });
});
