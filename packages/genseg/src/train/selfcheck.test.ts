/** The self-check on a small loop that is whole, and on the same loop with one fault of published code each. */
import { Generator, grad, scope, type Tensor } from '@genseg/torch';
import { expect, test } from 'vitest';
import { checkLeaks, discs, tinyPlan, tinyRecipe } from '../../test/tiny.ts';
import { photometric } from '../augment/index.ts';
import {
  type Edge,
  Engine,
  finiteDifference,
  Graph,
  type HypergradientMethod,
  type Level,
  unrolled,
} from '../mlo/index.ts';
import { Architecture, PatchDiscriminator, Pix2PixGenerator, UNet } from '../models/index.ts';
import { oneHotMask, regionTask, substitute, valuesOf, vanillaGan } from '../nn/index.ts';
import { Adam } from '../optim/index.ts';
import type { PairSet } from './pairs.ts';
import {
  architectureProblem,
  generatorProblem,
  gensegEdges,
  segmentationProblem,
} from './problems.ts';
import { proveLoop } from './proof.ts';
import { type Check, selfCheck } from './selfcheck.ts';
import { idsOf } from './session.ts';

checkLeaks();

/** Each may break the loop at a public seam. */
interface Seams {
  /** The synthetic image on its way to the segmentation model. */
  onTheWay?(image: Tensor): Tensor;
  /** Of the changes of colour, the loop's only random draws that are replayed. */
  strength?: number;
  /** The streams that the segmentation problem says it draws from. */
  listed?(streams: Generator[]): Generator[];
  /** How hypergradient passes treat the generator's statistics. */
  frozen?<T>(generator: Pix2PixGenerator, body: () => T): T;
  edges?(edges: Edge[]): Edge[];
  /** Lower problems in the order of their steps. */
  order?(levels: Level[]): Level[];
  method?: HypergradientMethod;
  validation?(train: PairSet): PairSet;
}

function checkLoop(seams: Seams = {}): Check[] {
  const {
    onTheWay = (image) => image,
    listed = (streams) => streams,
    frozen = (generator, body) => generator.withFrozenStatistics(body),
    edges = (all) => all,
    order = (levels) => levels,
    strength = 0.01,
    method = unrolled(),
    validation: otherCases,
  } = seams;
  return scope(() => {
    const random = new Generator(0);
    const colour = new Generator(1);
    using train = discs('train', 4);
    using validation = otherCases ? otherCases(train) : discs('validation', 2);
    const recolour = photometric({ strength });
    const small = { width: 4, generator: random };
    using segmenter = new UNet(1, 1, { ...small, depth: 2 });
    using architecture = new Architecture(3, small);
    using generator = new Pix2PixGenerator(1, 1, architecture, {
      ...small,
      dropoutGenerator: random,
    });
    using discriminator = new PatchDiscriminator(1, 1, { ...small, layers: 2 });
    const modules = [segmenter, architecture, generator, discriminator];
    const [forSegmenter, forArchitecture, forGenerator] = modules
      .slice(0, 3)
      .map((module) => new Adam(module.parameters(), 1e-3));
    const compute = <T>(body: () => T) => body();
    const synthesise = (mask: Tensor) =>
      recolour(onTheWay(generator.forward(oneHotMask(mask, 1))), colour);
    const problems = {
      segmentation: segmentationProblem(segmenter, forSegmenter, {
        draw: () => ({ real: train.pick([0, 1]), synthetic: train.pick([2, 3]) }),
        generators: listed([colour]),
        frozen: (body) => frozen(generator, body),
        ...{ synthesise, syntheticWeight: 1, compute },
      }),
      generator: generatorProblem({ discriminator, generator }, forGenerator, {
        ...{
          draw: () => train.pick([0, 3]),
          gan: vanillaGan,
          l1Weight: 100,
          planes: 1,
          random,
          compute,
        },
      }),
      architecture: architectureProblem(segmenter, forArchitecture, {
        ...{ draw: () => validation.all(), compute },
      }),
    };
    const levels = order([
      { problem: problems.generator },
      { problem: problems.segmentation },
    ] as Level[]);
    const graph = new Graph(edges(gensegEdges(problems)));
    const engine = new Engine(graph, { upper: problems.architecture, levels, method } as never, {
      warmup: 4,
    });
    for (let i = 0; i < 4; i++) engine.iterate();
    const optimizers = [forSegmenter, forArchitecture, forGenerator];
    const checks = selfCheck(engine, {
      idsOf,
      trained: [train.ids],
      validated: validation.ids,
      state: () => [
        ...modules.flatMap((module) => [...module.stateDict().values()]),
        ...optimizers.flatMap((optimizer) => [...optimizer.stateDict().tensors.values()]),
      ],
    });
    for (const optimizer of optimizers) optimizer.dispose();
    return checks;
  });
}

