import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { tempFolder, tempStore } from '../store/temp-store.ts';
import { freePort, hasMosquitto, type Received, Subscriber, startMosquitto } from '../support/broker.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { EVENTS_TOPIC, Life, liveAndDie, verifyLives } from './crash-life.ts';
import { HARD, Seeded, seedOf } from './seeded.ts';

const KILLS = HARD ? 320 : 25;
const OWN_BROKER_KILLS = HARD ? 320 : 12;
const LIMIT = { timeout: HARD ? 1_800_000 : 180_000 };

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

/** A subscriber with a durable session that is away most of the time, and forgets nothing it heard. */
class Sleeper {
  readonly messages: Received[] = [];
  readonly #address: string;
  readonly #random: Seeded;
  readonly #stopped = new AbortController();
  #running: Promise<void> = Promise.resolve();
  visits = 0;

  constructor(address: string, random: Seeded) {
    this.#address = address;
    this.#random = random;
  }

  texts(topic: string): string[] {
    return this.messages.filter((message) => message.topic === topic).map(({ payload }) => payload.toString());
  }

  start(): void {
    this.#running = this.#run(this.#stopped.signal).catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  /** Comes once, subscribes the first time, stays a moment and goes again. */
  async visit(ms: number): Promise<void> {
    const filters = this.visits === 0 ? [EVENTS_TOPIC] : [];
    const options = { clientId: 'sleeper', clean: false, reconnectPeriod: 0, connectTimeout: 1_000 };
    const awake = await Subscriber.connect(this.#address, filters, options).catch(() => undefined);
    if (!awake) return;
    this.visits++;
    await systemClock.sleep(ms);
    await awake.stop();
    this.messages.push(...awake.messages);
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await systemClock.sleep(this.#random.below(1_500), signal);
      await this.visit(this.#random.below(200));
    }
  }
}

describe('the program killed at random moments with its own broker inside', () => {
  test(
    `subscribers that come back by themselves, or once in a while, miss nothing but updates dropped from a full queue (${OWN_BROKER_KILLS} kills)`,
    LIMIT,
    async () => {
      const random = new Seeded(seedOf(20_260_303));
      const dataDir = tempFolder();
      const port = await freePort();
      let observer: Subscriber | undefined;
      const sleeper = new Sleeper(`mqtt://127.0.0.1:${port}`, new Seeded(random.below(2 ** 31)));
      stops.push(() => sleeper.stop());
      // Who subscribes while alerts go out already may rightly miss the first ones.
      const empty = new Life(dataDir, `embedded:${port}`, 'serve');
      await until(async () => {
        await sleeper.visit(0);
        return sleeper.visits > 0;
      }, 'the broker to let the sleeper in');
      await empty.kill();
      sleeper.start();
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
      await sleeper.stop();
      if (!observer) throw new Error('nobody listened');
      stops.push(() => observer?.stop());
      const { store } = tempStore({ dataDir });
      const told = await verifyLives(store, observer, lives);
      expect(told.alerted).toBeGreaterThan(OWN_BROKER_KILLS / 2);
      store.close();
      const serving = new Life(dataDir, `embedded:${port}`, 'serve');
      const heard = (): number => new Set(sleeper.texts(EVENTS_TOPIC).map(keyOf)).size;
      await until(
        async () => {
          await sleeper.visit(200);
          return heard() >= new Set(lives.committed).size - lives.dropped;
        },
        'the sleeper to have it all',
        60_000,
      ).catch(() => undefined);
      await serving.kill();
      const again = tempStore({ dataDir }).store;
      const late = await verifyLives(again, sleeper, lives, lives.dropped);
      process.stdout.write(
        `crash matrix, embedded broker: seed ${random.seed}; ${OWN_BROKER_KILLS} kills, ${lives.beforeReady} of them before the program was ` +
          `ready; ${JSON.stringify(told)}, all told in order; the same to one with a durable session in ${sleeper.visits} visits, ` +
          `${late.repeats} of them twice and ${late.missed} updates not, of ${lives.dropped} messages dropped\n`,
      );
    },
  );
});

const keyOf = (text: string): string => (JSON.parse(text) as { key: string }).key;
