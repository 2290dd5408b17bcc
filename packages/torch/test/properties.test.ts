/** Broadcasting, views and `at` against a model: an array, and for every view the offsets it shows. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { add, arange, type Index, scope, type Tensor, TorchError } from '../src/index.ts';

/** Which elements of the base a view shows, in row-major order. */
interface View {
  shape: number[];
  offsets: number[];
}

const count = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const range = (size: number) => Array.from({ length: size }, (_, i) => i);

const whole = (shape: number[]): View => ({ shape, offsets: range(count(shape)) });

/** The positions of a shape's elements, in row-major order. */
const positions = (shape: readonly number[]): number[][] =>
  shape.reduce<number[][]>(
    (before, size) => before.flatMap((head) => range(size).map((i) => [...head, i])),
    [[]],
  );

/** The view of this shape whose element at `position` is the given view's at `source(position)`. */
function remap(view: View, shape: number[], source: (position: number[]) => number[]): View {
  const flat = (position: number[]) =>
    position.reduce((offset, i, k) => offset * view.shape[k] + i, 0);
  return { shape, offsets: positions(shape).map((p) => view.offsets[flat(source(p))]) };
}

const size = fc.constantFrom(0, 1, 1, 2, 3, 4);
const shapes = fc.array(size, { maxLength: 4 });

const base = (shape: readonly number[]) =>
  arange(0, count(shape), { dtype: 'float32' }).view(shape);

function expectView(actual: Tensor, view: View): void {
  expect(actual.shape).toEqual(view.shape);
  expect(actual.toArray()).toEqual(view.offsets);
}

it('broadcasts from the last dimension, or refuses', () => {
  const stretch = (view: View, shape: number[]): View =>
    remap(view, shape, (p) =>
      p.slice(shape.length - view.shape.length).map((i, k) => (view.shape[k] === 1 ? 0 : i)),
    );
  const check = (a: number[], b: number[]) =>
    scope(() => {
      const dims = Math.max(a.length, b.length);
      const aligned = (shape: number[]) => [...Array(dims - shape.length).fill(1), ...shape];
      const pairs = aligned(a).map((m, k) => [m, aligned(b)[k]]);
      const run = () => add(base(a), base(b), { alpha: 1000 });
      if (pairs.some(([m, n]) => m !== n && m !== 1 && n !== 1)) {
        expect(run).toThrow(TorchError);
        return;
      }
      const shape = pairs.map(([m, n]) => (m === 1 ? n : m));
      const [left, right] = [stretch(whole(a), shape), stretch(whole(b), shape)];
      const sums = left.offsets.map((x, k) => x + 1000 * right.offsets[k]);
      expectView(run(), { shape, offsets: sums });
    });
  fc.assert(fc.property(shapes, shapes, check), { numRuns: 300 });
});

interface Step {
  tensor(t: Tensor): Tensor;
  view(v: View): View;
}

const moved = <T>(items: readonly T[], from: number, to: number): T[] => {
  const rest = items.filter((_, k) => k !== from);
  return [...rest.slice(0, to), items[from], ...rest.slice(to)];
};

/** A random view operation on a tensor of this shape. */
function stepFor(shape: number[]): fc.Arbitrary<Step> {
  const dims = shape.length;
  const unsqueeze = fc.nat(dims).map(
    (at): Step => ({
      tensor: (t) => t.unsqueeze(at),
      view: (v) => ({ ...v, shape: shape.toSpliced(at, 0, 1) }),
    }),
  );
  const expand = fc.nat(3).map(
    (times): Step => ({
      tensor: (t) => t.expand([times, ...shape.map(() => -1)]),
      view: (v) => remap(v, [times, ...shape], (p) => p.slice(1)),
    }),
  );
  if (dims === 0) return fc.oneof(unsqueeze, expand);
  const dim = fc.nat(dims - 1);
  const movedim = fc.tuple(dim, dim).map(
    ([from, to]): Step => ({
      tensor: (t) => t.movedim(from, to),
      view: (v) => remap(v, moved(shape, from, to), (p) => moved(p, to, from)),
    }),
  );
  const narrow = fc.tuple(dim, fc.nat(4), fc.nat(4)).map(([at, first, most]): Step => {
    const start = Math.min(first, shape[at]);
    const length = Math.min(most, shape[at] - start);
    return {
      tensor: (t) => t.narrow(at, start, length),
      view: (v) => remap(v, shape.with(at, length), (p) => p.with(at, p[at] + start)),
    };
  });
  const select = fc.tuple(dim, fc.nat(3)).filter(([at, i]) => i < shape[at]);
  const selected = select.map(
    ([at, i]): Step => ({
      tensor: (t) => t.select(at, i),
      view: (v) => remap(v, shape.toSpliced(at, 1), (p) => p.toSpliced(at, 0, i)),
    }),
  );
  return fc.oneof(unsqueeze, expand, movedim, narrow, ...(count(shape) > 0 ? [selected] : []));
}

