import { once } from 'node:events';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ffmpegChildren, until } from '../support/clips.ts';
import { startTestApp } from '../support/test-app.ts';

test('the running app shows a camera live to who is logged in, and stops with a viewer connected', async () => {
  const started = await startTestApp({ rules: {}, scoreOf: () => 0 });
  const { origin, host } = new URL(started.app.webUrl);
  const answer = await fetch(`${origin}/login`, {
    method: 'POST',
    redirect: 'manual',
    headers: { Origin: origin },
    body: new URLSearchParams({ name: 'admin', password: started.app.adminPassword ?? '' }),
  });
  const cookie = answer.headers.getSetCookie().map((text) => text.split(';')[0]);
  expect(await ffmpegChildren('pipe:0')).toEqual([]);
  const socket = new WebSocket(`ws://${host}/cameras/cam/live`, {
    headers: { Cookie: cookie.join('; '), Origin: origin },
  });
  let bytes = 0;
  socket.on('message', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await until('some video has come', () => bytes > 20_000);
  expect(await ffmpegChildren('pipe:0')).toHaveLength(1);
  const closed = once(socket, 'close');
  await started.stop();
  expect((await closed)[0]).toBe(1001);
  expect(await ffmpegChildren()).toEqual([]);
}, 60_000);
