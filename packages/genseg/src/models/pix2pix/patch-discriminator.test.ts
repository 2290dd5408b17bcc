import { Generator, grad, liveTensors, scope, zeros } from '@genseg/torch';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { wave } from '../../../test/numeric.ts';
import { unnormalised } from '../../nn/index.ts';
import { PatchDiscriminator } from './index.ts';

let before: number;
beforeEach(() => {
  before = liveTensors();
});
afterEach(() => {
  expect(liveTensors()).toBe(before);
});

test.each([
  [1, 16],
  [2, 34],
  [3, 70],
])('with %i layers a logit sees %i x %i pixels, no more and no less', (layers, field) => {
  using generator = new Generator(0);
  // The normalisation by batch would let every pixel touch every logit.
  using net = new PatchDiscriminator(1, 1, { width: 4, layers, norm: unnormalised, generator });
  scope(() => {
    const size = field + 40;
    const images = wave([1, 1, size, size]).to({ dtype: 'float32' }).requiresGrad_();
    const logits = net.forward(zeros([1, 1, size, size]), images);
    const middle = Math.floor(logits.shape[2] / 2);
    const [gradient] = grad(logits.at(0, 0, middle, middle), [images]);
    const touched = gradient.at(0, 0).ne(0);
    for (const dim of [0, 1]) {
      expect(touched.any(dim).to({ dtype: 'int64' }).sum().item()).toBe(field);
    }
  });
});

test('judges mask and image together', () => {
  using generator = new Generator(0);
  using net = new PatchDiscriminator(2, 3, { width: 2, generator });
  scope(() => {
    const pair = [2, 3].map((c) => wave([2, c, 32, 48]).to({ dtype: 'float32' }).requiresGrad_());
    const logits = net.forward(pair[0], pair[1]);
    expect(logits.shape).toEqual([2, 1, 2, 4]);
    for (const gradient of grad(logits.square().sum(), pair)) {
      expect(gradient.abs().sum([0, 2, 3]).min().item()).toBeGreaterThan(0);
    }
  });
});

test('refuses images smaller than it can judge, naming the size that it can', () => {
  using generator = new Generator(0);
  using net = new PatchDiscriminator(1, 1, { width: 2, generator });
  scope(() => {
    const judge = (size: number) => net.forward(zeros([2, 1, size, 40]), zeros([2, 1, size, 40]));
    expect(() => judge(23)).toThrow(
      'images of 23 x 40 are smaller than its patches; enlarge them to 24 x 24',
    );
    expect(judge(24).shape).toEqual([2, 1, 1, 3]);
  });
});
