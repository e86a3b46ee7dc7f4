import { Hono } from 'hono';
import { WatchwordError } from '../../platform/errors.ts';
import { allow } from '../access.ts';
import type { AddedCamera, CameraDesk } from '../camera-adding.ts';
import { identityOf, type WebEnv, type WebParts } from '../context.ts';
import { readBody } from '../input.ts';
import { addCameraBody, describeBody, emptyBody } from './camera-schemas.ts';

/** Finding and adding cameras, below `/cameras`. */
export function cameraAddingApi({ deps }: WebParts): Hono<WebEnv> {
  const desk = (): CameraDesk => {
    if (deps.cameraDesk) return deps.cameraDesk;
    throw new WatchwordError('unsupported', 'this box was started without a configuration file to add cameras to');
  };
  return new Hono<WebEnv>()
    .post('/', allow('admin'), async (c) => {
      const camera = await readBody(c, addCameraBody);
      const added = await desk().add(camera, identityOf(c).name, c.req.raw.signal);
      return c.json(addedJson(camera.id, added));
    })
    .post('/discover', allow('admin'), async (c) => {
      await readBody(c, emptyBody);
      return c.json(await desk().discover(c.req.raw.signal));
    })
    .post('/describe', allow('admin'), async (c) => {
      const { address, ...login } = await readBody(c, describeBody);
      const { streams, main, sub, ...device } = await desk().describe(address, login, c.req.raw.signal);
      const profiles = streams.map(({ name, source, codec, width, height, fps }) => ({
        ...{ name, source, codec: codec ?? null, width: width ?? null, height: height ?? null, fps: fps ?? null },
        use: source === main.source ? ('main' as const) : source === sub?.source ? ('sub' as const) : null,
      }));
      return c.json({ ...device, profiles });
    });
}

function addedJson(id: string, { source, mainSource, probe }: AddedCamera) {
  const { codec, width, height, fps, keyframeMs, firstPictureMs, cpuShare, notes } = probe;
  return {
    ...{
      id,
      source,
      mainSource: mainSource ?? null,
      codec: codec ?? null,
      width: width ?? null,
      height: height ?? null,
    },
    ...{ fps: fps ?? null, keyframeMs: keyframeMs ?? null, firstPictureMs: Math.round(firstPictureMs) },
    cpuPercent: cpuShare === undefined ? null : Math.round(cpuShare * 1_000) / 10,
    notes,
  };
}
