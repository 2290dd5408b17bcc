import { Generator, liveTensors, scope, tensor } from '@genseg/torch';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Architecture, candidates } from './index.ts';

let before: number;
beforeEach(() => {
  before = liveTensors();
});
afterEach(() => {
  expect(liveTensors()).toBe(before);
});

test('starts near equal shares, from the generator given', () => {
  using generator = new Generator(7);
  using one = new Architecture(4, { generator });
  generator.seed(7);
  using same = new Architecture(4, { generator });
  expect([...one.namedParameters().keys()]).toEqual([
    'down1',
    'down2',
    'down3',
    'down4',
    'up1',
    'up2',
    'up3',
    'up4',
  ]);
  expect(one.depth).toBe(4);
  expect(one.shares()).toEqual(same.shares());
  const shares = [...one.shares().encoder, ...one.shares().decoder];
  for (const level of shares) {
    expect(level.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    for (const share of level) expect(share).toBeCloseTo(1 / 3, 2);
  }
  expect(new Set(shares.flat()).size).toBeGreaterThan(20);
});

test('the genotype is the largest share of each level', () => {
  using generator = new Generator(0);
  using architecture = new Architecture(2, { generator });
  scope(() => {
    const logits = [
      [0, 1, 0],
      [2, 1, 0],
      [0, 0, 0.1],
      [-1, -2, -3],
    ];
    architecture.parameters().forEach((alpha, i) => {
      alpha.value.detach().copy_(tensor(logits[i]));
    });
  });
  const [small, medium, large] = candidates;
  expect(architecture.genotype()).toEqual({ encoder: [medium, small], decoder: [large, small] });
});

test('the candidates share a centre', () => {
  for (const { kernel, padding } of candidates) expect(padding).toBe(kernel / 2 - 1);
});
