/** The residual U-Net's cost beside what it has and what it keeps. */
import { Generator, liveTensors, memory, ones, scope } from '@genseg/torch';
import { expect, test } from 'vitest';
import { ResUNet, resUNetCost } from './index.ts';

const built = <T>(
  [channels, planes, width, size]: readonly [number, number, number, number],
  body: (net: ResUNet) => T,
): T => {
  const before = liveTensors();
  using generator = new Generator(0);
  const result = scope(() => {
    using net = new ResUNet(channels, planes, { width, size, generator });
    return body(net);
  });
  generator.dispose();
  expect(liveTensors()).toBe(before);
  return result;
};

test.each([
  [1, 1, 4, 8],
  [1, 1, 4, 32],
  [3, 4, 2, 100],
  [2, 3, 3, 512], // past sixteen times the width, where channels stay
] as const)('%i channels, %i planes, width %i, %i px: counts every weight', (...shape) => {
  const [channels, planes, width, size] = shape;
  const weights = built(shape, (net) =>
    net.parameters().reduce((sum, { value }) => sum + value.numel, 0),
  );
  expect(resUNetCost(channels, planes, { width, size }).weights).toBe(weights);
});

test.each([
  [1, 1, 8, 64],
  [1, 1, 4, 128],
  [3, 2, 8, 100],
] as const)(
  '%i channels, %i planes, width %i, %i px: keeps what it says for a backward pass',
  (...shape) => {
    const [channels, planes, width, size] = shape;
    const kept = built(shape, (net) =>
      scope(() => {
        const image = ones([2, channels, size, size]);
        const { live } = memory();
        net.forward(image); // its graph stays as long as this scope
        return (memory().live - live) / 4 / 2;
      }),
    );
    const { features, weights } = resUNetCost(channels, planes, { width, size });
    expect(features).toBeLessThan(1.1 * kept);
    // Convolutions may keep their weights once more, in the order that their kernels take.
    expect(kept).toBeLessThan(1.1 * (features + weights / 2));
  },
);
