/**
 * Misuse never ends the process: random wrong calls of every operator, and of the addon's other exports
 * that take values from users, end in a JavaScript error, or in a result where a call happens to be right.
 * misuse/calls.mjs draws the calls from a seed, misuse/child.mjs makes them in a process of its own, and
 * misuse/parent.mjs goes on after one that ended it. To repeat a call: its operator and number are in the message.
 */
import { describe, expect, it } from 'vitest';
import {
  arange,
  chunk,
  conv2d,
  div,
  expand,
  fmod,
  linalgLstsq,
  linalgMatrixNorm,
  linalgNorm,
  linalgSvd,
  maxPool1d,
  maxUnpool2d,
  median,
  nativeBatchNorm,
  OPERATORS,
  ones,
  pixelShuffle,
  reflectionPad1d,
  reflectionPad2d,
  remainder,
  scope,
  searchsorted,
  split,
  tensor,
  unbind,
  upsampleBilinear2d,
  upsampleTrilinear3d,
  zeros,
} from '../src/index.ts';
import { EXPORTS } from './misuse/calls.mjs';
import { misuse } from './misuse/parent.mjs';

const CALLS = 200; // of each

it('wrong calls of every operator end in errors, and nothing is left behind', async () => {
  const targets = [
    ...OPERATORS.map(([name]) => name),
    ...Object.keys(EXPORTS).map((name) => `native.${name}`),
  ];
  const { made, errors, live, crashes, improper, heavy } = await misuse(targets, CALLS);
  expect({ crashes, improper, heavy, live }).toEqual({
    crashes: [],
    improper: [],
    heavy: [],
    live: 0,
  });
  expect(made).toBe(CALLS * targets.length);
  expect(errors).toBeGreaterThan(made / 2);
}, 300_000);

