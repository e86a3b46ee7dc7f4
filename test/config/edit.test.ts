import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { withAreas, withValues } from '../../src/config/edit.ts';

const TEXT = `# my store
site:
  id: shop   # part of every topic
cameras:
  # by the door
  door:
    source: rtsp://10.0.0.1/s
    zones:
      left: [[0, 0], [0.5, 0], [0.5, 1]] # the left half
      right: [[0.5, 0], [1, 0], [1, 1]]
  yard: { source: "file:yard.mp4" }
rules: ./rules
`;
const SQUARE = [
  [0.1, 0.1],
  [0.4, 0.1],
  [0.4, 0.4],
] as const;
const of = (text: string, id: string) => (parse(text) as { cameras: Record<string, object> }).cameras[id];

test('zones and masks change in the file, what stays the same keeps its comment', () => {
  const left = [
    [0, 0],
    [0.5, 0],
    [0.5, 1],
  ] as const;
  const text = withAreas(TEXT, 'door', { zones: { left, middle: SQUARE }, masks: [SQUARE] });
  expect(of(text, 'door')).toEqual({
    source: 'rtsp://10.0.0.1/s',
    zones: { left, middle: SQUARE },
    masks: [SQUARE],
  });
  for (const kept of ['# my store', '# part of every topic', '# by the door', '# the left half']) {
    expect(text).toContain(kept);
  }
  expect(text).toMatch(/^ {6}middle: \[.*0\.4, 0\.4.*\]$/m);
  expect(of(text, 'yard')).toEqual(of(TEXT, 'yard'));
});

test('the last zone and the last mask take their keys with them', () => {
  const drawn = withAreas(TEXT, 'yard', { zones: { gate: SQUARE }, masks: [SQUARE, SQUARE] });
  expect(of(drawn, 'yard')).toEqual({ source: 'file:yard.mp4', zones: { gate: SQUARE }, masks: [SQUARE, SQUARE] });
  expect(of(withAreas(drawn, 'yard', { zones: {}, masks: [] }), 'yard')).toEqual({ source: 'file:yard.mp4' });
});

test('a text that is no YAML and a camera that is not there are refused', () => {
  expect(() => withAreas('cameras: [', 'door', { zones: {}, masks: [] })).toThrow('no sound YAML');
  expect(() => withAreas(TEXT, 'roof', { zones: {}, masks: [] })).toThrow('no camera "roof"');
});

test('values are set in place, also below what is not there yet', () => {
  const text = withValues(TEXT, [
    [['site', 'id'], 'other'],
    [['site', 'name'], 'Hafen Market'],
    [['calendars', 'opening hours'], { 'mon-fri': '08:00-20:00' }],
  ]);
  expect(text).toContain('id: other # part of every topic');
  expect(parse(text)).toMatchObject({
    site: { id: 'other', name: 'Hafen Market' },
    calendars: { 'opening hours': { 'mon-fri': '08:00-20:00' } },
  });
  expect(parse(withValues('cameras:\n', [[['cameras', 'a', 'source'], 'demo:spill']]))).toEqual({
    cameras: { a: { source: 'demo:spill' } },
  });
});
