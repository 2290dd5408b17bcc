import { scope } from '@genseg/torch';
import { expect, test, vi } from 'vitest';
import { runsAgain } from '../../test/capture.ts';
import { temporaryFolder } from '../../test/data/fixtures.ts';
import { checkLeaks, stateHash, tinyRecipe, tinySession, tinyTrainer } from '../../test/tiny.ts';
import { ignoredClass } from '../classes.ts';
import {
  type CaptureWork,
  finiteDifference,
  type HypergradientMethod,
  neumann,
  unrolled,
} from '../mlo/index.ts';
import { balancedWeights, classTask, regionTask } from '../nn/index.ts';
import { genseg, type Method, methods, plain, separate } from './method.ts';
import type { Recipe } from './recipe.ts';
import type { Session } from './session.ts';

checkLeaks();

const table = methods.map((method) => [method.name, method] as const);

/** The state's hash after two steps of each stage that the method has. */
async function afterSteps(method: Method, seed: number): Promise<string> {
  using tiny = tinySession(method, { seed });
  const { session } = tiny;
  for (let i = 0; i < 2; i++) if (session.synthesis) session.pretrainStep();
  for (let i = 0; i < 2; i++) session.trainStep();
  return stateHash(await temporaryFolder(), session);
}

test.each(table)(
  '%s: the same seed gives the same bits, another seed others',
  async (_, method) => {
    const first = await afterSteps(method, 0);
    expect(await afterSteps(method, 0)).toBe(first);
    expect(await afterSteps(method, 1)).not.toBe(first);
  },
);

test.each([
  ['genseg', genseg],
  ['plain', plain],
] as const)('%s: steps from captures are the steps, to the bit', async (_, method) => {
  const trained = async (captureWork?: CaptureWork) => {
    using tiny = tinySession(method, { captureWork, warn: (text) => warnings.push(text) });
    sessions[0] = tiny.session;
    for (let i = 0; i < 6; i++) if (tiny.session.synthesis) tiny.session.pretrainStep();
    const losses = Array.from({ length: 10 }, () => [...tiny.session.trainStep().losses]);
    return { losses, state: stateHash(await temporaryFolder(), tiny.session) };
  };
  const warnings: string[] = [];
  const sessions: Session[] = [];
  const replayed = vi.fn();
  const state = () =>
    Object.values(sessions[0].parts.modules).flatMap((module) =>
      [...module.namedBuffers().values()].map(({ value }) => value),
    );
  const usual = await trained();
  expect(await trained(runsAgain({ state, replayed }))).toEqual(usual);
  expect(warnings).toEqual([]);
  expect(replayed.mock.calls.length).toBeGreaterThan(6);
});

test('a session says of which problem no step can be captured', () => {
  const warnings: string[] = [];
  const captureWork = () => {
    throw new Error('no GPU');
  };
  using tiny = tinySession(separate, { captureWork, warn: (text) => warnings.push(text) });
  for (let i = 0; i < 5; i++) tiny.session.pretrainStep();
  for (let i = 0; i < 5; i++) tiny.session.trainStep();
  expect(warnings).toEqual(
    ['discriminator', 'generator', 'segmentation'].map(
      (name) => `steps of the ${name} are not captured: no GPU`,
    ),
  );
});

/** One number of the recipe changed at a time. */
const changes: [string, (recipe: Recipe) => object][] = [
  ['momentum', ({ segmentation }) => ({ segmentation: { ...segmentation, momentum: 0.8 } })],
  ['weight decay', ({ segmentation }) => ({ segmentation: { ...segmentation, weightDecay: 0.1 } })],
  ['warm-up', ({ segmentation }) => ({ segmentation: { ...segmentation, warmup: 0 } })],
  ["the GAN's betas", ({ gan }) => ({ gan: { ...gan, betas: [0.4, 0.999] } })],
  [
    "the architecture's weight decay",
    ({ architecture }) => ({ architecture: { ...architecture, weightDecay: 0.5 } }),
  ],
  [
    'validation images in an upper loss',
    ({ architecture }) => ({ architecture: { ...architecture, validationBatch: 1 } }),
  ],
];

test.each([
  ['adamw', changes],
  ['rmsprop', changes.slice(0, 2)],
] as const)('%s: a run goes by each number of its recipe', async (optimizer, changes) => {
  const recipe = {
    ...tinyRecipe,
    segmentation: { ...tinyRecipe.segmentation, optimizer, steps: 3 },
    gan: { ...tinyRecipe.gan, pretrainSteps: 1 },
  };
  const trained = async (changed: object) => {
    using tiny = tinySession(genseg, { recipe: { ...recipe, ...changed } });
    await tinyTrainer(tiny).run();
    return stateHash(await temporaryFolder(), tiny.session);
  };
  const before = await trained({});
  for (const [name, change] of changes)
    expect([name, (await trained(change(recipe))) === before]).toEqual([name, false]);
});

