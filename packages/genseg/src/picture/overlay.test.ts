import { expect, test } from 'vitest';
import { square } from '../../test/data/fixtures.ts';
import { DataError } from '../errors.ts';
import { overlay } from './overlay.ts';

const black = { image: new Float32Array(256), width: 16, height: 16 };
const mask = square({ on: 1, from: 4, to: 12 });
const at = (picture: { data: Uint8Array }, x: number, y: number) => [
  ...picture.data.slice(3 * (16 * y + x), 3 * (16 * y + x) + 3),
];

test('a class is a translucent fill inside a contour of its full colour', () => {
  const drawn = overlay(black, mask);
  expect(at(drawn, 3, 8)).toEqual([0, 0, 0]);
  expect(at(drawn, 4, 8)).toEqual([230, 159, 0]);
  expect(at(drawn, 8, 8)).toEqual([69, 48, 0]);
});

test('the true contour is white: hits, misses and false positives can be told apart', () => {
  const truth = square({ on: 1, from: 7, to: 14 });
  const drawn = overlay(black, mask, truth);
  const white = [255, 255, 255];
  expect(at(drawn, 7, 8)).toEqual(white);
  expect(at(drawn, 13, 8)).toEqual(white);
  expect(at(drawn, 5, 8)).toEqual([69, 48, 0]); // false positive: fill outside the white line
  expect(at(drawn, 6, 8)).toEqual([35, 24, 0]); // the line's dark outer side
  expect(at(drawn, 12, 8)).toEqual([0, 0, 0]); // miss: no fill inside it
});

test('two classes that touch have a line each; none runs along the border of the image', () => {
  const halves = Uint8Array.from({ length: 256 }, (_, i) => (i % 16 < 8 ? 1 : 2));
  const drawn = overlay(black, halves);
  expect(at(drawn, 7, 0)).toEqual([230, 159, 0]);
  expect(at(drawn, 8, 0)).toEqual([86, 180, 233]);
  expect(at(drawn, 0, 0)).toEqual([69, 48, 0]);
});

test('lines are thicker on large images', () => {
  const large = { image: new Float32Array(250_000), width: 500, height: 500 };
  const half = Uint8Array.from({ length: 250_000 }, (_, i) => (i % 500 < 250 ? 1 : 0));
  const { data } = overlay(large, half);
  const line = Array.from({ length: 500 }, (_, x) => data[3 * (500 * 250 + x)]);
  expect(line.filter((red) => red === 230)).toHaveLength(2);
});

test('refuses masks of another size', () => {
  expect(() => overlay(black, new Uint8Array(4))).toThrow(DataError);
  expect(() => overlay(black, mask, new Uint8Array(4))).toThrow('truth has 4');
});
