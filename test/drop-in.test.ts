import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { CameraSet } from '../src/camera-set.ts';
import { settingsSchema } from '../src/config/settings.ts';
import { dropInPart } from '../src/drop-in.ts';
import { Health } from '../src/platform/health.ts';
import { temporaryFolder } from './support/daemon.ts';
import { until } from './support/until.ts';
import { freePort } from './web/drop-in/box.ts';
import { fakeStore } from './web/fixture.ts';

test('a port that another program still has costs only the drop-in, which gets it when it is free', async () => {
  const folder = temporaryFolder();
  const store = fakeStore();
  const { clock } = store;
  const health = new Health(() => clock.now());
  const port = await freePort();
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  const nothing = async (): Promise<void> => undefined;
  const cameraSet = new CameraSet({
    settings: {},
    build: () => {
      throw new Error('no camera in this test');
    },
    connect: () => undefined,
    changed: nothing,
  });
  const { nvidia } = settingsSchema.parse({ nvidia: { vlm: { port, webSocketPort: port } } });
  const options = { ...store.deps(), health, cameraSet, dataDir: folder.path, ruleFolder: { refresh: nothing } };
  const part = dropInPart(options, nvidia);
  await part.start?.(new AbortController().signal);
  onTestFinished(async () => {
    await part.stop?.();
    folder.remove();
  });
  await until(() => health.get('drop-in/vlm')?.status === 'degraded', 'the port to be reported');
  expect(health.get('drop-in/vlm')?.reason).toContain(`port ${port} on 127.0.0.1 is taken`);

  other.close();
  await once(other, 'close');
  await until(async () => {
    await clock.advance(1_000);
    return health.get('drop-in/vlm')?.status === 'ok';
  }, 'the drop-in to listen');
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/health/ready`);
  expect(await answer.json()).toEqual({ detail: 'healthy' });
});
