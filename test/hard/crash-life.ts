import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import type { Store } from '../../src/store/store.ts';
import type { Subscriber } from '../support/broker.ts';
import { until } from '../support/until.ts';
import type { Seeded } from './seeded.ts';

const DAEMON = fileURLToPath(new URL('crash-daemon.js', import.meta.url));
export const EVENTS_TOPIC = 'watchword/crash/events';

/** `settle` ends what is open, delivers all and ends; `serve` only lets subscribers have what waits for them. */
export type LifeMode = 'load' | 'settle' | 'serve';

/** One life of the program, with the keys it told as committed. */
export class Life {
  readonly committed: string[] = [];
  readonly opened = new Set<string>();
  /** Messages given up for durable sessions. */
  dropped = 0;
  readonly #child: ChildProcess;
  readonly #words = new Set<string>();
  readonly #gone: Promise<unknown>;

  /** @param broker the address of one, or `embedded:PORT` for its own */
  constructor(dataDir: string, broker: string, mode: LifeMode) {
    this.#child = spawn(process.execPath, [DAEMON, dataDir, broker, mode], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void this.#child.kill('SIGKILL'));
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
    if (word === 'dropped') {
      this.dropped += Number(key);
      return;
    }
    if (word === 'committed') this.committed.push(key);
    this.opened.add(key.split(':')[0] ?? '');
  }
}

/** What a series of lives told. */
export interface Lives {
  readonly committed: readonly string[];
  readonly opened: ReadonlySet<string>;
  /** Messages given up for durable sessions. */
  readonly dropped: number;
  readonly beforeReady: number;
}

/** Lives that are killed one after the other, and a last one that ends its events and delivers what is left. */
export async function liveAndDie(options: {
  readonly kills: number;
  readonly random: Seeded;
  readonly start: (mode: LifeMode) => Life;
  readonly between?: (kill: number) => Promise<void>;
  readonly beforeLast?: () => Promise<void>;
}): Promise<Lives> {
  const { kills, random, start } = options;
  const committed: string[] = [];
  const opened = new Set<string>();
  let beforeReady = 0;
  let dropped = 0;
  for (let kill = 0; kill < kills; kill++) {
    const life = start('load');
    await options.between?.(kill);
    await untilKilled(life, random);
    if (!life.said('open')) beforeReady++;
    committed.push(...life.committed);
    dropped += life.dropped;
    for (const id of life.opened) opened.add(id);
  }
  await options.beforeLast?.();
  const last = start('settle');
  await until(() => last.said('settled') || last.ended, 'everything to be delivered', 120_000);
  expect(last.said('settled')).toBe(true);
  return { committed: [...committed, ...last.committed], opened, beforeReady, dropped: dropped + last.dropped };
}

/** Lets it live for a random time, at times too short to get ready, at times interrupted, and kills it. */
async function untilKilled(life: Life, random: Seeded): Promise<void> {
  if (random.chance(0.8)) await until(() => life.said('open') || life.ended, 'the program to open its store', 60_000);
  await systemClock.sleep(random.below(500));
  if (random.chance(0.1)) {
    await life.suspend(random.below(1_500));
    await systemClock.sleep(random.below(200));
  }
  expect(life.ended, 'the program ended by itself').toBe(false);
  await life.kill();
}

/** Whoever heard the alerts. */
export type Hearer = Pick<Subscriber, 'messages' | 'texts'>;

/**
 * Everything told as committed, and everything in the database, reached the subscriber, except at most `mayMiss` updates.
 * Returns the numbers of it.
 */
export async function verifyLives(
  store: Store,
  observer: Hearer,
  { committed, opened }: Lives,
  mayMiss = 0,
): Promise<{ events: number; alerted: number; messages: number; repeats: number; missed: number }> {
  const wanted = new Set(committed);
  const missing = (): string[] => {
    const seen = new Set([...seenBy(observer, mayMiss > 0).values()].flat());
    return [...wanted].filter((key) => !seen.has(key));
  };
  const isLoss = (): boolean => missing().length > mayMiss || missing().some((key) => !key.includes(':update:'));
  await until(() => observer.messages.length >= wanted.size - mayMiss && !isLoss(), 'the subscriber', 20_000).catch(
    () => expect(missing(), `of ${wanted.size} committed never seen, of which ${mayMiss} updates may be`).toEqual([]),
  );
  const seen = seenBy(observer, mayMiss > 0);
  const { events, alerted, missed } = await verifyStore(store, seen);
  expect(missed).toBeLessThanOrEqual(mayMiss);
  expect(store.log.countOpen()).toBe(0);
  expect([...opened].filter((id) => store.events.get(id) === undefined)).toEqual([]);
  expect([...seen.keys()].filter((id) => store.events.get(id) === undefined)).toEqual([]);
  expect(store.outbox.depth().messages).toBe(0);
  const messages = [...seen.values()].flat().length;
  return { events, alerted, messages, repeats: observer.messages.length - messages, missed };
}

interface Told {
  readonly key: string;
  readonly event: { readonly id: string; readonly revision: number };
}

/** What the subscriber saw: each key with one content, and each event's keys by revision, in the order of first sight. */
function seenBy(observer: Pick<Hearer, 'texts'>, mayHaveGaps: boolean): Map<string, string[]> {
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
    const expected = mayHaveGaps ? Math.max(event.revision, revisionOf(keys.at(-2)) + 1) : keys.length;
    if (event.revision !== expected) throw new Error(`${event.id} out of order: ${keys.join(' ')}`);
  }
  return byEvent;
}

const revisionOf = (key: string | undefined): number => Number(key?.split(':')[2] ?? 0);

/** Every event in the database was told from new to end, and its pictures are there and its own. Returns how many there are. */
async function verifyStore(
  store: Store,
  seen: Map<string, string[]>,
): Promise<{ events: number; alerted: number; missed: number }> {
  let events = 0;
  let alerted = 0;
  let missed = 0;
  for (let cursor: string | null = null; ; ) {
    const page = store.log.list({}, { limit: 500, ...(cursor !== null && { cursor }) });
    for (const {
      event: { id },
    } of page.events) {
      events++;
      const event = store.events.get(id);
      const keys = seen.get(id) ?? [];
      const revision = event?.revision ?? 0;
      missed += revision - keys.length;
      expect(event?.endedAt, `${id} is open`).not.toBeNull();
      if (revision === 0) continue;
      alerted++;
      expect(keys[0]).toBe(`${id}:new:1`);
      expect(keys.at(-1)).toBe(`${id}:end:${revision}`);
      await verifyPictures(store, id);
    }
    cursor = page.next;
    if (cursor === null) return { events, alerted, missed };
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
