import { expect, test } from 'vitest';
import { DataError } from '../errors.ts';
import { grid } from './grid.ts';
import { paintMask } from './paint.ts';

const tile = (gray: number, { width = 4, height = 2 } = {}) => ({
  image: new Float32Array(width * height).fill(gray),
  width,
  height,
});

test('tiles stand in rows and columns with gaps', () => {
  const sheet = grid([[tile(1), tile(0)], [tile(0.2)]], { gap: 1 });
  expect(sheet).toMatchObject({ width: 1 + 2 * 5, height: 1 + 2 * 3, channels: 3 });
  const rows = Array.from({ length: 7 }, (_, y) =>
    Array.from({ length: 11 }, (_, x) => sheet.data[3 * (11 * y + x)]),
  );
  const ground = 24;
  const line = (left: number, right: number) =>
    [ground, Array(4).fill(left), ground, Array(4).fill(right), ground].flat();
  expect(rows[0]).toEqual(Array(11).fill(ground));
  expect(rows.slice(1, 3)).toEqual([line(255, 0), line(255, 0)]);
  expect(rows[3]).toEqual(rows[0]);
  expect(rows.slice(4, 6)).toEqual([line(51, ground), line(51, ground)]);
});

test('captions are drawn above their columns and end with them', () => {
  const tiles = [[tile(0, { width: 20, height: 2 }), tile(0, { width: 20, height: 2 })]];
  const sheet = grid(tiles, { labels: ['l', 'iiiiiiiii'], gap: 0 });
  expect(sheet.height).toBe(9 + 2);
  const dots = (y: number, from: number, to: number) =>
    Array.from({ length: to - from }, (_, x) =>
      sheet.data[3 * (40 * y + from + x)] > 100 ? '#' : '.',
    ).join('');
  expect([0, 1, 2, 3, 4, 5, 6, 7].map((y) => dots(y, 0, 5))).toEqual([
    ...['.##..', '..#..', '..#..', '..#..', '..#..', '..#..', '.###.', '.....'],
  ]);
  expect(dots(6, 20, 40)).toBe('.###...###...###...#');
});

test('refuses no picture, and pictures of several sizes', () => {
  expect(() => grid([])).toThrow(DataError);
  expect(() => grid([[tile(0), tile(0, { width: 5 })]])).toThrow('4 x 2 and 5 x 2');
});

test('images, masks and painted pictures can stand together', () => {
  const mask = { mask: Uint8Array.from([0, 1]), width: 2, height: 1 };
  const image = { image: Float32Array.from([0, 1]), width: 2, height: 1 };
  const { data } = grid([[mask, image, paintMask(mask)]], { gap: 0 });
  expect([...data]).toEqual([
    ...[0, 0, 0, 230, 159, 0],
    ...[0, 0, 0, 255, 255, 255],
    ...[0, 0, 0, 230, 159, 0],
  ]);
});
