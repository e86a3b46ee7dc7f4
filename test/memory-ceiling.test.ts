import { describe, expect, test } from 'vitest';
import { MemoryCeiling } from '../src/memory-ceiling.ts';
import { LoadingModel } from '../src/model-loading.ts';
import { Health } from '../src/platform/health.ts';
import { silentLogger } from '../src/platform/logger.ts';
import { ManualClock } from './support/manual-clock.ts';
import { fakeModel } from './support/test-app.ts';

const GB = 2 ** 30;

/** A process whose memory, in GB, is `gb` of the minutes since the start and since the model was loaded last. */
function box(gb: (minutes: number, sinceRenewal: number) => number) {
  const clock = new ManualClock();
  const health = new Health(() => clock.now());
  const renewals: number[] = [];
  const minutes = (): number => clock.monotonic() / 60_000;
  const model = { renew: async () => void renewals.push(minutes()) };
  const rss = (): number => gb(minutes(), minutes() - (renewals.at(-1) ?? 0)) * GB;
  const ceiling = new MemoryCeiling({ model, clock, logger: silentLogger, health, rss, limit: () => 8 * GB });
  const pass = async (length: number): Promise<number[]> => {
    for (const until = minutes() + length; minutes() < until; ) {
      await clock.advance(30_000);
      await ceiling.look();
    }
    return renewals;
  };
  return { pass, health };
}

describe('the ceiling over the memory', () => {
  test('a process that grows beyond it gets its model anew', async () => {
    const { pass, health } = box((minutes, since) => (minutes > 90 && since > 90 ? 6 : 2));
    expect(await pass(90)).toEqual([]);
    expect(health.get('memory')?.status).toBe('ok');
    // The third look in a row, half a minute apart.
    expect(await pass(30)).toEqual([expect.closeTo(91, 1)]);
    expect(health.get('memory')?.status).toBe('ok');
  });

  test('a burst is no leak, and a model that needs most of the box is none either', async () => {
    expect(await box((minutes) => (minutes % 30 < 1 ? 7 : 2)).pass(200)).toEqual([]);
    expect(await box(() => 6.5).pass(200)).toEqual([]);
  });

  test('a leak that goes on is met once an hour at most', async () => {
    const leak = box((_minutes, since) => 2 + Math.min(5, since / 6));
    const renewals = await leak.pass(302);
    expect(renewals).toHaveLength(5);
    for (const [i, at] of renewals.entries())
      expect(Math.round(at - (renewals[i - 1] ?? 0))).toBeGreaterThanOrEqual(60);
  });

  test('the model is closed before it is loaded again, and answers afterwards', async () => {
    const clock = new ManualClock();
    const told: string[] = [];
    const load = async () => {
      told.push('load');
      return { ...fakeModel(() => 0.9), close: async () => void told.push('close') };
    };
    const model = new LoadingModel({ load, clock, logger: silentLogger, health: new Health(() => clock.now()) });
    await model.start();
    const renewing = model.renew();
    await expect(model.look(new Uint8Array())).rejects.toMatchObject({ kind: 'unavailable' });
    await renewing;
    expect(told).toEqual(['load', 'close', 'load']);
    expect((await model.score(await model.look(new Uint8Array()), ['Is it?']))[0]?.score).toBe(0.9);
    await model.stop();
    await model.renew();
    expect(told).toEqual(['load', 'close', 'load', 'close']);
  });
});
