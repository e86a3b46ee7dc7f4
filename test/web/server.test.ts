import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebServer } from '../../src/web/server.ts';
import { createWebApp, type WebApp } from '../../src/web/web-app.tsx';
import { fakeStore, PASSWORDS } from './fixture.ts';

const running: WebServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop(AbortSignal.abort())));
});

async function listen(web: WebApp, port = 0) {
  const server = new WebServer({ web, host: '127.0.0.1', port });
  running.push(server);
  return { server, ...(await server.start()) };
}

async function openStore() {
  const store = fakeStore();
  await store.addUsers();
  return { store, web: createWebApp(store.deps()) };
}

async function logIn(url: string): Promise<string> {
  const body = new URLSearchParams({ name: 'viewer', password: PASSWORDS.viewer });
  const response = await fetch(`${url}login`, { method: 'POST', body, redirect: 'manual' });
  return response.headers.get('Set-Cookie')?.split(';')[0] ?? '';
}

describe('the server', () => {
  test('says where it listens and answers there', async () => {
    const { url, port } = await listen((await openStore()).web);
    expect(url).toBe(`http://127.0.0.1:${port}/`);
    expect(await (await fetch(`${url}healthz`)).json()).toEqual({ status: 'ok' });
  });

  test('names the port that is taken', async () => {
    const { web } = await openStore();
    const { port } = await listen(web);
    await expect(listen(web, port)).rejects.toMatchObject({
      kind: 'conflict',
      message: `port ${port} on 127.0.0.1 is taken`,
    });
  });

  test('stops with live pages open, leaving nothing behind', async () => {
    const { web, store } = await openStore();
    const { url, server } = await listen(web);
    const cookie = await logIn(url);
    const live = await fetch(`${url}live?view=now`, { headers: { Cookie: cookie } });
    const stream = live.body?.getReader();
    await stream?.read();
    expect(web.liveClients()).toBe(1);
    await server.stop();
    while (!(await stream?.read())?.done);
    expect([web.liveClients(), store.listeners.size]).toEqual([0, 0]);
    await expect(fetch(url)).rejects.toThrow();
  });

  test('forgets a live page whose browser went away', async () => {
    const { web } = await openStore();
    const { url } = await listen(web);
    const gone = new AbortController();
    const live = await fetch(`${url}live?view=now`, { headers: { Cookie: await logIn(url) }, signal: gone.signal });
    await live.body?.getReader().read();
    gone.abort();
    await expect.poll(() => web.liveClients()).toBe(0);
  });

  test('refuses headers that are too large and survives what is not HTTP', async () => {
    const { url, port } = await listen((await openStore()).web);
    const large = await fetch(url, { headers: { 'X-Large': 'x'.repeat(20_000) } });
    expect(large.status).toBe(431);
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.end('\x16\x03\x01 nonsense\r\n\r\n'));
      socket.on('close', () => resolve());
      socket.resume();
    });
    expect((await fetch(`${url}healthz`)).status).toBe(200);
  });

  test('limits guesses by the address of the connection', async () => {
    const { url } = await listen((await openStore()).web);
    const guess = (i: number) =>
      fetch(`${url}login`, {
        method: 'POST',
        body: new URLSearchParams({ name: `n${i}`, password: 'x' }),
        redirect: 'manual',
      });
    for (let i = 0; i < 20; i++) expect((await guess(i)).status).toBe(401);
    expect((await guess(21)).status).toBe(429);
  });
});