/** What LibTorch 1.13 does not survive or return from (native/guards.h), and how it is refused. */
const REFUSALS: [name: string, call: () => unknown, message: string][] = [
  [
    'groups that 32 bits cut to 0',
    () => conv2d(ones([1, 1, 3, 3]), ones([1, 1, 1, 1]), { groups: 2 ** 32 }),
    "conv2d: argument 'groups': expected an integer within 2^28, got 4294967296",
  ],
  [
    'an upscale factor whose square is 0',
    () => pixelShuffle(ones([1, 1, 1, 1]), 2 ** 32),
    "pixel_shuffle: argument 'upscale_factor': expected an integer within 2^28",
  ],
  [
    'a kernel of 2^31 turns',
    () => maxPool1d(ones([1, 9]), [2 ** 31 - 1], { padding: [1] }),
    "max_pool1d: argument 'kernel_size': expected an integer within 2^28",
  ],
  [
    'an empty padding',
    () => reflectionPad2d(ones([1, 3, 3]), []),
    "reflection_pad2d: argument 'padding': expected 4 integers, got 0",
  ],
  [
    'a padding of one number',
    () => reflectionPad1d(ones([1, 3]), [1]),
    "reflection_pad1d: argument 'padding': expected 2 integers, got 1",
  ],
  [
    'half an output size',
    () => maxUnpool2d(ones([1, 1, 1]), zeros([1, 1, 1], { dtype: 'int64' }), [2]),
    "max_unpool2d: argument 'output_size': expected 2 integers, got 1",
  ],
  [
    'an array of 2^32 holes',
    () => ones([1]).reshape(new Array(2 ** 32 - 1)),
    "reshape: argument 'shape': expected at most 2^20 elements, got an array of 4294967295",
  ],
  [
    'a count beyond 64 bits',
    () => arange(0, -(2n ** 63n), { step: -1 }),
    "arange.start_step: argument 'end': expected an integer within 2^61, got -9223372036854775808",
  ],
  [
    'chunks without end',
    () => chunk(zeros([0]), 2 ** 31),
    "chunk: argument 'chunks': expected at most 2^20 parts, got 2147483648",
  ],
  [
    'slices without end',
    () => unbind(zeros([2 ** 31, 0])),
    "unbind.int: argument 'self': expected at most 2^20 parts, got 2147483648",
  ],
  [
    'splits without end',
    () => split(zeros([2 ** 31, 0]), 2),
    "split.Tensor: argument 'self': expected at most 2^20 parts, got 1073741824",
  ],
  ...(['int32', 'int64'] as const).flatMap((dtype): [string, () => unknown, string][] => {
    const least = -(2n ** (dtype === 'int32' ? 31n : 63n));
    const x = () => tensor(BigInt64Array.of(least, 1n)).to({ dtype });
    const minusOne = () => tensor(BigInt64Array.of(-1n)).to({ dtype });
    const expected = `argument 'self': expected integers that -1 can divide, got ${least}`;
    return [
      [`the least ${dtype} % -1`, () => remainder(x(), -1), expected],
      [`the least ${dtype} % [-1]`, () => remainder(x(), minusOne()), expected],
      [`fmod of the least ${dtype}`, () => fmod(x(), -1), expected],
      [
        `the least ${dtype} over -1`,
        () => div(x(), minusOne(), { roundingMode: 'trunc' }),
        expected,
      ],
    ];
  }),
  [
    'singular vectors of infinity',
    () =>
      linalgSvd(
        tensor([
          [1, Number.POSITIVE_INFINITY],
          [0, 1],
        ]),
      ),
    "linalg_svd: argument 'A': expected finite elements, got infinities or NaN",
  ],
  [
    'equations with infinity',
    () =>
      linalgLstsq(
        tensor([
          [1, Number.POSITIVE_INFINITY],
          [0, 1],
        ]),
        ones([2, 1]),
      ),
    "linalg_lstsq: argument 'self': expected finite elements",
  ],
  [
    'the derivative of a spectral norm of NaN',
    () => linalgNorm(tensor([[1, Number.NaN]], { requiresGrad: true }), { ord: 2 }),
    "linalg_norm: argument 'self': expected finite elements",
  ],
  [
    'the derivative of a spectral norm of infinity',
    () => linalgMatrixNorm(tensor([[Number.POSITIVE_INFINITY]], { requiresGrad: true }), -2),
    "linalg_matrix_norm: argument 'self': expected finite elements",
  ],
  [
    'medians of an expanded tensor',
    () => median(expand(tensor([1, 2]), [3, 2]), 0),
    "median.dim: argument 'self': expected a tensor that is not expanded",
  ],
  [
    'statistics of no channel',
    () => {
      const [one, none] = [ones([2]), ones([0])];
      return nativeBatchNorm(ones([3, 2]), one, one, none, one, false, 0.1, 1e-5);
    },
    "native_batch_norm: argument 'running_mean': expected shape [2], one for each channel, got [0]",
  ],
  [
    'a sorter that leads elsewhere',
    () =>
      searchsorted(tensor([3, 1, 2]), tensor([1]), {
        sorter: tensor(BigInt64Array.of(1n, 2n, 2n ** 40n)),
      }),
    "searchsorted.Tensor: argument 'sorter': expected indices from 0 to 2, got some from 1 to",
  ],
  [
    'a scale that reads beyond the end, 2d',
    () => upsampleBilinear2d(ones([1, 1, 2, 2]), [2, 4], false, { scalesW: Number.NaN }),
    "upsample_bilinear2d: argument 'scales_w': expected at least 4 / 2, got nan",
  ],
  [
    'a scale that reads beyond the end, 3d',
    () => upsampleTrilinear3d(ones([1, 1, 2, 2, 2]), [4, 2, 2], false, { scalesD: 0.5 }),
    "upsample_trilinear3d: argument 'scales_d': expected at least 4 / 2, got 0.5",
  ],
];

describe('refuses by name', () => {
  it.each(REFUSALS)('%s', (_, call, message) => {
    expect(() => scope(call)).toThrow(message);
    expect(() => scope(call)).toThrow(TypeError);
  });
});
