/**
 * A user's own model: golden/unet.pt, scripted by PyTorch, trained beside the same network in TypeScript;
 * and what is refused before a run begins.
 */
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environment, Generator, loadScript, noGrad, ones, scope } from '@genseg/torch';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/data/fixtures.ts';
import { makeLevels } from '../../test/levels.ts';
import { checkLeaks, discs, tinyPlan, tinyRecipe, tinySession } from '../../test/tiny.ts';
import { AdamW } from '../optim/index.ts';
import { type Family, script, unet } from '../segmenter/family.ts';
import { loadModel, saveModel } from '../segmenter/model-file.ts';
import { staged } from '../segmenter/stages.ts';
import { checkModel } from './check-model.ts';
import { genseg, type Method, methods } from './method.ts';
import { proveLoop } from './proof.ts';

checkLeaks();

const golden = (name: string) =>
  fileURLToPath(new URL(`../../test/golden/${name}`, import.meta.url));
const path = golden('unet.pt');

/**
 * Its first weights are in its file; the stream that would draw them is moved on as if they were not. Its name is
 * the U-Net's, so that methods of two networks give it the same second one.
 */
const inPython: Family = {
  ...script(path),
  name: unet.name,
  build: (...given) => {
    unet.build(...given).dispose();
    return script(path).build(...given);
  },
};

const recipe = { ...tinyRecipe, segmentation: { ...tinyRecipe.segmentation, width: 2 } };

/** The U-Net in TypeScript, with the weights that the script has. */
const inTypeScript: Family = {
  ...unet,
  build: (...given) => {
    const model = unet.build(...given);
    scope(() => {
      const loaded = loadScript(path);
      model.loadStateDict(new Map([...loaded.namedParameters(), ...loaded.namedBuffers()]));
    });
    return model;
  },
};

const isEncoder = (name: string) => /^(inc|down)/.test(name);

/** The largest relative difference. */
const far = (values: number[], others: number[]) =>
  Math.max(0, ...values.map((value, i) => Math.abs(value / others[i] - 1)));

/** Losses by step, and lengths of hypergradients. */
function train(method: Method, family: Family) {
  using tiny = tinySession(method, { family, recipe });
  const { session } = tiny;
  const steps = Array.from({ length: 3 }, () => {
    const pretrained = session.synthesis ? [...session.pretrainStep().losses.values()] : [];
    if (session.engine) session.engine.iteration = 1; // an upper step is due
    const { losses, hypergradientNorms = [] } = session.trainStep();
    return { losses: [...pretrained, ...losses.values()], norms: hypergradientNorms };
  });
  return {
    losses: steps.map(({ losses }) => losses),
    norms: steps.flatMap(({ norms }) => norms),
  };
}

/** How far losses may drift in three steps: after LibTorch 2.6 the script's kernels round otherwise. */
const drift = /^(1|2\.[0-6])\./.test(environment().version) ? 1e-4 : 2e-4;

test.each(methods.map((method) => [method.name, method] as const))(
  '%s: losses are those of the network in TypeScript',
  (_, method) => {
    const [expected, actual] = [inTypeScript, inPython].map((family) => train(method, family));
    expect(actual.losses).toHaveLength(expected.losses.length);
    expect(far(actual.losses[0], expected.losses[0])).toBeLessThan(1e-6);
    expect(far(actual.losses.flat(), expected.losses.flat())).toBeLessThan(drift);
    expect(actual.norms).toHaveLength(expected.norms.length);
    // In float32 these are differences of gradients near their rounding; in float64, below, they are the same.
    for (const norm of actual.norms) expect(norm).toBeGreaterThan(0);
  },
);

test('in float64 the three levels are those of the network in TypeScript, to twelve digits', () => {
  using pairs = discs('train', 4);
  using validation = discs('validation', 2);
  const run = (family: Family) => {
    using unused = new Generator(0);
    const options = { width: 2, size: 32, generator: unused, dropoutGenerator: unused };
    using levels = makeLevels({
      train: pairs,
      seed: 1,
      segmenter: scope(() => family.build(1, 1, { ...options, device: 'cpu' })),
      width: { segmenter: 2, generator: 4 },
      depth: { segmenter: 4, generator: 3 },
      optimizer: (parameters) => new AdamW(parameters, 2e-3, { weightDecay: 1e-4 }),
      lr: { generator: 1e-4, discriminator: 1e-4, architecture: 3e-2 },
      batch: 2,
      dtype: 'float64',
    });
    const engine = levels.engine(validation);
    return [0, 1, 2].flatMap(() => {
      const { losses, hypergradientNorms } = engine.iterate();
      return [...losses.values(), ...hypergradientNorms!];
    });
  };
  const expected = run(inTypeScript);
  expect(expected).toHaveLength(3 * (4 + 6));
  expect(far(run(script(path)), expected)).toBeLessThan(1e-12);
});

/** The encoder, by the names that both have. */
const encoder = Object.fromEntries(
  ['inc', 'down1', 'down2', 'down3', 'down4'].map((name) => [name, 0]),
);

