import { expect, onTestFinished, test } from 'vitest';
import { silentLogger } from '../../../src/platform/logger.ts';
import { openEndpointModel } from '../../../src/vision/endpoint/endpoint-model.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { openKit, readImage } from '../golden-kit.ts';
import { ChatServer } from './chat-server.ts';

const kit = openKit('idefics3-random');
const picture = (name: string): Uint8Array => readImage(kit, name);

test('a server gets the pictures of some time in one message, in their order, each with how long ago it was taken', async () => {
  const server = new ChatServer();
  await server.start();
  const clock = new ManualClock();
  const model = await openEndpointModel({ endpoint: server.url, clock, logger: silentLogger, random: () => 0.5 });
  onTestFinished(async () => {
    await model.close();
    await server.stop();
  });
  const earlier = [
    { picture: picture('bars_300x800.png'), beforeMs: 9_000 },
    { picture: picture('gradient_97x61.png'), beforeMs: 4_000 },
  ];
  const look = await model.look(picture('shapes_640x360.png'), { earlier });
  const [answer] = await model.score(look, ['Has the robot moved?']);
  await model.release(look);
  expect(answer?.score).toBeCloseTo(0.9);
  const [{ content }] = server.chats[0]?.body.messages ?? [];
  const shown = content.map((part: { type: string; text?: string; image_url?: { url: string } }) =>
    part.type === 'text' ? part.text : Buffer.from(part.image_url?.url.split(',')[1] ?? '', 'base64'),
  );
  expect(shown).toEqual([
    '3 pictures of one camera, the oldest first.\nPicture 1, 9 s ago: ',
    Buffer.from(earlier[0]?.picture ?? []),
    '\nPicture 2, 4 s ago: ',
    Buffer.from(earlier[1]?.picture ?? []),
    '\nPicture 3, now: ',
    Buffer.from(picture('shapes_640x360.png')),
    'Has the robot moved? Answer yes or no.',
  ]);
});
