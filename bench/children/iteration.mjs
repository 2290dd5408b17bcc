// @ts-check
// Our half of the iteration benchmark: answers requests, one line of JSON each, until its input ends.
// iteration.py is its twin: the same networks, batches and levels, in plain PyTorch. Here they are the
// problems and the engine that `genseg train` uses, on fixed batches and without dropout.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import {
  autocast,
  configure,
  conv2d,
  environment,
  Generator,
  grad,
  keep,
  matmul,
  rand,
  randint,
  saveSafetensors,
  scope,
  synchronize,
} from '@genseg/torch';
import {
  Adam,
  Architecture,
  architectureProblem,
  discriminatorProblem,
  Engine,
  Graph,
  generatorProblem,
  gensegEdges,
  oneHotMask,
  PatchDiscriminator,
  Pix2PixGenerator,
  RMSprop,
  segmentationProblem,
  UNet,
  unrolled,
  vanillaGan,
} from 'genseg';

/** @typedef {import('@genseg/torch').Tensor} Tensor */
/**
 * @typedef {{ file: string | null, threads: number, width: number, size: number, batch: number, depth: number,
 *   precision: string, layout: string, device?: 'cpu' | 'cuda' | 'software', library?: string,
 *   rates: { gan: number, segmentation: number, architecture: number } }} Request
 */

/**
 * A tensor that lives as long as the process.
 * @param {() => Tensor} make
 */
const lasting = (make) => keep(scope(make));

/**
 * What a stage cost: operators that the device in software was asked for, or else seconds.
 * @param {Request} request
 * @returns {() => number} so far
 */
function meterOf({ device, library }) {
  if (device === 'software') {
    const native = createRequire(import.meta.url)(/** @type {string} */ (library));
    let sum = 0;
    return () => {
      sum += native.look().operators;
      return sum;
    };
  }
  return () => {
    if (device === 'cuda') synchronize();
    return performance.now() / 1000;
  };
}

/**
 * An iteration, which returns losses and what each stage cost. First weights and batches go to a file, for the twin to
 * start from.
 * @param {Request} request
 */
function makeIteration(request) {
  const { file, threads, width, size, batch, depth, precision, layout, rates } = request;
  const meter = meterOf(request);
  // LibTorch's name of the device in software is not among those that users have.
  const device = /** @type {'cpu' | 'cuda'} */ (
    request.device === 'software' ? 'privateuseone:0' : (request.device ?? 'cpu')
  );
  configure({ threads, ...(device === 'cuda' && { cudnnBenchmark: true }) });
  const generator = new Generator(0);
  const architecture = new Architecture(depth, { generator });
  const painter = new Pix2PixGenerator(1, 3, architecture, {
    ...{ width, dropout: 0, generator },
    dropoutGenerator: keep(new Generator(1)),
  });
  const critic = new PatchDiscriminator(1, 3, { width, generator });
  const segmenter = new UNet(3, 1, { width, generator });

  const images = () => lasting(() => rand([batch, 3, size, size], { generator }));
  const masks = () =>
    lasting(() => randint(0, 2, [batch, size, size], { generator, dtype: 'int64' }));
  const pairs = { image: images(), mask: masks(), ids: [] };
  const validation = { image: images(), mask: masks(), ids: [] };
  let drawn = masks();

  if (file)
    scope(() => {
      /** @type {Map<string, Tensor>} */
      const first = new Map([
        ['image', pairs.image],
        ['valImage', validation.image],
      ]);
      const modules = { generator: painter, discriminator: critic, segmenter };
      for (const [part, module] of Object.entries(modules))
        for (const [name, value] of module.stateDict()) first.set(`${part}.${name}`, value);
      architecture.parameters().forEach((alpha, i) => {
        first.set(`alpha.${i}`, alpha.value);
      });
      const masks = { mask: pairs.mask, drawn, valMask: validation.mask };
      for (const [name, mask] of Object.entries(masks)) first.set(name, oneHotMask(mask, 1));
      saveSafetensors(file, first);
    });
  if (device !== 'cpu') {
    for (const module of [painter, critic, segmenter, architecture]) module.to(device);
    for (const set of [pairs, validation])
      for (const part of /** @type {const} */ (['image', 'mask']))
        set[part] = lasting(() => set[part].to({ device }));
    drawn = lasting(() => drawn.to({ device }));
  }
  if (layout === 'channels-last') {
    for (const module of [painter, critic, segmenter]) module.to({ memoryFormat: 'channelsLast' });
    for (const set of [pairs, validation])
      set.image = lasting(() => set.image.contiguous({ memoryFormat: 'channelsLast' }));
  }

  const betas = /** @type {[number, number]} */ ([0.5, 0.999]);
  const networks = { generator: painter, discriminator: critic };
  const shared = {
    ...{ draw: () => pairs, gan: vanillaGan, planes: 1, random: new Generator(2) },
    ...(precision === 'bf16' && {
      compute: (/** @type {() => any} */ body) => autocast(body, { device }),
    }),
  };
  const adam = (/** @type {any} */ module) => new Adam(module.parameters(), rates.gan, { betas });
  const problems = {
    discriminator: discriminatorProblem(networks, adam(critic), shared),
    generator: generatorProblem(networks, adam(painter), { ...shared, l1Weight: 200 }),
    segmentation: segmentationProblem(
      segmenter,
      new RMSprop(segmenter.parameters(), rates.segmentation, { momentum: 0.9, weightDecay: 1e-8 }),
      {
        ...shared,
        draw: () => ({ real: pairs, synthetic: { mask: drawn, ids: [] } }),
        synthesise: (mask) => painter.forward(oneHotMask(mask, 1)),
        syntheticWeight: 1,
        generators: [],
        frozen: (body) => painter.withFrozenStatistics(body),
      },
    ),
    architecture: architectureProblem(
      segmenter,
      new Adam(architecture.parameters(), rates.architecture, { weightDecay: 1e-5 }),
      { ...shared, draw: () => validation },
    ),
  };
  /** @type {number[]} */
  let stages = [];
  const lower = [problems.discriminator, problems.generator, problems.segmentation];
  const engine = new Engine(
    new Graph(gensegEdges(problems)),
    {
      upper: /** @type {any} */ (problems.architecture),
      levels: lower.map((problem) => ({ problem: /** @type {any} */ (problem) })),
      method: unrolled(),
    },
    {
      observe: (_name, body) => {
        const start = meter();
        const result = body();
        stages.push(meter() - start);
        return result;
      },
    },
  );
  const iterate = () => {
    stages = [];
    const { losses, hypergradientNorms = [] } = engine.iterate();
    return { stages, losses: [...losses.values(), Math.hypot(...hypergradientNorms)] };
  };
  const parameters = [painter, critic, segmenter].flatMap((module) => module.parameters());
  return { parameters: parameters.reduce((sum, p) => sum + p.value.numel, 0), iterate };
}

