import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { Delivery } from '../../src/alerts/delivery.ts';
import { noLinks } from '../../src/alerts/payload.ts';
import { webhookReceiver } from '../../src/alerts/webhook.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { lifeOf, MemoryOutbox } from '../support/memory-outbox.ts';
import { until } from '../support/until.ts';

const SECRET = 'a very secret secret';
const stops: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Request {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function setUp() {
  const requests: Request[] = [];
  const answers: Array<number | 'hang' | 'cut'> = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      requests.push({ headers: request.headers, body });
      const answer = answers.shift() ?? 204;
      if (answer === 'cut') request.socket.destroy();
      else if (answer !== 'hang') response.writeHead(answer, answer === 302 ? { location: '/elsewhere' } : {}).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const clock = new ManualClock();
  const outbox = new MemoryOutbox();
  const lines: string[] = [];
  const troubles: Array<string | undefined> = [];
  const url = `http://user:hunter2@127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=abcdef`;
  const delivery = new Delivery({
    outbox,
    receiver: webhookReceiver({
      url,
      secret: () => SECRET,
      timeoutMs: 5_000,
      links: noLinks,
      clock,
    }),
    clock,
    logger: createLogger((_level, message, fields) => lines.push(`${message} ${JSON.stringify(fields)}`)),
    random: () => 0.5,
    onTrouble: (reason) => troubles.push(reason),
  });
  delivery.start();
  stops.push(async () => {
    const stopped = delivery.stop();
    await clock.advance(10_000);
    await stopped;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { clock, outbox, requests, answers, lines, troubles };
}

const keysOf = (requests: Request[]) => requests.map(({ headers }) => headers['x-watchword-key']);

describe('the webhook', () => {
  test('posts each change in order, signed so that the receiver can verify it', async () => {
    const { outbox, requests } = await setUp();
    outbox.append(...lifeOf('lx1-abc'));
    await until(() => outbox.left('webhook') === 0, 'the delivery');
    expect(keysOf(requests)).toEqual(['lx1-abc:new:1', 'lx1-abc:update:2', 'lx1-abc:end:3']);
    for (const { headers, body } of requests) {
      const timestamp = headers['x-watchword-timestamp'];
      expect(timestamp).toBe(String(Date.parse('2026-03-02T09:00:00Z') / 1_000));
      const expected = createHmac('sha256', SECRET).update(`${timestamp}.${body}`).digest('hex');
      expect(headers['x-watchword-signature']).toBe(`sha256=${expected}`);
      expect(headers.authorization).toBe(`Basic ${Buffer.from('user:hunter2').toString('base64')}`);
      expect(headers['content-type']).toBe('application/json');
      expect(JSON.parse(body)).toMatchObject({ key: headers['x-watchword-key'] });
    }
    expect(outbox.left('mqtt')).toBe(3);
  });

  test.each([500, 404, 302, 'cut', 'hang'] as const)(
    'an answer of %s is no delivery: the same change comes again, then the rest',
    async (answer) => {
      const { clock, outbox, requests, answers, lines, troubles } = await setUp();
      answers.push(answer);
      outbox.append(...lifeOf('a'));
      await until(() => requests.length === 1, 'the first request');
      await until(async () => {
        await clock.advance(1_000);
        return outbox.left('webhook') === 0;
      }, 'the delivery');
      expect(keysOf(requests)).toEqual(['a:new:1', 'a:new:1', 'a:update:2', 'a:end:3']);
      expect(requests[1]?.body).toBe(requests[0]?.body);
      expect(troubles[0]).toContain('the webhook');
      expect(troubles.at(-1)).toBeUndefined();
      expect(lines.join()).not.toContain(SECRET);
      expect(lines.join()).not.toMatch(/abcdef|hunter2/);
    },
  );
});
