import { isDeepStrictEqual } from 'node:util';
import { type Document, isMap, isSeq, parseDocument } from 'yaml';
import { WatchwordError } from '../platform/errors.ts';

/** A polygon in shares of the picture's width and height. */
type Corners = ReadonlyArray<readonly [x: number, y: number]>;

/** What is drawn on a camera's picture. */
export interface DrawnAreas {
  readonly zones: Readonly<Record<string, Corners>>;
  readonly masks: readonly Corners[];
}

/**
 * The configuration's text with these zones and masks of a camera. What stays the same keeps its lines and its comments.
 * Throws `invalid-input` for a text that is no sound YAML, `not-found` when it holds no such camera. Pure.
 */
export function withAreas(text: string, cameraId: string, { zones, masks }: DrawnAreas): string {
  const document = soundDocument(text);
  const path = ['cameras', cameraId];
  if (!isMap(document.getIn(path))) {
    throw new WatchwordError('not-found', `the configuration holds no camera "${cameraId}"`, {
      hint: 'It may have been renamed or removed by hand',
    });
  }
  const written = (document.toJS() as { cameras: Record<string, Partial<DrawnAreas>> }).cameras[cameraId] ?? {};
  for (const name of Object.keys(written.zones ?? {})) {
    if (!Object.hasOwn(zones, name)) document.deleteIn([...path, 'zones', name]);
  }
  for (const [name, corners] of Object.entries(zones)) {
    if (isDeepStrictEqual(written.zones?.[name], corners)) continue;
    set(document, [...path, 'zones', name], flowing(document, corners));
  }
  if (!isDeepStrictEqual(written.masks ?? [], masks)) {
    if (masks.length === 0) document.deleteIn([...path, 'masks']);
    else set(document, [...path, 'masks'], document.createNode(masks.map((mask) => flowing(document, mask))));
  }
  const left = document.getIn([...path, 'zones']);
  if (isMap(left) && left.items.length === 0) document.deleteIn([...path, 'zones']);
  return yamlText(document, text);
}

/** The configuration's text with values set under their paths; comments and everything else stay. Pure; throws as above. */
export function withValues(
  text: string,
  values: ReadonlyArray<readonly [path: readonly string[], value: unknown]>,
): string {
  const document = soundDocument(text);
  for (const [path, value] of values) {
    if (isDeepStrictEqual(document.getIn(path), value)) continue;
    const present = document.getIn(path, true);
    // A scalar changed in place keeps the comment beside it.
    if (typeof value !== 'object' && typeof present === 'object' && present !== null && 'value' in present) {
      present.value = value;
    } else set(document, path, document.createNode(value));
  }
  return yamlText(document, text);
}

/** `cameras:` without anything behind it is null, where nothing can be set below. */
function set(document: Document, path: readonly string[], value: unknown): void {
  for (let depth = 1; depth < path.length; depth++) {
    const above = path.slice(0, depth);
    if (!isMap(document.getIn(above))) document.setIn(above, document.createNode({}));
  }
  document.setIn(path, value);
}

/** `[[0.1, 0.2], [0.9, 0.2], [0.5, 0.8]]` on one line. */
function flowing(document: Document, corners: Corners): unknown {
  const list = document.createNode(corners);
  if (isSeq(list)) list.flow = true;
  return list;
}

function soundDocument(text: string): Document {
  const document = parseDocument(text);
  if (document.errors.length === 0) return document;
  throw new WatchwordError('invalid-input', 'the configuration is no sound YAML', {
    hint: 'Mend it first; watchword check tells where',
  });
}

/** Padding within brackets as the person has it. */
function yamlText(document: Document, before: string): string {
  return document.toString({ lineWidth: 0, flowCollectionPadding: /[[{] \S/.test(before) });
}
