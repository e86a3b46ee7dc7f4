import { publishClip, until } from '../../support/clips.ts';
import { RtspRelay } from '../../support/rtsp-relay.ts';

/** A process of its own that plays each clip given to it over RTSP, so that what serving costs is not counted as sampling. */
const relay = new RtspRelay();
await relay.start();
const urls = process.argv.slice(2).map((_, i) => `rtsp://127.0.0.1:${relay.port}/cam${i}`);
const publishers = process.argv.slice(2).map((clip, i) => publishClip(clip, urls[i] ?? ''));
await until('all clips are on air', () => urls.every((url) => relay.hasStream(new URL(url).pathname)));
process.send?.(urls);
process.once('disconnect', async () => {
  await Promise.all(publishers.map((publisher) => publisher.stop()));
  await relay.stop();
  process.exit(0);
});
