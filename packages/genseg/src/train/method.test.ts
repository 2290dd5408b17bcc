/** What each method differs in, seen from outside: its batches, its budget, its choice of weights. */
import { Generator, scope } from '@genseg/torch';
import { expect, test } from 'vitest';
import { largestDifference } from '../../test/numeric.ts';
import { checkLeaks, discs, tinyRecipe, tinySession, tinyTrainer } from '../../test/tiny.ts';
import { methodNames, takesUnlabelled } from '../run/index.ts';
import { methodNamed, methods } from './method.ts';
import { PairSet } from './pairs.ts';
import { noProgress, Trainer } from './trainer.ts';

checkLeaks();

test('every name of the command line has its method, and no other', () => {
  expect(methods.map(({ name }) => name).sort()).toEqual([...methodNames].sort());
  for (const { name, semiSupervision } of methods)
    expect(takesUnlabelled(name), name).toBe(semiSupervision !== null);
});

test.each(methods.map((method) => [method.name, method] as const))(
  '%s: takes the segmentation steps that all take, and tells how many images they saw',
  async (_, method) => {
    using tiny = tinySession(method);
    const progress = noProgress();
    await tinyTrainer(tiny, { progress }).run();
    const { steps } = tinyRecipe.segmentation;
    const { synthesises, duplicates, semiSupervision } = method;
    const extra = synthesises || duplicates || semiSupervision ? tinyRecipe.syntheticBatch : 0;
    const images = steps * (tinyRecipe.batch + extra);
    expect(progress.updates.segmentation).toEqual({ steps, images });
    expect('generator' in progress.updates).toBe(method.synthesises);
    expect('architecture' in progress.updates).toBe(method.feedback);
  },
);

test.each(['rotate', 'flip', 'translate', 'combine'] as const)(
  '%s: image and mask move together, and colours stay',
  (name) => {
    using pairs = discs('disc', 4);
    scope(() => {
      const { mask } = pairs.all();
      const image = mask.unsqueeze(1).to({ dtype: 'float32' });
      const moved = methodNamed(name).augmentation!({ image, mask }, new Generator(1));
      // Bilinear reading gives the nearest pixel a quarter of the weight at least.
      expect(largestDifference(moved.image.squeeze(1), moved.mask)).toBeLessThan(0.7501);
      expect(largestDifference(moved.image, image)).toBe(1);
      expect(moved.image.amin().item()).toBeCloseTo(0, 5);
      expect(moved.image.amax().item()).toBeCloseTo(1, 5);
    });
  },
);

test('duplicates are real pairs under warps and colours, as many as others have synthetic ones', () => {
  using tiny = tinySession(methodNamed('duplicate'));
  scope(() => {
    const { duplicates } = tiny.session.segmentation.draw();
    const { image, mask, ids } = duplicates!;
    expect(ids).toHaveLength(tinyRecipe.syntheticBatch);
    const originals = tiny.train.pick(ids.map((id) => tiny.train.ids.indexOf(id)));
    expect(image.shape).toEqual(originals.image.shape);
    expect(largestDifference(image, originals.image)).toBeGreaterThan(0.1);
    // The discs differ from the ground, wherever the warp has put them, and whichever is brighter now.
    const inside = mask.unsqueeze(1).to({ dtype: 'float32' });
    const means = (weight: typeof inside) =>
      image
        .mul(weight)
        .sum([1, 2, 3])
        .div(weight.sum([1, 2, 3]));
    const contrasts = means(inside)
      .sub(means(inside.rsub(1)))
      .abs();
    expect(contrasts.amin().item()).toBeGreaterThan(0.1);
  });
});

test('without validation cases the last weights are kept, once', async () => {
  using tiny = tinySession(methodNamed('val-as-train'));
  using none = PairSet.from([], 'cpu');
  const kept: number[] = [];
  const seen: string[] = [];
  const trainer = new Trainer(tiny.session, none, noProgress(), {
    emit: (type) => seen.push(type),
    checkpoint() {},
    keepBest: ({ train }) => kept.push(train),
    interrupted: () => false,
  });
  expect(await trainer.run()).toBe(true);
  expect(kept).toEqual([tinyRecipe.segmentation.steps]);
  expect(seen).not.toContain('validation');
});
