import { Hono } from 'hono';
import { allow } from '../access.ts';
import { mayDo, pageOf, type WebEnv, type WebParts } from '../context.ts';
import { cameraTile, cameraTiles } from '../now-board.ts';
import { CameraPage, CamerasPage } from '../views/cameras.tsx';

export function cameraRoutes(parts: WebParts): Hono<WebEnv> {
  const { deps } = parts;
  return new Hono<WebEnv>()
    .get('/cameras', allow('viewer'), (c) =>
      c.html(
        <CamerasPage
          page={pageOf(c, parts)}
          tiles={cameraTiles(deps)}
          canAdd={deps.cameraDesk !== undefined && mayDo(c.get('identity'), 'admin')}
        />,
      ),
    )
    .get('/cameras/:id', allow('viewer'), (c) =>
      c.html(
        <CameraPage
          page={pageOf(c, parts)}
          tile={cameraTile(deps, c.req.param('id'))}
          hasLive={deps.liveView !== undefined}
          mayDraw={deps.zoneDesk !== undefined && mayDo(c.get('identity'), 'admin')}
        />,
      ),
    );
}
