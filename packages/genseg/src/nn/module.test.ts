import { liveTensors, ones, scope, type Tensor, tensor, zeros } from '@genseg/torch';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Module, type Parameter, substitute, valuesOf } from './index.ts';

class Scale extends Module {
  readonly weight: Parameter;

  constructor(value: number) {
    super();
    this.weight = scope(() => this.parameter('weight', tensor([value])));
    scope(() => this.buffer('calls', tensor([0])));
  }

  forward(x: Tensor): Tensor {
    return x.mul(this.weight.value);
  }
}

class Pair extends Module {
  readonly first = this.child('first', new Scale(2));
  readonly second = this.child('second', new Scale(3));
}

let before: number;
beforeEach(() => {
  before = liveTensors();
});
afterEach(() => {
  expect(liveTensors()).toBe(before);
});

test('names follow the tree, parents and first children first', () => {
  using pair = new Pair();
  expect([...pair.modules()].map(([name]) => name)).toEqual(['', 'first', 'second']);
  expect([...pair.namedParameters().keys()]).toEqual(['first.weight', 'second.weight']);
  expect([...pair.stateDict().keys()]).toEqual([
    'first.weight',
    'second.weight',
    'first.calls',
    'second.calls',
  ]);
});

test('a parameter shared by two modules is given to the optimiser once', () => {
  using scale = new Scale(1);
  class Twice extends Module {
    readonly a = this.child('a', scale);
    readonly b = this.child('b', scale);
  }
  expect(new Twice().parameters()).toEqual([scale.weight]);
});

test('frozen parameters are buffers, and what is left without any stays in evaluation mode', () => {
  using pair = new Pair();
  const keys = [...pair.stateDict().keys()].sort();
  pair.freeze((name) => name === 'first.weight');
  expect(pair.parameters()).toEqual([pair.second.weight]);
  expect([...pair.stateDict().keys()].sort()).toEqual(keys);
  expect(pair.first.weight.value.requiresGrad).toBe(false);
  pair.train();
  expect([pair.training, pair.first.training, pair.second.training]).toEqual([true, false, true]);
  pair.to('cpu');
  expect([pair.first, pair.second].map((one) => one.weight.value.requiresGrad)).toEqual([
    false,
    true,
  ]);
});

test('train and eval reach every module', () => {
  using pair = new Pair();
  pair.eval();
  expect([pair.training, pair.first.training, pair.second.training]).toEqual([false, false, false]);
  pair.train();
  expect(pair.second.training).toBe(true);
});

test('withFrozenStatistics restores what was, also after an error', () => {
  using pair = new Pair();
  pair.first.withFrozenStatistics(() => {
    const inner = () =>
      pair.withFrozenStatistics(() => {
        expect([pair.first.tracksStatistics, pair.second.tracksStatistics]).toEqual([false, false]);
        throw new Error('inside');
      });
    expect(inner).toThrow('inside');
    expect([pair.first.tracksStatistics, pair.second.tracksStatistics]).toEqual([false, true]);
  });
  expect(pair.first.tracksStatistics).toBe(true);
});

test('substitute shows other values to the forward pass and puts the own ones back', () => {
  using scale = new Scale(2);
  const own = valuesOf(scale.parameters());
  scope(() => {
    const other = tensor([5], { requiresGrad: true });
    const y = substitute(scale.parameters(), [other], () => scale.forward(ones([1])));
    expect(y.item()).toBe(5);
    expect(y.requiresGrad).toBe(true);
    expect(() =>
      substitute(scale.parameters(), [other], () => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
  });
  expect(valuesOf(scale.parameters())).toEqual(own);
  expect(() => substitute(scale.parameters(), [], () => 0)).toThrow('1 parameters, 0 values');
});

test('loadStateDict copies values and refuses what does not fit, changing nothing', () => {
  using one = new Scale(1);
  using two = new Scale(2);
  one.loadStateDict(two.stateDict());
  expect(one.weight.value.item()).toBe(2);
  scope(() => {
    const bad = new Map([
      ['weight', zeros([2])],
      ['bias', zeros([1])],
    ]);
    expect(() => one.loadStateDict(bad)).toThrow(
      'these weights do not fit the model: calls is missing; bias is not in this model; weight is [2], the model has [1]',
    );
  });
  expect(one.weight.value.item()).toBe(2);
});

test('to() keeps values, names and what requires gradients', () => {
  using scale = new Scale(2);
  scale.to('cpu');
  expect(scale.weight.value.item()).toBe(2);
  expect(scale.weight.value.requiresGrad).toBe(true);
  expect(scale.stateDict().get('calls')!.requiresGrad).toBe(false);
});
