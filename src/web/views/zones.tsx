import type { Polygon } from '../../cameras/settings.ts';
import type { Page } from '../context.ts';
import type { Messages } from '../language.ts';
import { Icon } from './icons.tsx';
import { Layout } from './layout.tsx';
import { CameraPicture, type CameraTileProps } from './now.tsx';
import { ActionForm } from './parts.tsx';

/** A zone or a mask being drawn, not checked yet. */
export interface Shape {
  readonly kind: 'zone' | 'mask';
  /** Empty for masks. */
  readonly name: string;
  readonly points: Polygon;
}

export interface ZonesPageProps {
  readonly page: Page;
  readonly tile: CameraTileProps;
  readonly version: string;
  readonly shapes: readonly Shape[];
  readonly problem?: string;
  readonly saved?: boolean;
}

/** A shape as people speak of it: a zone by its name, a mask by its number. */
export function shapeName(shapes: readonly Shape[], index: number, { zones }: Messages): string {
  const shape = shapes[index];
  if (shape?.kind === 'zone' && shape.name !== '') return `${zones.zone} ${shape.name}`;
  const before = shapes.slice(0, index).filter(({ kind }) => kind === shape?.kind).length;
  return zones.numbered(shape?.kind === 'mask' ? zones.mask : zones.zone, before + 1);
}

/** zones.js draws on the picture; the numbers beside are what is sent, and work without it. */
export function ZonesPage({ page, tile, version, shapes, problem, saved = false }: ZonesPageProps) {
  const { t } = page;
  const { zones } = t;
  const camera = `/cameras/${encodeURIComponent(tile.camera.id)}`;
  return (
    <Layout page={page} title={zones.of(tile.camera.name)} scripts={['zones.js']} styles={['zones.css']}>
      <a class="back" href={camera}>
        <Icon name="back" />
        {tile.camera.name}
      </a>
      <h1>{zones.title}</h1>
      {problem === undefined ? null : (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {saved ? (
        <p class="success" role="status">
          {zones.saved}
        </p>
      ) : null}
      <ActionForm page={page} action={`${camera}/zones`} class="drawing" fields={{ version }}>
        <DrawingBoard page={page} tile={tile} />
        <div class="shapes">
          <p class="quiet shapes-none" hidden={shapes.length > 0}>
            {zones.none}
          </p>
          {shapes.map((shape, i) => (
            <ShapeFields page={page} shape={shape} number={i} title={shapeName(shapes, i, t)} />
          ))}
          <div class="actions">
            <button type="submit" class="button button-primary">
              {zones.save}
            </button>
          </div>
          <p class="quiet">{zones.takesEffect}</p>
        </div>
      </ActionForm>
      {(['zone', 'mask'] as const).map((kind) => (
        <template data-new={kind}>
          <ShapeFields page={page} shape={{ kind, name: '', points: [] }} number="NEW" title={zones[kind]} />
        </template>
      ))}
      <template data-new="point">
        <PointFields page={page} point={['', '']} shapeNumber="NEW" number={0} />
      </template>
    </Layout>
  );
}

function DrawingBoard({ page, tile }: { page: Page; tile: CameraTileProps }) {
  const { zones } = page.t;
  const { camera, frame } = tile;
  return (
    <section class="board" data-need-three={zones.needThree} data-tap={zones.tapHint} data-keys={zones.keysHint}>
      <div class="stage" role="application" tabindex={0} aria-label={zones.picture} aria-describedby="stage-keys">
        <CameraPicture page={page} camera={camera} frame={frame} original />
        <svg class="outlines" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true" />
        <div class="points" />
        <span class="cross" hidden />
      </div>
      <p id="stage-keys" class="quiet">
        {frame ? zones.pictureHint : zones.noPicture}
      </p>
      <p class="quiet board-say" role="status" />
      <div class="actions board-actions" hidden>
        <button type="button" class="button" data-draw="zone">
          {zones.drawZone}
        </button>
        <button type="button" class="button" data-draw="mask">
          {zones.drawMask}
        </button>
        <button type="button" class="button button-primary" data-close hidden>
          {zones.close}
        </button>
        <button type="button" class="button" data-drop hidden>
          {zones.drop}
        </button>
      </div>
      <p class="quiet">
        {zones.zoneMeans} {zones.maskMeans} {zones.underMask}
      </p>
    </section>
  );
}

function ShapeFields(props: { page: Page; shape: Shape; number: number | 'NEW'; title: string }) {
  const { page, shape, number, title } = props;
  const { zones } = page.t;
  return (
    <fieldset class={`panel shape shape-${shape.kind}`} data-shape={String(number)} data-kind={shape.kind}>
      <legend class="shape-title">{title}</legend>
      <input type="hidden" name={`kind.${number}`} value={shape.kind} />
      {shape.kind === 'zone' ? (
        <label class="field">
          <span>{zones.name}</span>
          <input
            name={`name.${number}`}
            value={shape.name}
            required
            maxlength={63}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            title={zones.nameHint}
          />
        </label>
      ) : null}
      <details class="shape-points" open={shape.points.length === 0}>
        <summary>
          {zones.points} <span class="count-points">{shape.points.length}</span>
        </summary>
        <ol data-points data-point-of={zones.pointOf(0, 'SHAPE')}>
          {shape.points.map(([x, y], i) => (
            <PointFields page={page} point={[percent(x), percent(y)]} shapeNumber={number} number={i} />
          ))}
        </ol>
        <button type="button" class="button" data-add-point hidden>
          {zones.addPoint}
        </button>
      </details>
      <button type="button" class="button" data-remove-shape aria-label={zones.removeShape(title)} hidden>
        {zones.remove}
      </button>
    </fieldset>
  );
}

function PointFields(props: {
  page: Page;
  point: readonly [left: string, top: string];
  shapeNumber: number | 'NEW';
  number: number;
}) {
  const { page, point, shapeNumber, number } = props;
  const { zones } = page.t;
  const [left, top] = point;
  const limits = { type: 'number', min: 0, max: 100, step: 'any', inputmode: 'decimal', required: true } as const;
  return (
    <li class="point-fields">
      <input name={`x.${shapeNumber}`} value={left} aria-label={zones.left(number + 1)} {...limits} />
      <input name={`y.${shapeNumber}`} value={top} aria-label={zones.top(number + 1)} {...limits} />
      <button type="button" class="button" data-remove-point aria-label={zones.removePoint(number + 1)} hidden>
        ×
      </button>
    </li>
  );
}

/** A share as percent with at most two digits: `12.5`. */
function percent(share: number): string {
  return String(Math.round(share * 10_000) / 100);
}
