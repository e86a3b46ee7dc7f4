import { publishClip, until } from './clips.ts';
import { RtspRelay } from './rtsp-relay.ts';

/** The process behind startRtspServer: `rtsp-server-process.ts PORT CLIP...`. Ends when its parent lets go of it. */
const [port, ...clips] = process.argv.slice(2);
const relay = new RtspRelay({ port: Number(port) });
await relay.start();
const urlOf = (n: number): string => `rtsp://127.0.0.1:${relay.port}/cam${n}`;
const publishers = clips.map((clip, n) => publishClip(clip, urlOf(n)));

process.on('message', async ({ n, clip }: { n: number; clip: string }) => {
  await publishers[n]?.stop();
  publishers[n] = publishClip(clip, urlOf(n));
});
process.once('disconnect', async () => {
  await Promise.all(publishers.map((publisher) => publisher.stop()));
  await relay.stop();
  process.exit(0);
});
await until('all clips are on air', () => clips.every((_, n) => relay.hasStream(`/cam${n}`)));
process.send?.(relay.port);
