import { isDeepStrictEqual } from 'node:util';
import { isMap, isPair, isScalar, type Node, type Pair, parseDocument, stringify, type YAMLMap } from 'yaml';
import { WatchwordError } from '../platform/errors.ts';

/** What a person writes about a camera; see the settings of the cameras folder. */
export type CameraEntry = Readonly<Record<string, unknown>>;

/** The camera as it stands under `cameras:`, without indentation. */
export function entryText(id: string, entry: CameraEntry): string {
  return stringify({ [id]: entry }, { lineWidth: 0 });
}

/**
 * The configuration's text with one more camera in it. Text is only put in: every comment and every line stays as it is.
 * Throws `conflict` when the id is taken, `invalid-input` when the text is no sound YAML and `unsupported` when it is
 * written in a way that cannot be added to safely. Pure.
 */
export function withCamera(text: string, id: string, entry: CameraEntry): string {
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    throw new WatchwordError('invalid-input', 'the configuration is no sound YAML', {
      hint: 'Mend it first; watchword check tells where',
    });
  }
  const before = (document.toJS() ?? {}) as { cameras?: Record<string, unknown> | null };
  if (before.cameras && Object.hasOwn(before.cameras, id)) {
    throw new WatchwordError('conflict', `there is a camera "${id}" already`, { hint: 'Choose another id' });
  }
  const edited = putIn(text, document.contents as Node | null, id, entry);
  const wanted = { ...before, cameras: { ...before.cameras, [id]: entry } };
  const after = edited === undefined ? undefined : parseDocument(edited);
  if (edited !== undefined && after?.errors.length === 0 && isDeepStrictEqual(after.toJS(), wanted)) return edited;
  throw new WatchwordError(
    'unsupported',
    'the cameras of this configuration are written in a way that only people edit',
    {
      hint: 'Put the entry in by hand',
    },
  );
}

function putIn(text: string, root: Node | null, id: string, entry: CameraEntry): string | undefined {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = (indent: number): string =>
    entryText(id, entry)
      .replace(/^(?=.)/gm, ' '.repeat(indent))
      .replaceAll('\n', eol);
  const pair = isMap(root) ? root.items.find((item) => isScalar(item.key) && item.key.value === 'cameras') : undefined;
  if (!pair) {
    const gap = text === '' || text.endsWith('\n') ? '' : eol;
    return `${text}${gap}${text.trim() === '' ? '' : eol}cameras:${eol}${lines(2)}`;
  }
  const value = pair.value as Node | null;
  if (isMap(value) && value.items.length > 0) {
    if (value.flow) return insideFlow(text, value, id, entry);
    return afterLine(text, endOf(value.items.at(-1)), lines(columnOf(text, value)), eol);
  }
  if (isMap(value) && value.range) {
    const [from, to] = value.range;
    const bare = text.slice(0, from).trimEnd() + text.slice(to);
    return afterLine(bare, text.slice(0, from).trimEnd().length, lines(2), eol);
  }
  return afterLine(text, endOf(pair), lines(2), eol);
}

function insideFlow(text: string, map: YAMLMap, id: string, entry: CameraEntry): string | undefined {
  const end = (map.range?.[1] ?? 0) - 1;
  if (text[end] !== '}') return undefined;
  // JSON is YAML's flow style.
  return `${text.slice(0, end).trimEnd()}, ${JSON.stringify(id)}: ${JSON.stringify(entry)} ${text.slice(end)}`;
}

/** Puts `lines` below the line in which the character before `offset` stands. */
function afterLine(text: string, offset: number, lines: string, eol: string): string {
  if (text[offset - 1] === '\n') return text.slice(0, offset) + lines + text.slice(offset);
  const lineEnd = text.indexOf('\n', offset);
  if (lineEnd < 0) return `${text}${eol}${lines}`;
  return text.slice(0, lineEnd + 1) + lines + text.slice(lineEnd + 1);
}

/** Where the last thing written in a node or pair ends. */
function endOf(item: Pair | Node | null | undefined): number {
  if (isPair(item)) return endOf(item.value as Node | null) || endOf(item.key as Node | null);
  if (isMap(item) && !item.flow && item.items.length > 0) return endOf(item.items.at(-1));
  return item?.range?.[1] ?? 0;
}

function columnOf(text: string, map: YAMLMap): number {
  const start = map.range?.[0] ?? 0;
  return start - (text.lastIndexOf('\n', start - 1) + 1);
}
