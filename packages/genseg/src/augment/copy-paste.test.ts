import { Generator, scope, tensor } from '@genseg/torch';
import { expect, test } from 'vitest';
import { checkLeaks } from '../../test/tiny.ts';
import type { Pair } from './augmentation.ts';
import { copyPaste } from './copy-paste.ts';

checkLeaks();

const unchanged = (pair: Pair): Pair => pair;

/** Two images of four pixels: the first has its object at the left, the second at the right. */
const two = (): Pair => ({
  image: tensor([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], { shape: [2, 1, 1, 4] }),
  mask: tensor([1, 2, 0, 0, 0, 0, 0, 1], { shape: [2, 1, 4] }).to({ dtype: 'int64' }),
});
const pasted = (probability: number, pair: Pair) => {
  const { image, mask } = copyPaste({ probability, before: unchanged })(pair, new Generator(0));
  return { image: image.toArray(), mask: mask.toArray().map(Number), shape: mask.shape };
};

test('with probability 1 each image receives the objects of the other, pixels and classes', () => {
  scope(() => {
    const { image, mask } = pasted(1, two());
    const expected = [0.1, 0.2, 0.3, 0.8, 0.1, 0.2, 0.7, 0.8];
    image.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 6);
    });
    expect(mask).toEqual([1, 2, 0, 1, 1, 2, 0, 1]);
  });
});

test('with probability 0, and for an image alone, nothing is pasted', () => {
  scope(() => {
    const pair = two();
    expect(pasted(0, pair).image).toEqual(pair.image.toArray());
    const alone = { image: pair.image.narrow(0, 0, 1), mask: pair.mask.narrow(0, 0, 1) };
    expect(pasted(1, alone).image).toEqual(alone.image.toArray());
  });
});

test('planes of masks follow as ids do', () => {
  scope(() => {
    const { image, mask } = two();
    const ids = pasted(1, { image, mask }).mask;
    const planes = mask.oneHot({ numClasses: 3 }).movedim(-1, 1).to({ dtype: 'float32' });
    const after = pasted(1, { image, mask: planes });
    expect(after.shape).toEqual([2, 3, 1, 4]);
    const classAt = (n: number, x: number) =>
      [0, 1, 2].findIndex((c) => after.mask[(n * 3 + c) * 4 + x] === 1);
    expect([0, 1].flatMap((n) => [0, 1, 2, 3].map((x) => classAt(n, x)))).toEqual(ids);
    const foreground = mask.ne(0).unsqueeze(1).to({ dtype: 'float32' });
    expect(pasted(1, { image, mask: foreground }).mask).toEqual(ids.map((id) => Math.min(id, 1)));
  });
});

test('what has no label in the source is no object: it is not pasted', () => {
  scope(() => {
    const { image } = two();
    const source = tensor([255, 255, 255, 255, 1, 0, 1, 0], { shape: [2, 1, 4] });
    const after = pasted(1, { image, mask: source.to({ dtype: 'int64' }) });
    expect(after.mask).toEqual([1, 255, 1, 255, 1, 0, 1, 0]);
  });
});

test('a probability outside 0 to 1 is refused', () => {
  expect(() => copyPaste({ probability: 1.5 })).toThrow(/probability must be from 0 to 1, got 1.5/);
});
