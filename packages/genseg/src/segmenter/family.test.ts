/** Every family of segmentation models, with every method, for two classes and three. */
import { noGrad, scope, zeros } from '@genseg/torch';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/data/fixtures.ts';
import { checkLeaks, discs, tinyPlan, tinySession } from '../../test/tiny.ts';
import { modelNames } from '../run/index.ts';
import { methods, plain } from '../train/method.ts';
import { proveLoop } from '../train/proof.ts';
import { type Family, families, familyNamed } from './family.ts';
import { loadModel, saveModel } from './model-file.ts';

checkLeaks();

const sides: [number, number, number] = [32, 32, 32];
const intensity = { per: 'image' as const, low: [0], high: [255] };

const table = families.map((family) => [family.name, family] as const);

test('the command line names them all, and a name that is none is an error', () => {
  expect(families.map(({ name }) => name)).toEqual([...modelNames]);
  expect(() => familyNamed('vnet')).toThrow(/no model "vnet" here, only unet, .*TorchScript/);
});

test.each(table)('%s trains by every method, for two classes and three', (_, family) => {
  for (const method of methods) {
    for (const classes of [2, 3]) {
      using tiny = tinySession(method, { family, classes });
      const { session } = tiny;
      if (session.synthesis) session.pretrainStep();
      if (session.engine) session.engine.iteration = 1; // an upper step is due
      const { losses, hypergradientNorms = [] } = session.trainStep();
      for (const loss of losses.values()) expect(loss).toBeGreaterThan(0);
      expect(hypergradientNorms.length > 0).toBe(method.feedback);
      for (const norm of hypergradientNorms) expect(norm).toBeGreaterThan(0);
    }
  }
});

test('the auxiliary head of DeepLabV3 is trained, with half the weight', () => {
  const lossOf = (family: Family) => {
    using tiny = tinySession(plain, { family });
    return tiny.session.trainStep().losses.get('segmentation')!;
  };
  const named = (name: string) => familyNamed(name);
  const both = lossOf(named('deeplabv3-aux'));
  const own = lossOf({
    ...named('deeplabv3-aux'),
    build: (...given) =>
      Object.assign(named('deeplabv3-aux').build(...given), { outputWeights: [1, 0] }),
  });
  const auxiliary = lossOf({
    ...named('deeplabv3-aux'),
    build: (...given) =>
      Object.assign(named('deeplabv3-aux').build(...given), { outputWeights: [0, 1] }),
  });
  expect(both).toBeCloseTo(own + 0.5 * auxiliary, 5);
  expect(auxiliary).toBeGreaterThan(0.1);
});

test.each(table)('%s passes the self-check', (name) => {
  using train = discs('train', 4);
  using validation = discs('validation', 2);
  const checks = proveLoop(tinyPlan({ model: name }), { train, validation });
  expect(checks.filter(({ passed }) => !passed)).toEqual([]);
});

test.each(table)('%s comes back from its file with the same logits', async (name, family) => {
  const folder = `${await temporaryFolder()}/best`;
  using tiny = tinySession(methods[0], { family });
  const { session } = tiny;
  session.trainStep();
  const { width } = session.options.recipe.segmentation;
  const [channels, size] = [1, session.options.size];
  const classes = ['background', 'disc'];
  saveModel(folder, session.segmenter, {
    ...{ format: 'genseg-model/1', architecture: name, width, channels, classes, size },
    fingerprint: { channels, bits: 8, width: sides, height: sides, intensity },
  });
  using trained = loadModel(folder, 'cpu');
  const logits = (model: typeof trained.model) =>
    scope(() =>
      noGrad(() =>
        model
          .eval()
          .forward(zeros([1, 1, size, size]))
          .reshape([-1])
          .toArray(),
      ),
    );
  const saved = logits(session.segmenter);
  // Normalisations are folded into convolutions.
  const differences = logits(trained.model).map((one, i) => Math.abs(one - saved[i]));
  expect(Math.max(...differences) / Math.max(...saved.map(Math.abs))).toBeLessThan(1e-5);
});
