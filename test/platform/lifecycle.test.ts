import { expect, test } from 'vitest';
import { Health } from '../../src/platform/health.ts';
import { Lifecycle, type Part } from '../../src/platform/lifecycle.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { ManualClock } from '../support/manual-clock.ts';

const recorded = (log: string[], name: string, extra: Partial<Part> = {}): Part => ({
  name,
  start: () => void log.push(`start ${name}`),
  stop: () => void log.push(`stop ${name}`),
  ...extra,
});

test('parts start in order and stop in reverse', async () => {
  const log: string[] = [];
  const lifecycle = new Lifecycle({ clock: new ManualClock(), logger: silentLogger });
  await lifecycle.start([recorded(log, 'store'), recorded(log, 'web')], new AbortController().signal);
  await lifecycle.stop();
  await lifecycle.stop();
  expect(log).toEqual(['start store', 'start web', 'stop web', 'stop store']);
});

test('a start that fails leaves the started parts to be stopped, the failing one included', async () => {
  const log: string[] = [];
  const lifecycle = new Lifecycle({ clock: new ManualClock(), logger: silentLogger });
  const broken = recorded(log, 'web', {
    start: () => {
      throw new Error('port taken');
    },
  });
  await expect(lifecycle.start([recorded(log, 'store'), broken], new AbortController().signal)).rejects.toThrow(
    'port taken',
  );
  await lifecycle.stop();
  expect(log).toEqual(['start store', 'stop web', 'stop store']);
});

test('an abort during the start ends it without an error', async () => {
  const log: string[] = [];
  const abort = new AbortController();
  const lifecycle = new Lifecycle({ clock: new ManualClock(), logger: silentLogger });
  await lifecycle.start([recorded(log, 'store', { start: () => abort.abort() }), recorded(log, 'web')], abort.signal);
  expect(log).toEqual([]);
});

test('a part that hangs at stop is left behind after its deadline', async () => {
  const clock = new ManualClock();
  const log: string[] = [];
  const lifecycle = new Lifecycle({ clock, logger: silentLogger, stopDeadlineMs: 5_000 });
  const hung = recorded(log, 'camera', { stop: () => new Promise(() => undefined) });
  await lifecycle.start([recorded(log, 'store'), hung], new AbortController().signal);
  const stopped = lifecycle.stop();
  await clock.advance(5_000);
  await stopped;
  expect(log).toContain('stop store');
});

test('health tells the worst part, since when, and only real changes', async () => {
  const clock = new ManualClock(1_000);
  const health = new Health(() => clock.now());
  const seen: string[] = [];
  health.onChange(({ part, status }) => seen.push(`${part} ${status}`));
  health.report('model', 'ok');
  await clock.advance(500);
  health.report('camera/a', 'degraded', 'dark');
  health.report('camera/a', 'degraded', 'dark');
  expect(health.overall()).toBe('degraded');
  expect(health.get('camera/a')).toMatchObject({ reason: 'dark', since: 1_500 });
  health.forget('camera/a');
  expect(health.overall()).toBe('ok');
  expect(seen).toEqual(['model ok', 'camera/a degraded']);
});