const failing = (checks: readonly Check[]) =>
  checks.filter(({ passed }) => !passed).map(({ name }) => name);

test('a loop that is whole passes every check', () => {
  const checks = checkLoop();
  expect(failing(checks)).toEqual([]);
  expect(checks.map(({ name }) => name)).toEqual([
    'feedback',
    'exactness',
    'edges',
    'weights',
    'separation',
    'randomness',
  ]);
});

/** A difference along v itself, as if every optimiser were plain descent. */
const withoutPreconditioner: HypergradientMethod = {
  name: 'withoutPreconditioner',
  pullBack(problem, [step], cotangent, inputs) {
    const at = (epsilon: number) => {
      const shifted = step.before.map((w, i) => w.add(cotangent[i], { alpha: epsilon }));
      return substitute(problem.parameters, shifted, () =>
        grad(problem.replay(step), valuesOf(inputs)),
      );
    };
    const [plus, minus] = [at(0.1), at(-0.1)];
    return plus.map((g, i) => minus[i].sub(g));
  },
};

const toBytes = (image: Tensor) => image.mul(255).round().div(255);

const directPath = 'upperToLower architecture segmentation';

const faults: [string, Seams, string[]][] = [
  [
    'the synthetic image is detached: no hypergradient, so what needs one fails with it',
    { onTheWay: (image) => image.detach() },
    ['feedback', 'exactness', 'weights'],
  ],
  [
    'the synthetic image is rounded to bytes: a hypergradient of zero',
    { onTheWay: toBytes },
    ['feedback', 'exactness'],
  ],
  [
    'an edge is dropped from the graph',
    {
      edges: (all) => all.filter((e) => `${e.kind} ${e.upper.name} ${e.lower.name}` !== directPath),
    },
    ['edges'],
  ],
  [
    'validation cases are among the training pairs',
    { validation: () => discs('train', 1) },
    ['separation'],
  ],
  [
    'batch-norm statistics move in hypergradient passes',
    { frozen: (_, body) => body() },
    ['weights'],
  ],
  [
    'a stream is not listed, so that replays draw anew, if only by a hair',
    { strength: 1e-4, listed: () => [] },
    ['randomness'],
  ],
  [
    "the generator steps before the segmentation step's graph is used, which it is part of",
    { order: (levels) => levels.reverse() },
    ['exactness'],
  ],
  ['the optimiser is taken for plain descent', { method: withoutPreconditioner }, ['exactness']],
  [
    'the two sides of a difference see independent colours, at the radius of the released code',
    { strength: 1, listed: () => [], method: finiteDifference({ radius: 0.01 }) },
    ['exactness', 'randomness'],
  ],
];

test.each(faults)('%s', (_, seams, expected) => {
  expect(failing(checkLoop(seams))).toEqual(expected);
});

test('the loop that training builds passes, for two classes and three, by either GAN loss', () => {
  for (const [classes, loss] of [
    [['background', 'disc'], 'vanilla'],
    [['background', 'rim', 'core'], 'lsgan'],
  ] as const) {
    using train = discs('train', 3, { classes: classes.length });
    using validation = discs('validation', 2, { classes: classes.length });
    const recipe = { ...tinyRecipe, gan: { ...tinyRecipe.gan, loss } };
    const plan = tinyPlan({ classes: [...classes], recipe });
    expect(failing(proveLoop(plan, { train, validation }))).toEqual([]);
  }
});

const rings = ['background', 'rim', 'core'];
const regions = regionTask([
  { name: 'disc', classes: [1, 2], paints: 1 },
  { name: 'core', classes: [2], paints: 2 },
]);

test.each<[string, Parameters<typeof tinyPlan>[0]]>([
  ['a frozen encoder', { stageRates: { encoder: 0, decoder: 2 } }],
  [
    'regions, half of each mask without a label',
    { classes: rings, task: { ...regions, partial: true } },
  ],
])('the loop that training builds passes: %s', (_, options) => {
  const { classes = ['background', 'disc'], task } = options ?? {};
  const made = { classes: classes.length, halved: task?.partial ?? false };
  using train = discs('train', 3, made);
  using validation = discs('validation', 2, made);
  expect(failing(proveLoop(tinyPlan(options), { train, validation }))).toEqual([]);
});

test('the loop that training builds is traced: a case on both sides is named', () => {
  using train = discs('train', 3);
  using validation = discs('train', 1);
  const checks = proveLoop(tinyPlan(), { train, validation });
  expect(failing(checks)).toEqual(['separation']);
  const separation = checks.find(({ name }) => name === 'separation')!;
  expect(separation.value).toBe('also trained on: train-0');
});
