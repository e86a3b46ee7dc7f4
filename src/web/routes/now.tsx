import { Hono } from 'hono';
import { allow } from '../access.ts';
import { pageOf, type WebEnv, type WebParts } from '../context.ts';
import { cameraNames, cameraTiles, openEvents } from '../now-board.ts';
import { NowPage } from '../views/now.tsx';

export function nowRoutes(parts: WebParts): Hono<WebEnv> {
  const { deps } = parts;
  return new Hono<WebEnv>().get('/', allow('viewer'), (c) =>
    c.html(
      <NowPage
        page={pageOf(c, parts)}
        tiles={cameraTiles(deps)}
        open={openEvents(deps)}
        cameraNames={cameraNames(deps)}
      />,
    ),
  );
}