test('a frozen part keeps its statistics and normalises by them, as the network in TypeScript', () => {
  const [expected, actual] = [inTypeScript, inPython].map((family) =>
    train(genseg, staged(family, encoder)),
  );
  expect(far(actual.losses.flat(), expected.losses.flat())).toBeLessThan(1e-4);
  const free = train(genseg, inPython);
  expect(far(actual.losses.flat(), free.losses.flat())).toBeGreaterThan(1e-3);

  using tiny = tinySession(genseg, { family: staged(inPython, encoder), recipe });
  const { segmenter } = tiny.session;
  const statistics = () =>
    [...segmenter.stateDict()]
      .filter(([name]) => /running|tracked/.test(name))
      .map(([name, value]) => [name, value.toArray()] as const);
  const before = new Map(statistics());
  tiny.session.trainStep();
  for (const [name, after] of statistics()) {
    if (isEncoder(name)) expect(after, name).toEqual(before.get(name));
    else expect(after, name).not.toEqual(before.get(name));
  }
});

test('it passes the self-check', () => {
  using train = discs('train', 4);
  using validation = discs('validation', 2);
  const checks = proveLoop(tinyPlan({ model: path }), { train, validation });
  expect(checks.filter(({ passed }) => !passed)).toEqual([]);
});

test('trained, it is stored with its code, for us and for PyTorch', async () => {
  const folder = join(await temporaryFolder(), 'best');
  using tiny = tinySession(methods[0], { family: inPython, recipe });
  tiny.session.trainStep();
  const { segmenter } = tiny.session;
  saveModel(folder, segmenter, {
    format: 'genseg-model/1',
    architecture: 'script',
    ...{ width: 2, channels: 1, classes: ['background', 'disc'], size: 32 },
    fingerprint: {
      ...{ channels: 1, bits: 8, width: [32, 32, 32], height: [32, 32, 32] },
      intensity: { per: 'image', low: [0], high: [255] },
    },
  });
  using trained = loadModel(folder, 'cpu');
  scope(() =>
    noGrad(() => {
      const image = ones([1, 1, 32, 32]);
      const expected = segmenter.eval().forward(image).toArray();
      expect(trained.model.forward(image).toArray()).toEqual(expected);
      const alone = loadScript(join(folder, 'model.pt')).eval();
      expect(`${alone.forward(image)}`).toBe(`${segmenter.forward(image)}`);
    }),
  );
});

test('parameters that ask for no gradient stay as they are', async () => {
  const frozen = join(await temporaryFolder(), 'frozen.pt');
  scope(() => {
    const model = loadScript(path);
    for (const [name, value] of model.namedParameters())
      if (isEncoder(name)) value.requiresGrad_(false);
    model.save(frozen);
  });
  using tiny = tinySession(methods[0], { family: script(frozen), recipe });
  const { segmenter } = tiny.session;
  const weights = () =>
    [...segmenter.stateDict()]
      .filter(([name]) => /weight|running/.test(name))
      .map(([name, value]) => [name, value.toArray()] as const);
  const before = new Map(weights());
  tiny.session.trainStep();
  for (const [name, after] of weights()) {
    if (isEncoder(name)) expect(after, name).toEqual(before.get(name));
    else expect(after, name).not.toEqual(before.get(name));
  }
});

test('two planes for two classes mean their difference', async () => {
  // script.pt of the tensor package gives two planes; its dropout draws from the run's stream.
  const two = join(await temporaryFolder(), 'two.pt');
  copyFileSync(golden('../../../torch/test/golden/script.pt'), two);
  checkModel(tinyPlan({ model: two }));
  expect(train(methods[0], script(two))).toEqual(train(methods[0], script(two)));
});

test('what cannot be trained is refused with the mend', async () => {
  const folder = await temporaryFolder();
  const broken = join(folder, 'broken.pt');
  writeFileSync(broken, 'no script');
  const values = golden('../../../torch/test/golden/script-values.pt');
  const table: [Parameters<typeof tinyPlan>[0], RegExp][] = [
    [{ model: join(folder, 'missing.pt') }, /loading it failed: cannot read .*missing\.pt/],
    [{ model: broken }, /broken\.pt is not a TorchScript file .*torch\.jit\.script/],
    [{ model: golden('unfit.pt') }, /does not depend on second\.weight, second\.bias; remove/],
    [{ model: golden('tied.pt') }, /parameters first\.weight and second\.weight are one tensor/],
    [{ model: values }, /it has no parameters to train/],
    [{ model: path, channels: 3 }, /forward pass on 2 images of 32 px in training mode failed/],
    [{ model: path, size: 40 }, /forward pass on 2 images of 40 px in training mode failed/],
    [
      { model: path, classes: ['background', 'a', 'b'] },
      /output is \[2, 1, 32, 32\] .*expected logits \[2, 3, 32, 32\]/,
    ],
  ];
  for (const [plan, message] of table) expect(() => checkModel(tinyPlan(plan))).toThrow(message);
});