test.each([finiteDifference(), neumann({ terms: 2 }), unrolled()])(
  'the method of the hypergradient is a value: $name',
  (hypergradient) => {
    let pulled = 0;
    const counted: HypergradientMethod = {
      ...hypergradient,
      pullBack(...args) {
        pulled++;
        return hypergradient.pullBack(...args);
      },
    };
    using tiny = tinySession(genseg, { hypergradient: counted });
    tiny.session.engine!.iteration = 1;
    const { hypergradientNorms } = tiny.session.trainStep();
    expect(pulled).toBe(2); // through the generator's step and the segmentation model's
    for (const norm of hypergradientNorms!) expect(norm).toBeGreaterThan(0);
  },
);

test('without another, hypergradients are unrolled', () => {
  using tiny = tinySession(genseg);
  expect(tiny.session.engine!.method.name).toBe('unrolled');
});

test('the segmenter starts from the same weights in every method', () => {
  const weights = methods.map((method) => {
    using tiny = tinySession(method);
    return [...tiny.session.segmenter.stateDict().values()].map((value) => value.toArray());
  });
  for (const other of weights.slice(1)) expect(other).toEqual(weights[0]);
});

test('several classes: masks have a plane for each, and all levels step', () => {
  using tiny = tinySession(genseg, { classes: 3 });
  const { session } = tiny;
  session.pretrainStep();
  session.engine!.iteration = 1;
  const { losses, hypergradientNorms } = session.trainStep();
  expect([...losses.keys()].sort()).toEqual([
    'architecture',
    'discriminator',
    'generator',
    'segmentation',
  ]);
  for (const norm of hypergradientNorms!) expect(norm).toBeGreaterThan(0);
  scope(() => {
    const { image, mask } = session.sample(2);
    expect(session.segmenter.forward(image).shape).toEqual([2, 3, 32, 32]);
    expect(Math.max(...mask.toArray().map(Number))).toBeLessThan(3);
  });
});

const regions = regionTask([
  { name: 'disc', classes: [1, 2], paints: 1 },
  { name: 'core', classes: [1], paints: 1 },
]);
const balanced = {
  ...classTask(3),
  weights: balancedWeights([900, 80, 40], classTask(3)),
};

test.each([
  ['regions', regions, 2],
  ['classes, balanced', balanced, 3],
])('%s, half of each mask without a label: all levels step', (_, task, planes) => {
  using tiny = tinySession(genseg, { classes: 3, halved: true, task: { ...task, partial: true } });
  const { session } = tiny;
  const pretrained = session.pretrainStep();
  session.engine!.iteration = 1;
  const { losses, hypergradientNorms } = session.trainStep();
  for (const loss of [...pretrained.losses.values(), ...losses.values()])
    expect(loss).toBeGreaterThan(0);
  for (const norm of hypergradientNorms!) expect(norm).toBeGreaterThan(0);
  scope(() => {
    const { image, mask } = session.sample(2);
    expect(session.segmenter.forward(image).shape).toEqual([2, planes, 32, 32]);
    expect(Math.max(...mask.toArray().map(Number))).toBe(ignoredClass);
  });
});

test('looking at samples changes nothing', async () => {
  const folder = await temporaryFolder();
  using tiny = tinySession(genseg);
  const { session } = tiny;
  const before = stateHash(folder, session);
  scope(() => {
    session.peek(() => session.sample(3));
  });
  expect(stateHash(folder, session)).toBe(before);
});

test('reseeded, it samples the same pairs wherever the streams stood', () => {
  using tiny = tinySession(genseg);
  const { session } = tiny;
  const sampled = (seed: number) =>
    scope(() => {
      session.reseedSynthesis(seed);
      return session.sample(2).image.toArray();
    });
  const first = sampled(4);
  session.pretrainStep();
  expect(sampled(5)).not.toEqual(first);
  using again = tinySession(genseg);
  again.session.reseedSynthesis(4);
  expect(scope(() => again.session.sample(2).image.toArray())).toEqual(first);
});

test('a plain session trains on the images as they are', () => {
  const seen: string[] = [];
  using tiny = tinySession(plain, { witness: (problem, ids) => seen.push(problem, ...ids) });
  const { session, train } = tiny;
  session.trainStep();
  expect(seen[0]).toBe('segmentation');
  expect(seen.slice(1).every((id) => train.ids.includes(id))).toBe(true);
  expect(seen).toHaveLength(3);
  expect(session.synthesis).toBeNull();
});

test.each([genseg, separate])(
  '$name: a batch holds the colours of its synthetic images, and the loss draws none',
  (method) => {
    using tiny = tinySession(method);
    const { segmentation, parts } = tiny.session;
    const { colour, dropout } = parts.generators;
    scope(() => {
      const [before, fixed] = [colour.state, dropout.state];
      const batch = segmentation.draw();
      const { state } = colour;
      expect(state).not.toEqual(before);
      const loss = (one: typeof batch) => {
        dropout.state = fixed;
        return scope(() => segmentation.evaluate(one).item());
      };
      const first = loss(batch);
      expect(loss(batch)).toBe(first);
      expect(colour.state).toEqual(state);
      const { colours } = segmentation.draw().synthetic!;
      expect(loss({ ...batch, synthetic: { ...batch.synthetic!, colours } })).not.toBe(first);
    });
  },
);
