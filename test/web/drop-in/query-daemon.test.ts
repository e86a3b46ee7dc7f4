import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startDaemon, subscribe, temporaryFolder } from '../../support/daemon.ts';
import { addToken, freePort, listenTo } from './box.ts';

test('the /query of metropolis-nim-workflows asks a demo camera, and its alert is a rule that survives questions and a restart', {
  timeout: 180_000,
}, async () => {
  const folder = temporaryFolder();
  const dataDir = join(folder.path, 'data');
  const rules = join(folder.path, 'rules');
  mkdirSync(rules);
  const [port, wsPort] = [await freePort(), await freePort()];
  const config = join(folder.path, 'watchword.yaml');
  writeFileSync(
    config,
    `site: { id: shop, timeZone: UTC }
web: { port: 0 }
mqtt: { port: 0 }
cameras: { lane: { source: "demo:robot_falls", every: 1s } }
nvidia: { query: { camera: lane, port: ${port}, webSocketPort: ${wsPort} } }
`,
  );
  let daemon = await startDaemon({ dataDir, config });
  onTestFinished(async () => {
    await daemon.stop();
    folder.remove();
  });
  const token = addToken(dataDir, 'operator');
  /** As the original's client sends it: Python writes True and False. */
  const query = async (words: string, alert: 'True' | 'False') => {
    const address = `http://127.0.0.1:${port}/query?${new URLSearchParams({ query: words, alert })}`;
    const answer = await fetch(address, { headers: { Authorization: `Bearer ${token}` } });
    return { status: answer.status, text: await answer.text() };
  };
  // The first picture comes a moment after the start.
  const cameras = (): Promise<Response> =>
    fetch(new URL('/api/v1/cameras/lane/snapshot.jpg', daemon.ready.web), {
      headers: { Authorization: `Bearer ${token}` },
    });
  while (!(await cameras()).ok);

  const socket = await listenTo(`ws://127.0.0.1:${wsPort}`, token);
  const described = await query('Is there a robot?', 'False');
  expect(described).toEqual({ status: 200, text: expect.stringMatching(/\w/) });
  expect(socket.heard).toEqual([{ prompt: 'Is there a robot?', alert: false, reply: described.text }]);
  expect(readdirSync(rules)).toEqual([]);

  const began = performance.now();
  const prompt = 'Is a robot lying on the floor?';
  const first = await query(prompt, 'True');
  expect(first).toEqual({ status: 200, text: expect.stringMatching(/^(yes|no|)$/) });
  console.log(`drop-in: the first answer to an alert came after ${Math.round(performance.now() - began)} ms`);
  expect(readFileSync(join(rules, 'nvidia-query.yaml'), 'utf8')).toContain(`rule: ${JSON.stringify(prompt)}`);
  await query('Is there a person?', 'False');
  expect(readdirSync(rules)).toEqual(['nvidia-query.yaml']);
  socket.close();

  await daemon.kill();
  daemon = await startDaemon({ dataDir, config });
  const mqtt = await subscribe(daemon.ready);
  const again = await listenTo(`ws://127.0.0.1:${wsPort}`, token);
  await mqtt.until((messages) => messages.some(({ type }) => type === 'new'));
  expect(mqtt.messages[0]?.event).toMatchObject({ rule: 'nvidia-query', camera: 'lane' });
  await again.until(1);
  expect(again.heard).toContainEqual({ prompt, alert: true, reply: 'yes' });
  await mqtt.stop();
  again.close();

  expect(await query('', 'True')).toEqual({ status: 200, text: 'The alert was cleared.' });
  expect(readdirSync(rules)).toEqual([]);
});
