// @ts-check
// Our half of the benchmark: answers requests, one line of JSON each, until its input ends.
// worker.py is its twin, with the same requests, operators and training step.

import { createInterface } from 'node:readline';
import {
  autocast,
  batchNorm,
  cat,
  configure,
  conv2d,
  environment,
  Generator,
  grad,
  keep,
  ones,
  rand,
  saveSafetensors,
  scope,
  startProfile,
  zeros,
} from '@genseg/torch';
// Not all of genseg, whose reading of images would count among the memory of a step.
import { UNet } from '../../packages/genseg/dist/models/index.js';
import { bceWithLogits, valuesOf } from '../../packages/genseg/dist/nn/index.js';
import { Adam } from '../../packages/genseg/dist/optim/index.js';

/** @typedef {import('@genseg/torch').Tensor} Tensor */

const generator = new Generator(0);

/**
 * A tensor that lives as long as the process.
 * @param {() => Tensor} make
 */
const lasting = (make) => keep(scope(make));

/**
 * By name, calls whose kernels have next to nothing to compute.
 * @returns {Record<string, () => Tensor>}
 */
function smallOperators() {
  const [a, b, c] = [0, 1, 2].map(() => lasting(() => rand([4, 4], { generator })));
  const recorded = c.requiresGrad_();
  const image = lasting(() => rand([1, 1, 4, 4], { generator }));
  const kernel = lasting(() => rand([1, 1, 3, 3], { generator }));
  const [one, zero] = [lasting(() => ones([1])), lasting(() => zeros([1]))];
  return {
    'a + b': () => a.add(b),
    'a * b': () => a.mul(b),
    'a * 2': () => a.mul(2),
    'a += b': () => a.add_(b),
    'a * b, recorded': () => recorded.mul(b),
    view: () => a.view([2, 8]),
    slice: () => a.at([1, 3]),
    sum: () => a.sum(),
    relu: () => a.relu(),
    matmul: () => a.matmul(b),
    cat: () => cat([a, b]),
    'batch norm': () => batchNorm(image, one, zero, null, null, true, 0.1, 1e-5, true),
    convolution: () => conv2d(image, kernel, { padding: 1 }),
  };
}

/**
 * Training of a U-Net: number of parameters, and one step, which returns its loss. The first weights and
 * the batch go to a file, for the twin to start from.
 *
 * @param {{ file: string, threads: number, width: number, size: number, batch: number,
 *   precision: string, layout: string }} request
 */
function training({ file, threads, width, size, batch, precision, layout }) {
  configure({ threads });
  const model = new UNet(3, 1, { width, generator });
  const images = lasting(() => rand([batch, 3, size, size], { generator }));
  const masks = lasting(() => rand([batch, 1, size, size], { generator }).round());
  saveSafetensors(file, new Map([...model.stateDict(), ['images', images], ['masks', masks]]));

  const memoryFormat = layout === 'channels-last' ? 'channelsLast' : 'contiguous';
  const input = lasting(() => images.contiguous({ memoryFormat }));
  for (const parameter of model.parameters()) {
    const { value } = parameter;
    if (value.dim !== 4) continue;
    parameter.value = lasting(() => value.detach().clone({ memoryFormat })).requiresGrad_();
    value.dispose();
  }

  const optimizer = new Adam(model.parameters(), 1e-3);
  const enabled = precision === 'bf16';
  const step = () =>
    scope(() => {
      const loss = scope(() =>
        autocast(() => bceWithLogits(model.forward(input), masks), { enabled }),
      );
      optimizer.step(grad(loss, valuesOf(model.parameters())));
      return loss.item();
    });
  return { parameters: model.parameters().reduce((sum, p) => sum + p.value.numel, 0), step };
}

/** @param {() => void} body */
function secondsOf(body) {
  const start = performance.now();
  body();
  return (performance.now() - start) / 1000;
}

const operators = smallOperators();
/** @type {() => number} */
let step;

/** @type {Record<string, (request: any) => unknown>} */
const answers = {
  describe: () => ({
    runtime: `Node ${process.versions.node}`,
    libtorch: environment().version,
    cpu: environment().cpu,
    operators: Object.keys(operators),
  }),

  /** Seconds of a call. Scopes free 50 results at a time, as many as a small net's forward pass has. */
  operator: ({ name, calls }) => {
    const call = operators[name];
    const fifty = () => {
      for (let i = 0; i < 50; i++) call();
    };
    const seconds = secondsOf(() => {
      for (let i = 0; i < calls; i += 50) scope(fifty);
    });
    return seconds / calls;
  },

  prepare: (request) => {
    const made = training(request);
    step = made.step;
    return made.parameters;
  },

  /** Seconds of a step, and the losses. */
  steps: ({ count }) => {
    /** @type {number[]} */
    const losses = [];
    const seconds = secondsOf(() => {
      for (let i = 0; i < count; i++) losses.push(step());
    });
    return { seconds: seconds / count, losses };
  },

  /** Floating-point operations of a step, which are nearly all in convolutions. */
  operations: () => {
    const profile = startProfile();
    step();
    return profile.stop().operators.reduce((sum, { flops }) => sum + (flops ?? 0), 0);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { action, ...request } = JSON.parse(line);
  console.log(JSON.stringify(answers[action](request)));
}
