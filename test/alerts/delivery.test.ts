import { afterEach, describe, expect, test } from 'vitest';
import { Delivery, type Receiver } from '../../src/alerts/delivery.ts';
import type { OutboxMessage } from '../../src/alerts/outbox.ts';
import { WatchwordError } from '../../src/platform/errors.ts';
import { silentLogger } from '../../src/platform/logger.ts';
import { ManualClock, settle } from '../support/manual-clock.ts';
import { change, lifeOf, MemoryOutbox } from '../support/memory-outbox.ts';

/** A far end whose every answer the test gives. */
class ScriptedReceiver implements Receiver {
  readonly channel = 'mqtt';
  readonly sent: string[] = [];
  readonly open = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  up = true;
  size = 20;
  most = 0;
  /** Answers by itself when set; undefined leaves the message unanswered. */
  answer: ((message: OutboxMessage) => 'ack' | Error | undefined) | undefined;
  #wake: () => void = () => undefined;

  window(): number {
    return this.size;
  }

  async ready(signal: AbortSignal): Promise<void> {
    while (!this.up) {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve;
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    }
  }

  comeBack(): void {
    this.up = true;
    this.#wake();
  }

  goAway(): void {
    this.up = false;
    for (const { reject } of this.open.values()) reject(new WatchwordError('unavailable', 'connection lost'));
    this.open.clear();
  }

  send(message: OutboxMessage): Promise<void> {
    const { key } = message.change;
    this.sent.push(key);
    const answer = this.answer?.(message);
    if (answer === 'ack') return Promise.resolve();
    if (answer) return Promise.reject(answer);
    return new Promise((resolve, reject) => {
      this.open.set(key, { resolve, reject });
      this.most = Math.max(this.most, this.open.size);
    });
  }

  ack(key: string): void {
    this.open.get(key)?.resolve();
    this.open.delete(key);
  }
}

const stops: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

function setUp(options: { answer?: ScriptedReceiver['answer'] } = {}) {
  const clock = new ManualClock();
  const outbox = new MemoryOutbox();
  const receiver = new ScriptedReceiver();
  receiver.answer = options.answer;
  const troubles: Array<string | undefined> = [];
  const delivery = new Delivery({
    outbox,
    receiver,
    clock,
    logger: silentLogger,
    random: () => 0.5,
    onTrouble: (reason) => troubles.push(reason),
  });
  stops.push(async () => {
    const stopped = delivery.stop();
    await clock.advance(10_000);
    await stopped;
  });
  return { clock, outbox, receiver, delivery, troubles };
}

