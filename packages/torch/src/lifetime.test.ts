import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import {
  DisposedTensorError,
  Generator,
  keep,
  liveBytes,
  liveTensors,
  ones,
  parameter,
  scope,
  type Tensor,
  tensor,
  zeros,
} from './index.ts';

describe('a scope', () => {
  it('frees what was born in it, except what it returns', () => {
    const before = liveTensors();
    const kept = scope(() => {
      const made = ones([3]);
      return made.add(made).mul(2);
    });
    expect(liveTensors()).toBe(before + 1);
    expect(kept.toArray()).toEqual([4, 4, 4]);
    kept.dispose();
  });

  it.each<[string, (t: Tensor) => unknown, (value: never) => Tensor]>([
    ['an array', (t) => [1, [t]], (value: [number, [Tensor]]) => value[1][0]],
    ['an object', (t) => ({ a: { t } }), (value: { a: { t: Tensor } }) => value.a.t],
    ['a Map', (t) => new Map([['t', t]]), (value: Map<string, Tensor>) => value.get('t')!],
    ['a Set', (t) => new Set([t]), (value: Set<Tensor>) => [...value][0]],
  ] as const)('finds what it returns in %s', (_, wrap, unwrap) => {
    const result = scope(() => wrap(scope(() => ones([2]))));
    using survivor = unwrap(result as never);
    expect(survivor.toArray()).toEqual([1, 1]);
  });

  it('looks into cyclic values', () => {
    const cycle = scope(() => {
      const list: unknown[] = [ones([1])];
      list.push(list);
      return list;
    });
    (cycle[0] as Tensor).dispose();
  });

  it('nests: an inner survivor belongs to the outer scope', () => {
    const before = liveTensors();
    scope(() => {
      const survivor = scope(() => ones([2]).neg());
      expect(liveTensors()).toBe(before + 1);
      expect(survivor.toArray()).toEqual([-1, -1]);
    });
    expect(liveTensors()).toBe(before);
  });

  it('frees everything when its body throws, and the outer scope goes on', () => {
    scope(() => {
      const outer = ones([2]);
      const before = liveTensors();
      const body = () => {
        zeros([4]);
        scope(() => zeros([5]));
        throw new RangeError('in the body');
      };
      expect(() => scope(body)).toThrow(RangeError);
      expect(liveTensors()).toBe(before);
      expect(outer.add(outer).toArray()).toEqual([2, 2]);
    });
  });

  it('leaves tensors of outer scopes alone, returned or not', () => {
    using outer = ones([1]);
    scope(() => outer);
    scope(() => undefined);
    expect(outer.item()).toBe(1);
  });

  it('refuses promises, whose later failure then ends nothing', async () => {
    const body = async () => {
      const made = ones([1]);
      await Promise.resolve();
      return made.neg(); // freed by now: rejects, with nobody there to hear it
    };
    expect(() => scope(body)).toThrow(/scope cannot take an asynchronous function/);
    await new Promise(setImmediate);
  });

  it('frees generators too', () => {
    const generator = scope(() => new Generator(0));
    generator.dispose();
    let stray: Generator | undefined;
    scope(() => {
      stray = new Generator(1);
    });
    expect(() => stray?.state).toThrow(DisposedTensorError);
  });

  it('returns a disposed tensor as it is and still frees the others', () => {
    const before = liveTensors();
    const [gone] = scope(() => {
      const made = ones([1]);
      const other = zeros([1]);
      made.dispose();
      return [made, other.shape] as const;
    });
    expect(() => gone.shape).toThrow(DisposedTensorError);
    expect(liveTensors()).toBe(before);
  });
});

describe('keep', () => {
  it('takes a tensor out of its scope, also when the scope throws', () => {
    const kept: Tensor[] = [];
    const body = () => {
      kept.push(keep(ones([2])));
      throw new Error('late');
    };
    expect(() => scope(body)).toThrow('late');
    expect(kept[0].toArray()).toEqual([1, 1]);
    kept[0].dispose();
  });

  it('is what parameter() does', () => {
    const weight = scope(() => parameter(ones([2])));
    expect({ leaf: weight.isLeaf, traced: weight.requiresGrad }).toEqual({
      leaf: true,
      traced: true,
    });
    weight.dispose();
  });
});

describe('disposal', () => {
  it('is idempotent, and `using` does it', () => {
    const before = liveTensors();
    {
      using made = ones([1]);
      made.dispose();
      made.dispose();
    }
    expect(liveTensors()).toBe(before);
  });

  it('turns later use into an error that names the operator', () => {
    const gone = ones([2]);
    gone.dispose();
    using other = ones([2]);
    expect(() => other.add(gone)).toThrow(
      new DisposedTensorError('add.Tensor: used a disposed Tensor'),
    );
    expect(() => gone.item()).toThrow(DisposedTensorError);
    expect(String(gone)).toBe('tensor(<disposed>)');
  });

  it('never lets an old tensor reach the memory of a new one', () => {
    const old = ones([1]);
    old.dispose();
    using fresh = zeros([1]); // takes the freed slot
    expect(fresh.item()).toBe(0);
    expect(() => old.item()).toThrow(DisposedTensorError);
  });

  it('refuses another native object in the place of a tensor', () => {
    using generator = new Generator(0);
    using made = ones([1]);
    expect(() => made.add(generator as unknown as Tensor)).toThrow(TypeError);
  });
});

describe('what is live', () => {
  it('counts views of one memory once', () => {
    scope(() => {
      const before = { bytes: liveBytes(), tensors: liveTensors() };
      const base = zeros([1000]);
      const views = [base.view([10, 100]), base.at([0, 500]), base.detach()];
      expect(liveBytes() - before.bytes).toBe(4000);
      expect(liveTensors() - before.tensors).toBe(1 + views.length);
    });
  });

  it('is freed by the garbage collector where nobody else does', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const before = liveTensors();
    for (let k = 0; k < 10; k++) tensor([k]);
    expect(liveTensors()).toBe(before + 10);
    for (let turn = 0; turn < 50 && liveTensors() > before; turn++) {
      collect();
      await new Promise(setImmediate);
    }
    expect(liveTensors()).toBeLessThanOrEqual(before);
  });
});
