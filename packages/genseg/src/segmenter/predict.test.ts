import { Generator } from '@genseg/torch';
import { expect, test } from 'vitest';
import { checkLeaks, discSamples } from '../../test/tiny.ts';
import { families } from './family.ts';
import { predict, predictAll } from './predict.ts';

checkLeaks();

test.each(families.map(({ name }) => name))('%s: images together and one by one', (name) => {
  using generator = new Generator(0);
  using model = families
    .find((family) => family.name === name)!
    .build(1, 3, { width: 4, size: 32, generator, dropoutGenerator: generator, device: 'cpu' });
  model.eval();
  const [a, b, c] = discSamples('disc', 3);
  const wide = { ...b, width: 16, height: 64 }; // of the same number of pixels
  const all = [a, wide, c];
  const use = { size: 32 };
  const together = predictAll(model, all, use);
  expect(together.map(({ width, height }) => [width, height])).toEqual([
    [32, 32],
    [16, 64],
    [32, 32],
  ]);
  for (const [i, sample] of all.entries()) {
    const alone = predict(model, sample, use);
    expect(together[i].probabilities).toHaveLength(2);
    const differences = together[i].probabilities.flatMap((plane, k) =>
      Array.from(plane, (p, at) => Math.abs(p - alone.probabilities[k][at])),
    );
    expect(differences.reduce((most, one) => Math.max(most, one), 0)).toBeLessThan(1e-5);
  }
});