describe('delivery', () => {
  test('the next change of an event waits until the earlier one is acknowledged and marked', async () => {
    const { outbox, receiver, delivery } = setUp();
    outbox.append(...lifeOf('a'));
    delivery.start();
    await settle();
    expect(receiver.sent).toEqual(['a:new:1']);
    receiver.ack('a:new:1');
    await settle();
    expect(outbox.left('mqtt')).toBe(2);
    expect(receiver.sent).toEqual(['a:new:1', 'a:update:2']);
  });

  test('an event that is never acknowledged holds up its own changes and nobody else', async () => {
    const { clock, outbox, receiver, delivery } = setUp({
      answer: ({ change }) => (change.event.id === 'stuck' ? undefined : 'ack'),
    });
    outbox.append(...lifeOf('stuck', 500));
    for (let index = 0; index < 300; index++) outbox.append(...lifeOf(`e${index}`));
    delivery.start();
    for (let turn = 0; turn < 50; turn++) await clock.advance(50);
    expect(receiver.sent.filter((key) => key.startsWith('stuck'))).toEqual(['stuck:new:1']);
    expect(outbox.left('mqtt')).toBe(502);
  });

  test('changes of one event arrive in order even when there are more than are held in memory', async () => {
    const { outbox, receiver, delivery } = setUp({ answer: () => 'ack' });
    outbox.append(...lifeOf('long', 400), ...lifeOf('other'));
    delivery.start();
    for (let turn = 0; turn < 1_000 && outbox.left('mqtt') > 0; turn++) await settle();
    expect(outbox.left('mqtt')).toBe(0);
    const own = receiver.sent.filter((key) => key.startsWith('long'));
    expect(own).toEqual(lifeOf('long', 400).map(({ key }) => key));
  });

  test('no more messages are in flight than the receiver takes', async () => {
    const { outbox, receiver, delivery } = setUp();
    receiver.size = 7;
    for (let index = 0; index < 50; index++) outbox.append(...lifeOf(`e${index}`));
    delivery.start();
    await settle();
    expect(receiver.open.size).toBe(7);
    receiver.ack('e3:new:1');
    await settle();
    expect(receiver.open.size).toBe(7);
    expect(receiver.most).toBe(7);
  });

  test('what was in flight when the connection broke is sent again, under the same key, before anything later of it', async () => {
    const { outbox, receiver, delivery } = setUp();
    outbox.append(...lifeOf('a'), ...lifeOf('b'));
    delivery.start();
    await settle();
    receiver.goAway();
    await settle();
    expect(receiver.sent).toEqual(['a:new:1', 'b:new:1']);
    receiver.answer = () => 'ack';
    receiver.comeBack();
    for (let turn = 0; turn < 20; turn++) await settle();
    expect(receiver.sent.filter((key) => key.startsWith('a'))).toEqual(['a:new:1', 'a:new:1', 'a:update:2', 'a:end:3']);
    expect(outbox.left('mqtt')).toBe(0);
  });

  test('hours away with 10,000 events cost no memory, and all arrive in order afterwards', async () => {
    const { clock, outbox, receiver, delivery } = setUp({ answer: () => 'ack' });
    receiver.up = false;
    delivery.start();
    for (let index = 0; index < 10_000; index++) {
      outbox.append(...lifeOf(`e${index}`));
      if (index % 1_000 === 0) await clock.advance(36 * 60_000);
    }
    expect(delivery.stats().held).toBe(0);
    receiver.comeBack();
    let most = 0;
    for (let turn = 0; turn < 20_000 && outbox.left('mqtt') > 0; turn++) {
      await settle();
      most = Math.max(most, delivery.stats().held);
    }
    expect(outbox.left('mqtt')).toBe(0);
    expect(most).toBeLessThan(2_300);
    expect(outbox.largestPage).toBeLessThanOrEqual(200);
    expect(receiver.sent).toHaveLength(30_000);
  });

  test('a refused message is tried again with back-off while others pass', async () => {
    let refuse = true;
    const { clock, outbox, receiver, delivery, troubles } = setUp({
      answer: ({ change }) =>
        change.event.id === 'poison' && refuse ? new WatchwordError('too-large', 'too large') : 'ack',
    });
    outbox.append(...lifeOf('poison'), ...lifeOf('fine'));
    delivery.start();
    for (let turn = 0; turn < 10; turn++) await settle();
    expect(outbox.left('mqtt')).toBe(3);
    await clock.advance(999);
    expect(receiver.sent.filter((key) => key === 'poison:new:1')).toHaveLength(1);
    await clock.advance(1);
    expect(receiver.sent.filter((key) => key === 'poison:new:1')).toHaveLength(2);
    refuse = false;
    await clock.advance(2_000);
    for (let turn = 0; turn < 10; turn++) await settle();
    expect(outbox.left('mqtt')).toBe(0);
    expect(troubles.at(0)).toBe('too large');
    expect(troubles.at(-1)).toBeUndefined();
  });

  test('a receiver that refuses everything is asked ever more rarely, and fully again after one success', async () => {
    let sick = true;
    const { clock, outbox, receiver, delivery } = setUp({ answer: () => (sick ? new Error('500') : 'ack') });
    for (let index = 0; index < 100; index++) outbox.append(...lifeOf(`e${index}`));
    delivery.start();
    await clock.advance(600_000);
    const tries = receiver.sent.length;
    expect(tries).toBeLessThan(60);
    sick = false;
    await clock.advance(300_000);
    for (let turn = 0; turn < 200; turn++) await settle();
    expect(outbox.left('mqtt')).toBe(0);
  });

  test('an outbox that cannot be read or marked for a while loses nothing and sends nothing out of order', async () => {
    const { clock, outbox, receiver, delivery } = setUp();
    outbox.append(...lifeOf('a'));
    delivery.start();
    await settle();
    outbox.failure = new Error('disk is full');
    receiver.ack('a:new:1');
    await clock.advance(5_000);
    expect(receiver.sent).toEqual(['a:new:1']);
    outbox.failure = undefined;
    receiver.answer = () => 'ack';
    await clock.advance(5_000);
    expect(receiver.sent).toEqual(['a:new:1', 'a:update:2', 'a:end:3']);
    expect(outbox.left('mqtt')).toBe(0);
  });

  test('acknowledgements that come close together are marked in one transaction', async () => {
    const { outbox, delivery } = setUp({ answer: () => 'ack' });
    for (let index = 0; index < 1_000; index++) outbox.append(change(`e${index}`, 'new', 1));
    delivery.start();
    for (let turn = 0; turn < 100 && outbox.left('mqtt') > 0; turn++) await settle();
    expect(outbox.left('mqtt')).toBe(0);
    expect(outbox.transactions).toBeLessThan(20);
  });

  test('a stop waits a moment for acknowledgements under way and marks them', async () => {
    const { outbox, receiver, delivery } = setUp();
    outbox.append(...lifeOf('a'));
    delivery.start();
    await settle();
    const stopped = delivery.stop();
    await settle();
    receiver.ack('a:new:1');
    await stopped;
    expect(outbox.left('mqtt')).toBe(2);
    expect(receiver.sent).toEqual(['a:new:1']);
  });
});
