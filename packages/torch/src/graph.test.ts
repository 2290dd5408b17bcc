import { expect, it } from 'vitest';
import {
  captureGraph,
  environment,
  Generator,
  grad,
  leaveDefaultStream,
  rand,
  scope,
  TorchError,
  tensor,
} from './index.ts';

const { cudaGraphs, cuda } = environment();
const here = cudaGraphs && cuda.length > 0;

it.skipIf(cudaGraphs)('says what CUDA graphs need where this build has none', () => {
  const needs = /CUDA graphs need a CUDA build of LibTorch, 2\.4 or later/;
  let called = false;
  const body = () => {
    called = true;
  };
  expect(() => captureGraph(body)).toThrow(TorchError);
  expect(() => captureGraph(body)).toThrow(needs);
  expect(leaveDefaultStream).toThrow(needs);
  expect(called).toBe(false);
});

it.runIf(here)('a graph computes anew from what its inputs hold, with fresh draws', () =>
  scope(() => {
    leaveDefaultStream();
    using generator = new Generator(0, 'cuda');
    const x = tensor([1, 2], { device: 'cuda' });
    const w = tensor([3, 4], { device: 'cuda', requiresGrad: true });
    const evaluate = () =>
      scope(() => {
        const noise = rand([2], { generator, device: 'cuda' });
        return { noise, slope: grad(w.mul(x).square().sum(), [w])[0] };
      });
    for (let i = 0; i < 3; i++) scope(() => void evaluate());
    const { state } = generator;
    const expected = [evaluate(), evaluate()].map(({ noise }) => noise.toArray());
    generator.state = state;
    const { graph, result } = captureGraph(evaluate, { generators: [generator] });
    const seen = [
      [1, 2],
      [5, 6],
    ].map((values) => {
      x.copy_(tensor(values));
      graph.replay();
      return { noise: result.noise.toArray(), slope: result.slope.toArray() };
    });
    expect(seen.map(({ slope }) => slope)).toEqual([
      [6, 32],
      [150, 288],
    ]);
    expect(seen.map(({ noise }) => noise)).toEqual(expected);
    graph.dispose();
  }),
);

it.runIf(here)(
  'a body that waits for the GPU or copies to it cannot be captured, and all goes on',
  () =>
    scope(() => {
      leaveDefaultStream();
      const x = tensor([1, 2], { device: 'cuda' });
      expect(() => captureGraph(() => tensor([1], { device: 'cuda' }))).toThrow(
        /make the tensor before/,
      );
      expect(() => captureGraph(() => x.sum().item())).toThrow(TorchError);
      const { graph, result } = captureGraph(() => x.mul(2));
      graph.replay();
      expect(result.toArray()).toEqual([2, 4]);
      graph.dispose();
    }),
);

it.runIf(here)('a capture that fails, and a graph that goes, leave other graphs as they were', () =>
  scope(() => {
    leaveDefaultStream();
    using generator = new Generator(0, 'cuda');
    const generators = [generator];
    // A long sum, for which cuBLAS takes a workspace.
    const x = rand([64, 2 ** 16], { generator, device: 'cuda' }).to({ dtype: 'bfloat16' });
    const draw = () => rand([2], { generator, device: 'cuda' });
    const evaluate = () => ({
      noise: draw(),
      product: x.matmul(x.transpose(0, 1)).to({ dtype: 'float32' }),
    });
    for (let i = 0; i < 3; i++) scope(() => void evaluate());
    const [going, staying] = [0, 1].map(() => captureGraph(evaluate, { generators }));
    expect(() => captureGraph(() => draw().sum().item(), { generators })).toThrow(TorchError);
    going.graph.dispose();
    const later = captureGraph(evaluate, { generators });
    const filler = Array.from({ length: 8 }, () => rand([2 ** 22], { generator, device: 'cuda' }));
    const before = generator.state;
    const expected = evaluate();
    const after = generator.state;
    generator.state = before;
    staying.graph.replay();
    expect(staying.result.noise.toArray()).toEqual(expected.noise.toArray());
    const apart = staying.result.product.sub(expected.product).abs().max().item();
    expect(apart).toBeLessThan(0.02 * (expected.product.max().item() as number));
    expect(generator.state).toEqual(after);
    for (const values of filler) {
      expect(values.min().item()).toBeGreaterThanOrEqual(0);
      expect(values.max().item()).toBeLessThan(1);
    }
    for (const { graph } of [staying, later]) graph.dispose();
  }),
);
