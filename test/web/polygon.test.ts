import { expect, test } from 'vitest';
import { polygonProblem } from '../../src/web/polygon.ts';

test.each([
  [
    'a triangle',
    [
      [0, 0],
      [1, 0],
      [0.5, 1],
    ],
    undefined,
  ],
  [
    'a shape with a dent',
    [
      [0, 0],
      [1, 0],
      [1, 1],
      [0.5, 0.2],
      [0, 1],
    ],
    undefined,
  ],
  [
    'a corner on a straight edge',
    [
      [0, 0],
      [0.5, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ],
    undefined,
  ],
  [
    'two points',
    [
      [0, 0],
      [1, 1],
    ],
    'few-points',
  ],
  ['65 points', Array.from({ length: 65 }, (_, i) => [i / 65, i % 2]), 'many-points'],
  [
    'a point left of the picture',
    [
      [-0.01, 0],
      [1, 0],
      [1, 1],
    ],
    'outside',
  ],
  [
    'a point that is no number',
    [
      [Number.NaN, 0],
      [1, 0],
      [1, 1],
    ],
    'outside',
  ],
  [
    'a bow tie',
    [
      [0, 0],
      [1, 1],
      [1, 0],
      [0, 1],
    ],
    'crossing',
  ],
  [
    'a corner that touches another edge',
    [
      [0, 0],
      [1, 0],
      [1, 1],
      [0.5, 0],
      [0, 1],
    ],
    'crossing',
  ],
  [
    'an edge that goes back on itself',
    [
      [0, 0],
      [1, 0],
      [0.4, 0],
      [0, 1],
    ],
    'crossing',
  ],
  [
    'the same point twice',
    [
      [0, 0],
      [0, 0],
      [1, 0],
      [1, 1],
    ],
    'crossing',
  ],
  [
    'points on one line',
    [
      [0, 0],
      [0.5, 0.5],
      [1, 1],
    ],
    'crossing',
  ],
  [
    'a shape thinner than a pixel',
    [
      [0, 0],
      [1, 0],
      [0.5, 0.0001],
    ],
    'flat',
  ],
] as Array<[string, Array<[number, number]>, string | undefined]>)('%s', (_, points, problem) => {
  expect(polygonProblem(points)).toBe(problem);
});
