/** Tasks: what planes stand for, and what counts in a loss, beside LibTorch's own weighted cross-entropy. */
import {
  binaryCrossEntropyWithLogits,
  crossEntropyLoss,
  grad,
  liveTensors,
  scope,
  type Tensor,
  tensor,
} from '@genseg/torch';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { derivatives, largestDifference, wave } from '../../test/numeric.ts';
import { ignoredClass } from '../classes.ts';
import { diceLoss, segmentationLoss } from './losses.ts';
import { balancedWeights, classTask, regionTask, type Task, targetOf } from './task.ts';

let before: number;
beforeEach(() => {
  before = liveTensors();
});
afterEach(() => {
  expect(liveTensors()).toBe(before);
});

const ids = [0, 1, 2, 1, ignoredClass, 0, 2, 2, 0, 0, ignoredClass, 1];
const maskOf = (values: readonly number[]): Tensor =>
  tensor([...values], { shape: [1, 3, 4], dtype: 'int64' });
const regions = regionTask([
  { name: 'all', classes: [1, 2], paints: 1 },
  { name: 'core', classes: [2], paints: 2 },
]);
/** The entropy alone: no overlap. */
const entropyOf = (logits: Tensor, task: Task): Tensor =>
  segmentationLoss(logits, maskOf(ids), { task, overlap: (p) => p.sum().mul(0) });

test('planes hold the classes they stand for, and nothing where there is no label', () => {
  scope(() => {
    const planes = (task: Task) => targetOf(maskOf(ids), task, 'float32');
    expect(planes(classTask(2)).toArray()).toEqual(ids.map((id) => Number(id === 1)));
    expect(planes(classTask(3)).toArray()).toEqual(
      [0, 1, 2].flatMap((k) => ids.map((id) => Number(id === k))),
    );
    expect(planes(regions).toArray()).toEqual([
      ...ids.map((id) => Number(id === 1 || id === 2)),
      ...ids.map((id) => Number(id === 2)),
    ]);
  });
});

describe('the entropy', () => {
  const weights = [0.5, 2, 3];
  const weighted = weights.map((inside) => ({ inside, outside: 0 }));

  test.each([
    ['without labels here and there', { partial: true }, {}],
    ['with weights', { partial: true, weights: weighted }, { weight: weights }],
  ])('of classes %s is LibTorch’s', (_, part, { weight }: { weight?: number[] }) => {
    scope(() => {
      const logits = wave([1, 3, 3, 4]).mul(2).requiresGrad_();
      const ours = entropyOf(logits, { ...classTask(3), ...part });
      const theirs = crossEntropyLoss(logits, maskOf(ids), {
        ignoreIndex: ignoredClass,
        ...(weight && { weight: tensor(weight, { dtype: 'float64' }) }),
      });
      expect(ours.item()).toBeCloseTo(theirs.item(), 12);
      const [a, b] = [ours, theirs].map((loss) => grad(loss, [logits])[0]);
      expect(largestDifference(a, b.toArray())).toBeLessThan(1e-12);
    });
  });

  test('of regions is the mean of binary ones over the pixels with a label', () => {
    scope(() => {
      const logits = wave([1, 2, 3, 4]).mul(2);
      const target = targetOf(maskOf(ids), regions, 'float64');
      const each = binaryCrossEntropyWithLogits(logits, target, { reduction: 0 }).toArray();
      const kept = each.filter((_, i) => ids[i % 12] !== ignoredClass);
      const mean = kept.reduce((a, b) => a + b) / kept.length;
      expect(entropyOf(logits, { ...regions, partial: true }).item()).toBeCloseTo(mean, 12);
    });
  });

  test('of regions counts both sides of each by their weights', () => {
    scope(() => {
      const weights = [
        { inside: 2, outside: 0.5 },
        { inside: 3, outside: 1 },
      ];
      const logits = wave([1, 2, 3, 4]).mul(2);
      const task = { ...regions, partial: true, weights };
      const target = targetOf(maskOf(ids), regions, 'float64').toArray();
      const each = binaryCrossEntropyWithLogits(logits, targetOf(maskOf(ids), regions, 'float64'), {
        reduction: 0,
      }).toArray();
      const weight = target.map((inside, i) =>
        ids[i % 12] === ignoredClass
          ? 0
          : weights[Math.floor(i / 12)][inside ? 'inside' : 'outside'],
      );
      const sum = (values: number[]) => values.reduce((a, b) => a + b);
      const expected = sum(each.map((value, i) => value * weight[i])) / sum(weight);
      expect(entropyOf(logits, task).item()).toBeCloseTo(expected, 12);
    });
  });

  test('of a batch without any label is 0, with a derivative of 0', () => {
    scope(() => {
      const logits = wave([1, 3, 3, 4]).requiresGrad_();
      const mask = maskOf(ids.map(() => ignoredClass));
      const loss = segmentationLoss(logits, mask, { task: { ...classTask(3), partial: true } });
      expect(loss.item()).toBe(0);
      expect(largestDifference(grad(loss, [logits])[0], new Array(36).fill(0))).toBe(0);
    });
  });
});

