import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { fromGolden, type GoldenTensor, readGolden } from '../test/golden.ts';
import { ones, scope } from './index.ts';

interface Printed {
  tensor: GoldenTensor;
  requiresGrad: boolean;
  text: string;
}

describe('a tensor prints as in Python', () => {
  it.each(readGolden<Printed[]>('printing.json'))('$text', ({ tensor, requiresGrad, text }) =>
    scope(() => {
      expect(String(fromGolden(tensor).requiresGrad_(requiresGrad))).toBe(text);
    }),
  );
});

it('console.log shows it', () =>
  scope(() => {
    expect(inspect(ones([2]))).toBe('tensor([1., 1.])');
  }));
