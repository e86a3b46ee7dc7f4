import { Hono } from 'hono';
import { z } from 'zod';
import { describeError, kindOf } from '../../platform/errors.ts';
import { allow } from '../access.ts';
import { identityOf, pageOf, type WebEnv, type WebParts } from '../context.ts';
import { STATUS_OF } from '../errors.ts';
import { readBody } from '../input.ts';
import type { Messages } from '../language.ts';
import { cameraTile } from '../now-board.ts';
import { polygonProblem } from '../polygon.ts';
import { type Shape, shapeName, ZonesPage } from '../views/zones.tsx';
import type { DrawnCamera } from '../zone-drawing.ts';

/** More than any person draws; the settings' own bounds are checked when it is saved. */
const MOST_SHAPES = 96;
const ZONE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

const field = z.union([z.string().max(100), z.array(z.string().max(100)).max(200)]);
const drawingForm = z.record(z.string().max(40), field);

/** Zones and masks drawn on a camera's picture. */
export function zoneRoutes(parts: WebParts): Hono<WebEnv> {
  const { zoneDesk } = parts.deps;
  const routes = new Hono<WebEnv>();
  if (!zoneDesk) return routes;
  return routes
    .get('/cameras/:id/zones', allow('admin'), async (c) => {
      const tile = cameraTile(parts.deps, c.req.param('id'));
      const { version, ...drawn } = await zoneDesk.open(tile.camera.id);
      const saved = c.req.query('saved') !== undefined;
      return c.html(<ZonesPage page={pageOf(c, parts)} {...{ tile, version, saved }} shapes={shapesOf(drawn)} />);
    })
    .post('/cameras/:id/zones', allow('admin'), async (c) => {
      const tile = cameraTile(parts.deps, c.req.param('id'));
      const page = pageOf(c, parts);
      const form = await readBody(c, drawingForm, { all: true });
      const version = String(form.version ?? '');
      const shapes = readShapes(form);
      const again = (problem: string, status: 400 | 409) =>
        c.html(<ZonesPage {...{ page, tile, version, shapes, problem }} />, status);
      const problem = problemOf(shapes, page.t);
      if (problem !== undefined) return again(problem, 400);
      try {
        await zoneDesk.save(tile.camera.id, version, drawnOf(shapes), identityOf(c).name);
      } catch (error) {
        const kind = kindOf(error);
        if (kind !== 'invalid-input' && kind !== 'conflict') throw error;
        return again(describeError(error), STATUS_OF[kind]);
      }
      return c.redirect(`/cameras/${encodeURIComponent(tile.camera.id)}/zones?saved`, 303);
    });
}

function shapesOf({ zones, masks }: DrawnCamera): Shape[] {
  return [
    ...Object.entries(zones).map(([name, points]): Shape => ({ kind: 'zone', name, points })),
    ...masks.map((points): Shape => ({ kind: 'mask', name: '', points })),
  ];
}

/** Fields `kind.N`, `name.N`, `x.N` and `y.N` (one per point, in percent); a point without both numbers is left out. */
function readShapes(form: z.infer<typeof drawingForm>): Shape[] {
  const numbers = Object.keys(form).flatMap((key) => /^kind\.(\d{1,4})$/.exec(key)?.[1] ?? []);
  return numbers.slice(0, MOST_SHAPES).map((number) => {
    const list = (name: string): string[] => [form[`${name}.${number}`] ?? []].flat();
    const tops = list('y');
    const points = list('x').flatMap((left, i): Array<[number, number]> => {
      const top = tops[i] ?? '';
      return left.trim() === '' && top.trim() === '' ? [] : [[share(left), share(top)]];
    });
    return {
      kind: form[`kind.${number}`] === 'mask' ? 'mask' : 'zone',
      name: list('name')[0]?.trim().toLowerCase() ?? '',
      points,
    };
  });
}

/** Percent as a share with four digits; what is no number lies outside of every picture. */
function share(percent: string): number {
  const number = percent.trim() === '' ? Number.NaN : Number(percent.replace(',', '.'));
  return Number.isFinite(number) ? Math.round(number * 100) / 10_000 : -1;
}

/** The first thing that is wrong with what was drawn, in words. */
function problemOf(shapes: readonly Shape[], t: Messages): string | undefined {
  const names = new Set<string>();
  for (const [i, shape] of shapes.entries()) {
    if (shape.kind === 'zone') {
      if (shape.name === '') return t.zones.noName;
      if (!ZONE_NAME.test(shape.name)) return t.zones.badName(shape.name.slice(0, 64));
      if (names.has(shape.name)) return t.zones.twice(shape.name);
      names.add(shape.name);
    }
    const problem = polygonProblem(shape.points);
    if (problem) return `${shapeName(shapes, i, t)}: ${t.zones.problem[problem]}.`;
  }
  return undefined;
}

function drawnOf(shapes: readonly Shape[]): DrawnCamera {
  return {
    zones: Object.fromEntries(shapes.flatMap(({ kind, name, points }) => (kind === 'zone' ? [[name, points]] : []))),
    masks: shapes.flatMap(({ kind, points }) => (kind === 'mask' ? [points] : [])),
  };
}