it('shows through any chain of views what the model shows, also after a write to the base', () => {
  const check = (shape: number[], draw: fc.GeneratorValue) =>
    scope(() => {
      const origin = base(shape);
      let [tensor, view] = [origin, whole(shape)];
      for (let k = 0; k < 5; k++) {
        const step = draw(stepFor, view.shape);
        tensor = step.tensor(tensor);
        view = step.view(view);
        expectView(tensor, view);
      }
      origin.add_(1000);
      const later = view.offsets.map((offset) => offset + 1000);
      expectView(tensor, { ...view, offsets: later });
      expectView(tensor.reshape([later.length]), { shape: [later.length], offsets: later });
    });
  fc.assert(fc.property(shapes, fc.gen(), check), { numRuns: 300 });
});

const bound = fc.option(fc.integer({ min: -6, max: 6 }));
const index: fc.Arbitrary<Index> = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.tuple(bound),
  fc.tuple(bound, bound),
  fc.tuple(bound, bound, fc.integer({ min: 1, max: 3 })),
  fc.constantFrom<Index>(':', '...', null),
);

/** The positions that Python's slice keeps. */
function sliced(length: number, [start, stop, step = 1]: readonly (number | null | undefined)[]) {
  const at = (value: number | null | undefined, otherwise: number) =>
    value == null ? otherwise : Math.min(Math.max(value < 0 ? value + length : value, 0), length);
  const [from, to] = [at(start, 0), at(stop, length)];
  return range(length).filter((i) => i >= from && i < to && (i - from) % step! === 0);
}

/** What `at` should show; null where it should refuse. */
function modelAt(view: View, indices: readonly Index[]): View | null {
  const { shape } = view;
  const consuming = indices.filter((i) => i !== null && i !== '...').length;
  const ellipses = indices.filter((i) => i === '...').length;
  if (consuming > shape.length || ellipses > 1) return null;
  const rest = Array<Index>(shape.length - consuming).fill(':');
  const full = ellipses
    ? indices.flatMap((i) => (i === '...' ? rest : [i]))
    : [...indices, ...rest];
  const result: number[] = [];
  const kept: { positions: number[]; axis: number | null }[] = [];
  for (const item of full) {
    if (item === null) {
      result.push(1);
      continue;
    }
    const length = shape[kept.length];
    if (typeof item === 'number') {
      const at = item < 0 ? item + length : item;
      if (at < 0 || at >= length) return null;
      kept.push({ positions: [at], axis: null });
      continue;
    }
    const found = typeof item === 'string' ? range(length) : sliced(length, item);
    kept.push({ positions: found, axis: result.length });
    result.push(found.length);
  }
  return remap(view, result, (p) =>
    kept.map((k) => (k.axis === null ? k.positions[0] : k.positions[p[k.axis]])),
  );
}

it('at() indexes as Python does, or refuses', () => {
  const check = (shape: number[], indices: Index[]) =>
    scope(() => {
      const expected = modelAt(whole(shape), indices);
      const run = () => base(shape).at(...indices);
      if (expected === null) expect(run).toThrow(TorchError);
      else expectView(run(), expected);
    });
  fc.assert(fc.property(shapes, fc.array(index, { maxLength: 5 }), check), { numRuns: 1000 });
});
