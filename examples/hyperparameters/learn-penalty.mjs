// @ts-check
/**
 * Learns how strongly to penalise weights, by the loss on validation data: ridge regression with a
 * penalty for each of two groups of features. Then the same by a grid of exact solutions, to compare.
 *
 *   upper   min_a  error(validation; w*(a))
 *   lower   w*(a) = argmin_w  error(training; w) + sum_j exp(a_group(j)) w_j²
 */
import { eye, Generator, linalgSolve, matmul, randn, tensor } from '@genseg/torch';
import {
  Adam,
  Engine,
  Graph,
  lowerToUpper,
  neumann,
  Parameter,
  Problem,
  SGD,
  unrolled,
  upperToLower,
} from 'genseg';

/** @typedef {import('@genseg/torch').Tensor} Tensor */
/** @typedef {{ x: Tensor, y: Tensor }} Data x: [points, 10], y: [points, 1] */

const generator = new Generator(0);
/** Five features that matter, and five that matter little. */
const truth = randn([10, 1], { generator }).mul(tensor([1, 0.2]).repeatInterleave(5).unsqueeze(1));

/** @param {number} count @returns {Data} */
function draw(count) {
  const x = randn([count, 10], { generator });
  return { x, y: matmul(x, truth).add(randn([count, 1], { generator })) };
}
const training = draw(30);
const validation = draw(100);

/** Mean squared error of weights [..., 10, 1]. @param {Data} data @param {Tensor} w */
const error = ({ x, y }, w) => matmul(x, w).sub(y).square().mean([-2, -1]);

/** Penalties [..., 10, 1] of the features from logarithms [..., 2, 1] by group. @param {Tensor} a */
const penalties = (a) => a.exp().repeatInterleave(5, { dim: -2 });

/** Logarithms of the penalties, learned. @param {import('genseg').HypergradientMethod} method */
function learn(method) {
  const a = new Parameter(tensor([[0], [0]]));
  const w = new Parameter(tensor(new Float32Array(10), { shape: [10, 1] }));
  const lower = new Problem('weights', {
    optimizer: new SGD([w], 0.1),
    draw: () => training,
    loss: (data) => error(data, w.value).add(penalties(a.value).mul(w.value.square()).sum()),
  });
  const upper = new Problem('penalties', {
    optimizer: new Adam([a], 0.1),
    draw: () => validation,
    loss: (data) => error(data, w.value),
  });
  const graph = new Graph([upperToLower(upper, lower), lowerToUpper(lower, upper)]);
  const engine = new Engine(graph, {
    upper,
    levels: [{ problem: lower, unrollSteps: 20 }],
    method,
  });
  for (let i = 0; i < 200; i++) engine.iterate();
  return a.value.detach();
}

/** Validation error of the best weights for penalties, in closed form. @param {Tensor} a [..., 2, 1] */
function exact(a) {
  const xt = training.x.transpose(0, 1).div(30);
  const matrix = matmul(xt, training.x).add(penalties(a).mul(eye(10)));
  return error(validation, linalgSolve(matrix, matmul(xt, training.y)));
}

/** @param {string} what @param {Tensor} a */
function report(what, a) {
  const found = a
    .exp()
    .toArray()
    .map((penalty) => penalty.toPrecision(2));
  console.log(`${what.padEnd(17)} ${exact(a).item().toFixed(4)}   ${found.join(', ')}`);
}

console.log('                  validation error, penalties');
report('before', tensor([[0], [0]]));
report('after, unrolled', learn(unrolled()));
report('after, neumann', learn(neumann({ terms: 20 })));
const axis = Array.from({ length: 61 }, (_, i) => -8 + 0.2 * i);
const grid = tensor(axis.flatMap((a) => axis.map((b) => [[a], [b]])));
report('best of a grid', grid.at(exact(grid).argmin().item()));
