import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import type { Store } from '../../src/store/store.ts';
import { tempFolder, tempStore } from '../store/temp-store.ts';
import { hasMosquitto, Subscriber, startMosquitto } from '../support/broker.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { HARD, Seeded, seedOf } from './seeded.ts';

const DAEMON = fileURLToPath(new URL('crash-daemon.js', import.meta.url));
const EVENTS_TOPIC = 'watchword/crash/events';
const KILLS = HARD ? 320 : 25;

const stops: Array<() => Promise<void> | void> = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** One life of the program, with the keys it told as committed. */
class Life {
  readonly committed: string[] = [];
  readonly opened = new Set<string>();
  readonly #child: ChildProcess;
  readonly #words = new Set<string>();
  readonly #gone: Promise<unknown>;

  constructor(dataDir: string, port: number, mode: 'load' | 'settle') {
    this.#child = spawn(process.execPath, [DAEMON, dataDir, `mqtt://127.0.0.1:${port}`, mode], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    stops.push(() => void this.#child.kill('SIGKILL'));
    this.#gone = once(this.#child, 'close');
    createInterface({ input: this.#child.stdout ?? process.stdin }).on('line', (line) => this.#hear(line));
  }

  said(word: string): boolean {
    return this.#words.has(word);
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Gone, with every line it wrote read. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }

  /** Stands still for a while, as a paused virtual machine does. */
  async suspend(ms: number): Promise<void> {
    this.#child.kill('SIGSTOP');
    await systemClock.sleep(ms);
    this.#child.kill('SIGCONT');
  }

  #hear(line: string): void {
    const [word = '', key] = line.split(' ');
    if (key === undefined) return void this.#words.add(word);
    if (word === 'committed') this.committed.push(key);
    this.opened.add(key.split(':')[0] ?? '');
  }
}

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

interface Told {
  readonly key: string;
  readonly event: { readonly id: string; readonly revision: number };
}

/** What the subscriber saw: each key with one content, and each event's keys by revision, in the order of first sight. */
function seenBy(observer: Subscriber): Map<string, string[]> {
  const contents = new Map<string, string>();
  const byEvent = new Map<string, string[]>();
  for (const text of observer.texts(EVENTS_TOPIC)) {
    const { key, event } = JSON.parse(text) as Told;
    const before = contents.get(key);
    if (before !== undefined && before !== text)
      throw new Error(`${key} came with two contents: ${before} and ${text}`);
    contents.set(key, text);
    if (before !== undefined) continue;
    const keys = byEvent.get(event.id) ?? [];
    byEvent.set(event.id, keys);
    keys.push(key);
    if (event.revision !== keys.length) throw new Error(`${event.id} out of order: ${keys.join(' ')}`);
  }
  return byEvent;
}

/** Every event in the database was told completely, and its pictures are there and its own. Returns how many there are. */
async function verifyStore(store: Store, seen: Map<string, string[]>): Promise<{ events: number; alerted: number }> {
  let events = 0;
  let alerted = 0;
  for (let cursor: string | null = null; ; ) {
    const page = store.log.list({}, { limit: 500, ...(cursor !== null && { cursor }) });
    for (const {
      event: { id },
    } of page.events) {
      events++;
      const event = store.events.get(id);
      const keys = seen.get(id) ?? [];
      expect(keys.length, `messages of ${id}: ${keys.join(' ')}`).toBe(event?.revision);
      expect(event?.endedAt, `${id} is open`).not.toBeNull();
      if (keys.length === 0) continue;
      alerted++;
      expect(keys[0]).toBe(`${id}:new:1`);
      expect(keys.at(-1)).toBe(`${id}:end:${keys.length}`);
      await verifyPictures(store, id);
    }
    cursor = page.next;
    if (cursor === null) return { events, alerted };
  }
}

async function verifyPictures(store: Store, eventId: string): Promise<void> {
  const pictures = store.evidence.ofEvent(eventId);
  expect(pictures.map(({ role }) => role)).toContain('deciding');
  for (const picture of pictures) {
    const content = Buffer.from((await store.evidence.read(picture)) ?? []).toString();
    expect(content.length).toBe(picture.bytes);
    expect(content).toContain(` ${picture.capturedAt} ${picture.score ?? ''}`);
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

  /** Lets it live for a random time, at times too short to get ready, at times interrupted, and kills it. */
  async function liveAndDie(life: Life, random: Seeded): Promise<void> {
    if (random.chance(0.8)) await until(() => life.said('open') || life.ended, 'the program to open its store', 60_000);
    await systemClock.sleep(random.below(500));
    if (random.chance(0.1)) {
      await life.suspend(random.below(1_500));
      await systemClock.sleep(random.below(200));
    }
    expect(life.ended, 'the program ended by itself').toBe(false);
    await life.kill();
  }

  test(`tells every committed event at least once, in order, with one content, and forgets no open one (${KILLS} kills)`, {
    timeout: HARD ? 1_800_000 : 120_000,
  }, async () => {
    const random = new Seeded(seedOf(20_260_302));
    const { broker, observer, proxy, line } = await setUp(random);
    const dataDir = tempFolder();
    const committed: string[] = [];
    const opened = new Set<string>();
    let beforeOpen = 0;
    let restarts = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const life = new Life(dataDir, proxy.port, 'load');
      if (kill % 12 === 11) {
        await broker.restart();
        restarts++;
      }
      await liveAndDie(life, random);
      if (!life.said('open')) beforeOpen++;
      committed.push(...life.committed);
      for (const id of life.opened) opened.add(id);
    }
    await line.stop();
    const last = new Life(dataDir, proxy.port, 'settle');
    await until(() => last.said('settled') || last.ended, 'everything to be delivered', 120_000);
    expect(last.said('settled')).toBe(true);
    committed.push(...last.committed);

    const { store } = tempStore({ dataDir });
    const wanted = new Set(committed);
    const distinct = (): Set<string> => new Set([...seenBy(observer).values()].flat());
    await until(() => observer.messages.length >= wanted.size, 'the subscriber', 60_000);
    await until(() => [...wanted].every((key) => distinct().has(key)), 'the subscriber to see all', 60_000);
    const seen = seenBy(observer);
    const { events, alerted } = await verifyStore(store, seen);
    expect(store.log.countOpen()).toBe(0);
    expect([...opened].filter((id) => store.events.get(id) === undefined)).toEqual([]);
    expect([...seen.keys()].filter((id) => store.events.get(id) === undefined)).toEqual([]);
    expect(store.outbox.depth().messages).toBe(0);
    expect(alerted).toBeGreaterThan(KILLS / 2);
    const keys = [...seen.values()].flat().length;
    const killedRuns = store.runs.newest(10_000).filter(({ stoppedAt }) => stoppedAt === null).length - 1;
    expect(killedRuns).toBeGreaterThan(KILLS / 2);
    process.stdout.write(
      `crash matrix: seed ${random.seed}; ${KILLS} kills, ${beforeOpen} of them before the program was ready; faults ` +
        `${JSON.stringify({ ...line.counts, brokerRestarts: restarts })}, ${proxy.connections} connections; ${events} events, ` +
        `${alerted} of them alerted; ${keys} messages, all delivered in order, and ${observer.messages.length - keys} ` +
        `repeats\n`,
    );
  });
});
