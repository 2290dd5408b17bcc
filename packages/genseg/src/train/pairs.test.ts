import { scope, tensor } from '@genseg/torch';
import { expect, test } from 'vitest';
import { checkLeaks } from '../../test/tiny.ts';
import { DataError } from '../errors.ts';
import { PairSet } from './pairs.ts';

checkLeaks();

/** Two channels of 4 x 4: case i is i everywhere in the first, and its mask is i in the left half. */
const sample = (i: number) => ({
  id: `case ${i}`,
  width: 4,
  height: 4,
  image: Float32Array.from({ length: 32 }, (_, at) => (at < 16 ? i / 10 : at / 100)),
  mask: Uint8Array.from({ length: 16 }, (_, at) => (at % 4 < 2 ? i : 0)),
});

test('picks pairs by index, in the order asked, as often as asked', () => {
  using set = PairSet.from([0, 1, 2].map(sample), 'cpu');
  expect([set.count, set.ids]).toEqual([3, ['case 0', 'case 1', 'case 2']]);
  scope(() => {
    const { image, mask, ids } = set.pick([2, 0, 2]);
    expect([image.shape, image.dtype, mask.shape, mask.dtype]).toEqual([
      [3, 2, 4, 4],
      'float32',
      [3, 4, 4],
      'int64',
    ]);
    expect(ids).toEqual(['case 2', 'case 0', 'case 2']);
    expect(image.at(':', 0, 0, 0).toArray()).toEqual([0.2, 0, 0.2].map(Math.fround));
    expect(mask.at(0, 0).toArray().map(Number)).toEqual([2, 2, 0, 0]);
    expect(set.all().ids).toEqual(set.ids);
  });
});

test('a batch is a copy: changing it leaves the set as it was', () => {
  using set = PairSet.from([sample(1)], 'cpu');
  scope(() => {
    const { image } = set.pick([0]);
    image.mul_(0);
    expect(set.pick([0]).image.at(0, 0, 0, 0).item()).toBeCloseTo(0.1);
  });
});

test('at another size images are averaged and masks stay classes', () => {
  using set = PairSet.from([sample(0), sample(2)], 'cpu');
  using small = set.resized(2);
  scope(() => {
    const { image, mask, ids } = small.all();
    expect(ids).toEqual(set.ids);
    expect(mask.at(1).toArray().map(Number)).toEqual([2, 0, 2, 0]);
    const corner = tensor([16, 17, 20, 21].map((at) => at / 100)).mean();
    expect(image.at(1, 1, 0, 0).item()).toBeCloseTo(corner.item(), 6);
  });
});

test('refuses a case without a mask, by name', () => {
  const bare = { ...sample(3), mask: null };
  expect(() => PairSet.from([sample(1), bare], 'cpu')).toThrow(DataError);
  expect(() => PairSet.from([sample(1), bare], 'cpu')).toThrow('case case 3 has no mask');
});
