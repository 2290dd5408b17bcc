import { cat, Generator, rand, scope, type Tensor, tensor } from '@genseg/torch';
import { expect, test } from 'vitest';
import { checkLeaks, discs } from '../../test/tiny.ts';
import { copied, nearestAmong, nearestOf } from './memorisation.ts';

checkLeaks();

/** Rows of 2 x 2 pixels. */
const images = (...rows: number[][]): Tensor =>
  tensor(rows.flat(), { shape: [rows.length, 1, 2, 2] });

test('by hand: the root mean square to the nearest, and to the nearest of the others', () => {
  scope(() => {
    const [top, bottom, left] = [
      [1, 1, 0, 0],
      [0, 0, 1, 1],
      [1, 0, 1, 0],
    ];
    // Each has mean 1/2 and deviation 1/2: as plus and minus 1, two that agree in half are sqrt(2) apart.
    expect(nearestOf(images(top), images(bottom, left))).toEqual([
      { index: 1, distance: expect.closeTo(Math.SQRT2, 5) },
    ]);
    expect(nearestAmong(images(top, bottom, left)).map(({ index }) => index)).toEqual([2, 2, 0]);
    const mirrored = [0, 1, 0, 1];
    expect(nearestOf(images(mirrored), images(top, left))[0]).toEqual({ index: 1, distance: 0 });
  });
});

test('brightness and contrast make no difference; a flat image is one deviation from all', () => {
  scope(() => {
    const [image, dull, flat] = [
      [0, 1, 0.5, 0.2],
      [0.4, 0.6, 0.5, 0.44],
      [0.5, 0.5, 0.5, 0.5],
    ];
    expect(nearestOf(images(dull), images(flat, image))[0]).toEqual({
      index: 1,
      distance: expect.closeTo(0, 5),
    });
    expect(nearestOf(images(flat), images(image))[0].distance).toBeCloseTo(1, 5);
  });
});

test('a generator that copies its training images is found out, also through noise and a mirror', () => {
  using pairs = discs('real', 8);
  scope(() => {
    using generator = new Generator(0);
    const { image } = pairs.all();
    const real = nearestAmong(image);
    const faint = rand(image.shape, { generator }).sub(0.5).mul(0.05);
    const copies = cat([image, image.flip([3]), image.add(faint)]);
    const found = nearestOf(copies, image);
    expect(copied(found, real)).toEqual(Array(24).fill(true));
    expect(found.slice(0, 8).map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

test('two equal images of one patient do not hide copies', () => {
  using pairs = discs('real', 8);
  scope(() => {
    using generator = new Generator(0);
    const { image } = pairs.all();
    const real = cat([image, image.narrow(0, 0, 1)]);
    const copies = image.add(rand(image.shape, { generator }).sub(0.5).mul(0.05));
    const among = nearestAmong(real, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'a']);
    expect(copied(nearestOf(copies, real), among)).toEqual(Array(8).fill(true));
    expect(among).toEqual([...nearestAmong(image), nearestAmong(image)[0]]);
    const alone = nearestAmong(real, Array(9).fill('a'));
    expect(alone.every(({ distance }) => distance === Number.POSITIVE_INFINITY)).toBe(true);
  });
});

test('new images of the same kind are no copies', () => {
  using pairs = discs('real', 8);
  using others = discs('other', 20);
  scope(() => {
    const real = nearestAmong(pairs.all().image);
    const found = nearestOf(others.all().image, pairs.all().image);
    expect(copied(found, real)).toEqual(Array(20).fill(false));
  });
});
