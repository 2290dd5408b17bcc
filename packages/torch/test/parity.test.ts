/**
 * Every operator beside Python's torch on the same LibTorch: results in float32, float64 and bfloat16,
 * first and second derivatives. The cases are those of golden/cases.py; the generated public functions
 * are what is called.
 */
import { describe, expect, it } from 'vitest';
import {
  environment,
  Generator,
  grad,
  imag,
  OPERATORS,
  real,
  scope,
  Tensor,
  tensor,
} from '../src/index.ts';
import {
  expectGolden,
  fromGolden,
  type GoldenTensor,
  isGoldenTensor,
  readGolden,
} from './golden.ts';
import { callByName, schemaOf } from './operators.ts';

type GoldenValue = GoldenTensor | boolean | null;

interface Case {
  operator: string;
  /** By the schema's names: golden tensors, `{ seed }` for generators, plain values, lists of these. */
  arguments: Record<string, unknown>;
  outputs?: number[];
  after?: string[];
  results: GoldenValue[];
  float64?: GoldenValue[];
  bfloat16?: GoldenValue[];
  /** The arguments that `first` and `second` are derivatives of. */
  inputs?: string[];
  first?: GoldenValue[];
  second?: GoldenValue[];
}

const CASES = readGolden<Case[]>('operators.json');

/** Operators without a case, and why. */
const UNCOVERED: Record<string, string> = {
  'empty.memory_format': 'its elements are whatever the memory held',
  empty_like: 'its elements are whatever the memory held',
  scaled_dot_product_attention: 'LibTorch 1.13 lacks it',
  '_foreach_lerp_.Scalar': 'LibTorch 1.13 lacks it',
  _foreach_copy_: 'LibTorch 1.13 lacks it',
};

/**
 * What LibTorch 1.13, whose values these are, computes in bfloat16 throughout, and others round but once; and where 2.13
 * draws and sums otherwise in bfloat16, which 2.6 does not.
 */
const { version } = environment();
const coarse = new Set([
  ...(version.startsWith('1.13.') ? [] : ['upsample_bicubic2d']),
  ...(/^(1|2\.[0-6])\./.test(version) ? [] : ['dot', 'normal_', 'uniform_']),
]);

type Change = (value: Tensor) => Tensor;
const mapTensors = (value: unknown, change: Change): unknown => {
  if (Array.isArray(value)) return value.map((item) => mapTensors(item, change));
  return value instanceof Tensor ? change(value) : value;
};

function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (isGoldenTensor(value)) return fromGolden(value);
  if (typeof value === 'object' && value !== null)
    return new Generator((value as { seed: number }).seed);
  return value;
}

type Arguments = Record<string, unknown>;

/** The arguments by name, with `change` over their tensors. */
const argumentsOf = (test: Case, change: (name: string) => Change): Arguments =>
  Object.fromEntries(
    Object.entries(test.arguments).map(([name, value]) => [
      name,
      mapTensors(decode(value), change(name)),
    ]),
  );

/** What the operator returns, or what it wrote; then what `after` names. */
function run({ operator, outputs, after = [] }: Case, given: Arguments): unknown[] {
  const written = schemaOf(operator)
    .arguments.filter((argument) => argument.written)
    .map((argument) => argument.name);
  const named: Arguments = { ...given };
  for (const name of [...written, ...after])
    named[name] = mapTensors(named[name], (t) => t.clone());
  const returned = callByName(operator, named);
  const results = [written.length > 0 ? written.map((name) => named[name]) : returned].flat(2);
  const chosen = outputs === undefined ? results : outputs.map((k) => results[k]);
  return [...chosen, ...after.map((name) => named[name]).filter((value) => value !== null)];
}

function expectAll(actual: readonly unknown[], expected: readonly GoldenValue[]): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((golden, k) => {
    if (isGoldenTensor(golden)) expectGolden(actual[k] as Tensor, golden);
    else expect(actual[k]).toBe(golden);
  });
}

/** The sum of w (y + y^2 / 2) over all elements y, with w = ((7 k) mod 13 - 6) / 4 for a tensor's k-th. */
const weighted = (tensors: readonly Tensor[]): Tensor =>
  tensors
    .map((value) => {
      const y = value.dtype.startsWith('complex') ? real(value).add(imag(value).mul(0.5)) : value;
      const w = Array.from({ length: y.numel }, (_, k) => (((7 * k) % 13) - 6) / 4);
      return tensor(w, { shape: y.shape, dtype: y.dtype })
        .mul(y.add(y.square().div(2)))
        .sum();
    })
    .reduce((total, term) => total.add(term));

const differentiable = (values: readonly unknown[]): Tensor[] =>
  values.filter((value): value is Tensor => value instanceof Tensor && value.requiresGrad);

const cast = (dtype: 'float64' | 'bfloat16'): Change => {
  const complex = dtype === 'float64' ? 'complex128' : 'complex64';
  const targets: Partial<Record<string, typeof dtype | typeof complex>> = {
    float32: dtype,
    complex64: complex,
  };
  return (value) => value.to({ dtype: targets[value.dtype] ?? value.dtype });
};

describe('every operator beside Python', () => {
  const counts = new Map<string, number>();
  for (const test of CASES) {
    const { operator, results, inputs, first, second } = test;
    counts.set(operator, (counts.get(operator) ?? 0) + 1);
    const name = `${operator} ${counts.get(operator)}`;

    it(name, () =>
      scope(() => {
        expectAll(
          run(
            test,
            argumentsOf(test, () => (t) => t),
          ),
          results,
        );
        for (const dtype of ['float64', 'bfloat16'] as const) {
          const expected = test[dtype];
          if (expected && !(dtype === 'bfloat16' && coarse.has(operator)))
            expectAll(
              run(
                test,
                argumentsOf(test, () => cast(dtype)),
              ),
              expected,
            );
        }
      }),
    );

    if (first === undefined || inputs === undefined) continue;
    it(`${name}, ${second ? 'first and second derivatives' : 'derivatives'}`, () =>
      scope(() => {
        const leaves = argumentsOf(
          test,
          (argument) => (t) => (inputs.includes(argument) ? t.requiresGrad_() : t),
        );
        const variables = differentiable(Object.values(leaves).flat());
        const outputs = differentiable(run(test, leaves));
        const gradients = grad(weighted(outputs), variables, {
          createGraph: second !== undefined,
          allowUnused: true,
        });
        expectAll(gradients, first);
        if (second === undefined) return;
        const loss = weighted(differentiable(gradients));
        expectAll(grad(loss, variables, { allowUnused: true }), second);
      }));
  }
});

it('covers every operator but those with a reason', () => {
  const covered = new Set(CASES.map((test) => test.operator));
  const missing = OPERATORS.map(([name]) => name).filter((name) => !covered.has(name));
  expect(missing.sort()).toEqual(Object.keys(UNCOVERED).sort());
});
