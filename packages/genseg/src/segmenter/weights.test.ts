/** Weights from a file: what matches by name, shape and prefix; what is kept, reported and refused. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Generator, saveSafetensors, scope, zeros } from '@genseg/torch';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/data/fixtures.ts';
import { checkLeaks, tinyPlan, tinyRecipe } from '../../test/tiny.ts';
import { checkModel } from '../train/check-model.ts';
import { unet } from './family.ts';
import { matchWeights, pretrained } from './weights.ts';

checkLeaks();

const shapes = (all: Record<string, number[]>) =>
  new Map(Object.entries(all).map(([name, shape]) => [name, zeros(shape)]));

/** matchWeights between names and shapes. */
const match = (model: Record<string, number[]>, file: Record<string, number[]>) =>
  scope(() => {
    const { matched, missing, unused } = matchWeights(shapes(model), shapes(file));
    return { matched: Object.fromEntries(matched), missing, unused };
  });

test('by name and shape', () => {
  expect(
    match({ 'a.w': [2, 1], 'a.b': [3], c: [1] }, { 'a.w': [2, 1], 'a.b': [4], d: [1] }),
  ).toEqual({
    matched: { 'a.w': 'a.w' },
    missing: ['a.b (4 in the file, 3 here)', 'c'],
    unused: ['a.b', 'd'],
  });
});

test('below a prefix on either side, the one that fits most', () => {
  expect(
    match({ 'a.w': [2, 1], 'a.v': [3, 1] }, { 'm.a.w': [2, 1], 'm.a.v': [3, 1], 'x.a.w': [2, 1] }),
  ).toEqual({
    matched: { 'a.w': 'm.a.w', 'a.v': 'm.a.v' },
    missing: [],
    unused: ['x.a.w'],
  });
  expect(match({ 'backbone.w': [2, 1], 'head.w': [2, 1] }, { w: [2, 1] })).toEqual({
    matched: { 'backbone.w': 'w' },
    missing: ['head.w'],
    unused: [],
  });
});

/** A U-Net with weights drawn from a seed. */
const build = (family: typeof unet, seed: number, width = 4) => {
  const generator = new Generator(seed);
  const options = {
    width,
    size: 32,
    generator,
    dropoutGenerator: generator,
    device: 'cpu' as const,
  };
  return family.build(1, 1, options);
};

test('a TorchScript gives its parameters and buffers', () => {
  const path = fileURLToPath(new URL('../../test/golden/unet.pt', import.meta.url));
  const recipe = { ...tinyRecipe, segmentation: { ...tinyRecipe.segmentation, width: 2 } };
  const decisions = checkModel(tinyPlan({ recipe, weights: path }));
  const reason = decisions.find(({ name }) => name === 'weights')?.reason;
  expect(reason).toMatch(/^(\d+) of \1 tensors are from it$/);
});

test('the matching tensors are those of the file, the others stay', async () => {
  const path = join(await temporaryFolder(), 'encoder.safetensors');
  scope(() => {
    using source = build(unet, 1);
    const encoder = [...source.stateDict()].filter(([name]) => /^(inc|down)/.test(name));
    saveSafetensors(path, new Map(encoder.map(([name, value]) => [`module.${name}`, value])));
    using tuned = build(pretrained(unet, path), 2);
    using fresh = build(unet, 2);
    const [given, drawn] = [source.stateDict(), fresh.stateDict()];
    for (const [name, value] of tuned.stateDict()) {
      const expected = (/^(inc|down)/.test(name) ? given : drawn).get(name)!;
      expect(value.toArray(), name).toEqual(expected.toArray());
    }
  });
  const weights = checkModel(tinyPlan({ weights: path })).find(({ name }) => name === 'weights');
  expect(weights?.reason).toMatch(
    /^\d+ of \d+ tensors are from it, such as (\S+), there module\.\1; drawn at random: up1/,
  );
});

test('a part that is frozen must be in the file, or be trained', async () => {
  const path = join(await temporaryFolder(), 'encoder.safetensors');
  scope(() => {
    using source = build(unet, 1);
    const encoder = [...source.stateDict()].filter(([name]) => /^(inc|down[123])/.test(name));
    saveSafetensors(path, new Map(encoder));
  });
  const check = (stageRates: Record<string, number>) =>
    checkModel(tinyPlan({ weights: path, stageRates }));
  expect(() => check({ encoder: 0 })).toThrow(
    /--weights .*: frozen parts lack down4\.\S+\.weight, .* and \d+ more, which would stay random; give weights that have them/,
  );
  check({ encoder: 0, down4: 0.5 });
});

test('a shape that differs is told below a prefix too', () => {
  expect(match({ 'a.w': [2, 1], b: [3] }, { 'm.a.w': [2, 1], 'm.b': [4] }).missing).toEqual([
    'b (4 in the file, 3 here)',
  ]);
});

test('a file of another model or of another width is refused', async () => {
  const folder = await temporaryFolder();
  const [other, wider] = ['other', 'wider'].map((name) => join(folder, `${name}.safetensors`));
  scope(() => {
    saveSafetensors(other, new Map([['layer.weight', zeros([3, 3])]]));
    // Its counters and the bias of its one output have the shapes of a narrow U-Net's.
    using source = build(unet, 1, 8);
    saveSafetensors(wider, source.stateDict());
  });
  for (const weights of [other, wider])
    expect(() => checkModel(tinyPlan({ weights }))).toThrow(
      /\.safetensors: too few of its tensors .*same --model and width/,
    );
});