test.each<[string, Task]>([
  ['one foreground', classTask(2)],
  ['classes', classTask(3)],
  ['regions', regions],
])('what the logits are where there is no label changes nothing: %s', (_, task) => {
  scope(() => {
    const logits = wave([1, task.planes.length, 3, 4]);
    const holes = maskOf(ids).unsqueeze(1).eq(ignoredClass).to({ dtype: 'float64' });
    const loss = (z: Tensor) =>
      segmentationLoss(z, maskOf(ids), { task: { ...task, partial: true } }).item();
    const other = logits.add(holes.mul(wave(logits.shape, 1).mul(9)));
    expect(loss(other)).toBeCloseTo(loss(logits), 12);
    const plain = (z: Tensor) => segmentationLoss(z, maskOf(ids), { task }).item();
    expect(plain(other)).not.toBeCloseTo(plain(logits), 3);
  });
});

test('of regions every plane has an overlap, the first too', () => {
  scope(() => {
    const logits = wave([1, 2, 3, 4]);
    const target = targetOf(maskOf(ids), regions, 'float64');
    const both = segmentationLoss(logits, maskOf(ids), { task: regions }).item();
    const entropy = entropyOf(logits, regions).item();
    const dice = diceLoss(logits.sigmoid(), target, { background: true }).item();
    expect(both).toBeCloseTo(entropy + dice, 12);
  });
});

test('is twice differentiable with weights and without labels here and there', () => {
  scope(() => {
    const weights = balancedWeights([60, 30, 10], classTask(3));
    const task = { ...classTask(3), partial: true, weights };
    const { first, second } = derivatives(
      ([logits]) => segmentationLoss(logits, maskOf(ids), { task }),
      [wave([1, 3, 3, 4])],
    );
    expect(first.exact / first.difference).toBeCloseTo(1, 7);
    expect(second.exact / second.difference).toBeCloseTo(1, 6);
  });
});

test('balanced, every class has the same part, and so have both sides of a region', () => {
  const pixels = [60, 30, 10];
  const classes = balancedWeights(pixels, classTask(3)).map(({ inside }, k) => inside * pixels[k]);
  for (const part of classes) expect(part).toBeCloseTo(classes[0], 12);
  const [all, core] = balancedWeights(pixels, regions);
  expect(all.inside * 40).toBeCloseTo(all.outside * 60, 12);
  expect(core.inside * 10).toBeCloseTo(core.outside * 90, 12);
  expect(balancedWeights([60, 40, 0], classTask(3))[2].inside).toBe(1);
});

test('logits of another number of planes are refused', () => {
  scope(() => {
    const options = { task: classTask(3) };
    expect(() => segmentationLoss(wave([1, 2, 3, 4]), maskOf(ids), options)).toThrow(
      /logits have 2 planes, the task has 3/,
    );
  });
});