/**
 * GFLOP/s of the fastest of a few runs.
 * @param {number} flops
 * @param {() => unknown} body
 */
function peakOf(flops, body) {
  const seconds = Array.from({ length: 8 }, () => {
    const start = performance.now();
    scope(() => void body());
    return (performance.now() - start) / 1000;
  });
  return flops / Math.min(...seconds) / 1e9;
}

/** @type {() => { stages: number[], losses: number[] }} */
let iterate;

/** @type {Record<string, (request: any) => unknown>} */
const answers = {
  prepare: (request) => {
    const made = makeIteration(request);
    iterate = made.iterate;
    return made.parameters;
  },

  /** Bytes of the device that are in use, by all processes. */
  deviceMemory: () => {
    const [{ total, free }] = environment().cuda;
    return total - free;
  },

  iterations: ({ count }) => Array.from({ length: count }, () => iterate()),

  /** What this machine can do at its best, GFLOP/s: a matrix product, a 3x3 convolution forward, and with its gradients. */
  peak: ({ threads, layout, precision }) => {
    configure({ threads });
    return scope(() => {
      const generator = new Generator(0);
      const memoryFormat = layout === 'channels-last' ? 'channelsLast' : 'contiguous';
      const dtype = precision === 'bf16' ? 'bfloat16' : 'float32';
      const [n, side, channels] = [1536, 128, 64];
      const make = (/** @type {number[]} */ shape) => rand(shape, { generator }).to({ dtype });
      const [a, b] = [make([n, n]), make([n, n])];
      const x = make([2, channels, side, side]).contiguous({ memoryFormat }).requiresGrad_();
      const w = make([channels, channels, 3, 3]).contiguous({ memoryFormat }).requiresGrad_();
      const flops = 2 * 2 * side ** 2 * channels ** 2 * 9;
      const convolve = () => conv2d(x, w, { padding: 1 });
      const ones = scope(() => convolve().onesLike().detach());
      return {
        gemm: peakOf(2 * n ** 3, () => matmul(a, b)),
        forward: peakOf(flops, () => convolve().detach()),
        training: peakOf(3 * flops, () => grad(convolve(), [x, w], { gradOutputs: ones })),
      };
    });
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { action, ...request } = JSON.parse(line);
  console.log(JSON.stringify(answers[action](request)));
}
