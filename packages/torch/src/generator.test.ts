import { describe, expect, it } from 'vitest';
import { Generator, rand, randn, scope, TorchError } from './index.ts';

describe('a generator', () => {
  it('gives the numbers of torch.Generator().manual_seed', () =>
    scope(() => {
      // torch.rand(3, generator=torch.Generator().manual_seed(0)) in Python
      const generator = new Generator(0);
      const drawn = rand([3], { generator }).toArray();
      expect(drawn.map((x) => x.toFixed(4))).toEqual(['0.4963', '0.7682', '0.0885']);
    }));

  it('is a stream of its own', () =>
    scope(() => {
      const [a, b] = [new Generator(5), new Generator(5)];
      randn([10], { generator: b });
      const first = randn([4], { generator: a }).toArray();
      a.seed(5);
      expect(randn([4], { generator: a }).toArray()).toEqual(first);
      expect(randn([4], { generator: b }).toArray()).not.toEqual(first);
    }));

  it('repeats its draws from a saved state, also between two numbers of a normal pair', () =>
    scope(() => {
      const generator = new Generator(1);
      randn([3], { generator });
      const { state } = generator;
      const draws = () => randn([5], { generator }).toArray();
      const first = draws();
      generator.state = state;
      expect(draws()).toEqual(first);
      const other = new Generator(2);
      other.state = state;
      expect(randn([5], { generator: other }).toArray()).toEqual(first);
    }));

  it('takes seeds up to 2^53 - 1 and refuses what is none', () =>
    scope(() => {
      const generator = new Generator(Number.MAX_SAFE_INTEGER);
      for (const wrong of [-1, 0.5, 2 ** 53, Number.NaN, '1' as unknown as number]) {
        expect(() => new Generator(wrong)).toThrow(/a seed is an integer from 0/);
        expect(() => generator.seed(wrong)).toThrow(/a seed is an integer from 0/);
      }
      expect(() => new Generator(0, 'nowhere' as 'cpu')).toThrow(TorchError);
    }));

  it('refuses states that no generator returned', () =>
    scope(() => {
      const generator = new Generator(3);
      const { state } = generator;
      const wrong = [new Uint8Array(0), state.slice(1), new Uint8Array(state.length).fill(255)];
      for (const bytes of wrong) {
        expect(() => {
          generator.state = bytes;
        }).toThrow(TorchError);
      }
      generator.state = state;
    }));
});
