/** The weight average against its sum in closed form. */
import { equal, Generator, liveTensors, noGrad, randn, scope, tensor } from '@genseg/torch';
import { expect, test } from 'vitest';
import { Module } from '../nn/index.ts';
import { lerpEach } from './ema.ts';
import { updateAverage } from './index.ts';

class Tiny extends Module {
  readonly weight = this.parameter('weight', tensor([0, 0]));
  readonly mean = this.buffer('mean', tensor([0]));
  readonly count = this.buffer('count', tensor([0], { dtype: 'int64' }));
}

class Other extends Module {
  readonly weight = this.parameter('weight', tensor([0, 0]));
}

test('a plain mean at first, then weights that fall by the decay; counters are copied', () => {
  const before = liveTensors();
  scope(() => {
    using average = new Tiny();
    using module = new Tiny();
    const decay = 0.75;
    let expected = 0;
    for (let step = 0; step < 8; step++) {
      const now = (step + 1) ** 2;
      module.loadStateDict(
        new Map([
          ['weight', tensor([now, -now])],
          ['mean', tensor([3 * now])],
          ['count', tensor([step], { dtype: 'int64' })],
        ]),
      );
      updateAverage(average, module, { step, decay });
      // Steps 0 to 3 are the mean of what was seen: (1 + 4 + 9 + 16) / 4 after the fourth.
      const d = Math.min(decay, step / (step + 1));
      expected = d * expected + (1 - d) * now;
      if (step === 3) expect(expected).toBeCloseTo(7.5, 12);
      const [up, down] = average.weight.value.toArray();
      expect(up).toBeCloseTo(expected, 4);
      expect(down).toBeCloseTo(-expected, 4);
      expect(average.mean.value.item()).toBeCloseTo(3 * expected, 4);
      expect(average.count.value.item()).toBe(step);
    }
  });
  expect(liveTensors()).toBe(before);
});

test('refuses modules of different keys', () => {
  scope(() => {
    using tiny = new Tiny();
    using other = new Other();
    const step = 0;
    expect(() => updateAverage(tiny, other, { step })).toThrow(/only one of the two modules has/);
    expect(() => updateAverage(other, tiny, { step })).toThrow(/only one of the two modules has/);
  });
});

test.each([0, 1e-6, 0.001, 0.25, 0.4999, 0.5, 2 / 3, 0.999, 1])(
  'tensors moved together have the bits of lerp, weight %d',
  (weight) => {
    scope(() => {
      using generator = new Generator(2);
      for (const dtype of ['float32', 'float64'] as const) {
        const draw = () =>
          [[], [7], [3, 5], [41, 50]].map((shape) => randn(shape, { generator, dtype }));
        const [tensors, ends] = [draw(), draw()];
        const expected = tensors.map((x, i) => x.lerp(ends[i], weight));
        noGrad(() => lerpEach(tensors, ends, weight));
        for (const [i, x] of tensors.entries()) expect(equal(x, expected[i])).toBe(true);
      }
    });
  },
);
