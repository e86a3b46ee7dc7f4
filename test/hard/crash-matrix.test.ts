import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { tempFolder, tempStore } from '../store/temp-store.ts';
import { freePort, hasMosquitto, Subscriber, startMosquitto } from '../support/broker.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { EVENTS_TOPIC, Life, liveAndDie, verifyLives } from './crash-life.ts';
import { HARD, Seeded, seedOf } from './seeded.ts';

const KILLS = HARD ? 320 : 25;
const OWN_BROKER_KILLS = HARD ? 320 : 12;
const LIMIT = { timeout: HARD ? 1_800_000 : 120_000 };

const stops: Array<() => Promise<void> | void> = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** Disturbs the line at random, until told to stop; then it is whole. */
class BadLine {
  readonly counts = { cut: 0, cutMidway: 0, refused: 0, delayed: 0, blackHole: 0, noAnswers: 0 };
  readonly #proxy: TcpProxy;
  readonly #random: Seeded;
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;

  constructor(proxy: TcpProxy, random: Seeded) {
    this.#proxy = proxy;
    this.#random = random;
    this.#running = this.#run(this.#stopped.signal).catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
    this.#heal();
    this.#proxy.cut();
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await systemClock.sleep(this.#random.below(300), signal);
      const fault = this.#random.pick(Object.keys(this.counts) as Array<keyof BadLine['counts']>);
      this.counts[fault]++;
      this.#start(fault);
      await systemClock.sleep(
        20 + this.#random.below(fault === 'blackHole' || fault === 'noAnswers' ? 700 : 200),
        signal,
      );
      this.#heal();
    }
  }

  #start(fault: keyof BadLine['counts']): void {
    const proxy = this.#proxy;
    if (fault === 'cutMidway') proxy.cutAfterBytes = 100 + this.#random.below(6_000);
    if (fault === 'delayed') proxy.delayMs = 10 + this.#random.below(150);
    if (fault === 'blackHole') proxy.fault = 'black-hole';
    if (fault === 'noAnswers') proxy.fault = 'black-hole-answers';
    if (fault === 'refused') proxy.fault = 'refuse';
    if (fault === 'refused' || fault === 'cut') proxy.cut();
  }

  #heal(): void {
    this.#proxy.fault = 'none';
    this.#proxy.cutAfterBytes = 0;
    this.#proxy.delayMs = 0;
  }
}

describe.skipIf(!hasMosquitto)('the program killed at random moments behind a bad line', () => {
  async function setUp(random: Seeded) {
    const broker = await startMosquitto({
      lines: ['allow_anonymous true', 'persistence true', 'persistence_location %d/'],
    });
    stops.push(() => broker.stop());
    const observer = await Subscriber.connect(`mqtt://127.0.0.1:${broker.port}`, [EVENTS_TOPIC], {
      clientId: 'observer',
      clean: false,
    });
    stops.push(() => observer.stop());
    const proxy = new TcpProxy(() => ({ host: '127.0.0.1', port: broker.port }));
    await proxy.start();
    stops.push(() => proxy.stop());
    const line = new BadLine(proxy, new Seeded(random.below(2 ** 31)));
    stops.push(() => line.stop());
    return { broker, observer, proxy, line };
  }

  test(
    `tells every committed event at least once, in order, with one content, and forgets no open one (${KILLS} kills)`,
    LIMIT,
    async () => {
      const random = new Seeded(seedOf(20_260_302));
      const { broker, observer, proxy, line } = await setUp(random);
      const dataDir = tempFolder();
      let restarts = 0;
      const lives = await liveAndDie({
        kills: KILLS,
        random,
        start: (mode) => new Life(dataDir, `mqtt://127.0.0.1:${proxy.port}`, mode),
        async between(kill) {
          if (kill % 12 !== 11) return;
          await broker.restart();
          restarts++;
        },
        beforeLast: () => line.stop(),
      });
      const { store } = tempStore({ dataDir });
      const told = await verifyLives(store, observer, lives);
      expect(told.alerted).toBeGreaterThan(KILLS / 2);
      const killedRuns = store.runs.newest(10_000).filter(({ stoppedAt }) => stoppedAt === null).length - 1;
      expect(killedRuns).toBeGreaterThan(KILLS / 2);
      const faults = JSON.stringify({ ...line.counts, brokerRestarts: restarts });
      process.stdout.write(
        `crash matrix: seed ${random.seed}; ${KILLS} kills, ${lives.beforeReady} of them before the program was ready; faults ${faults}, ` +
          `${proxy.connections} connections; ${JSON.stringify(told)}, all told in order\n`,
      );
    },
  );
});

describe('the program killed at random moments with its own broker inside', () => {
  test(
    `a subscriber that comes back by itself misses no committed event (${OWN_BROKER_KILLS} kills)`,
    LIMIT,
    async () => {
      const random = new Seeded(seedOf(20_260_303));
      const dataDir = tempFolder();
      const port = await freePort();
      let observer: Subscriber | undefined;
      const lives = await liveAndDie({
        kills: OWN_BROKER_KILLS,
        random,
        start: (mode) => new Life(dataDir, `embedded:${port}`, mode),
        async between(kill) {
          if (kill > 0) return;
          const address = `mqtt://127.0.0.1:${port}`;
          await until(async () => {
            observer = await Subscriber.connect(address, [EVENTS_TOPIC], { reconnectPeriod: 100 }).catch(
              () => undefined,
            );
            return observer !== undefined;
          }, 'the broker to let somebody in');
        },
      });
      if (!observer) throw new Error('nobody listened');
      stops.push(() => observer?.stop());
      const { store } = tempStore({ dataDir });
      const told = await verifyLives(store, observer, lives);
      expect(told.alerted).toBeGreaterThan(OWN_BROKER_KILLS / 2);
      process.stdout.write(
        `crash matrix, embedded broker: seed ${random.seed}; ${OWN_BROKER_KILLS} kills, ${lives.beforeReady} of them before the program was ` +
          `ready; ${JSON.stringify(told)}, all told in order\n`,
      );
    },
  );
});
