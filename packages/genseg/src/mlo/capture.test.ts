import { Generator, keep, noGrad, randn, scope, type Tensor, tensor } from '@genseg/torch';
import { expect, test, vi } from 'vitest';
import { runsAgain } from '../../test/capture.ts';
import { checkLeaks } from '../../test/tiny.ts';
import { Parameter } from '../nn/index.ts';
import { SGD } from '../optim/index.ts';
import { Capture, type CaptureWork } from './capture.ts';
import { Problem } from './problem.ts';

checkLeaks();

/** (w x + noise - y)^2 / 2, and one batch after the other. */
function makeProblem(options: {
  captureWork?: CaptureWork;
  loss?: (batch: { pair: Tensor[]; name: string }, w: Tensor) => Tensor;
  batches?: number[][];
  state?: () => readonly Tensor[];
  aside?: <T>(body: () => T) => T;
}) {
  const { loss = ({ pair: [x, y] }, w) => w.mul(x).sub(y).square().sum().div(2) } = options;
  const { captureWork, state = () => [], aside = (body) => body() } = options;
  const { batches = Array.from({ length: 12 }, (_, i) => [i + 1, 2 - i]) } = options;
  const w = scope(() => new Parameter(tensor(0.5)));
  const optimizer = new SGD([w], 0.01);
  const generator = new Generator(0);
  const giveUp = vi.fn();
  const capture =
    captureWork && new Capture({ captureWork, generators: [generator], state, giveUp });
  let drawn = 0;
  const problem = new Problem('fit', {
    optimizer,
    generators: [generator],
    ...(capture && { capture }),
    frozen: aside,
    draw: () => {
      const [x, ...y] = batches[drawn++];
      return { pair: [tensor(x), tensor(y)], name: `batch ${drawn}` };
    },
    loss: (batch) => loss(batch, w.value).add(randn([], { generator }).mul(0.01)),
  });
  return {
    ...{ problem, giveUp, w, generator },
    /** Losses, and where they led. */
    steps: (count: number) => [
      ...Array.from({ length: count }, () => scope(() => problem.step().loss())),
      w.value.item(),
    ],
    [Symbol.dispose]() {
      for (const one of [w.value, optimizer, generator]) one.dispose();
      capture?.dispose();
    },
  };
}

test('replayed steps are the steps, to the bit, draws included', () => {
  const replayed = vi.fn();
  using plain = makeProblem({});
  using captured = makeProblem({ captureWork: runsAgain({ replayed }) });
  expect(captured.steps(10)).toEqual(plain.steps(10));
  expect(captured.generator.state).toEqual(plain.generator.state);
  expect(captured.giveUp).not.toHaveBeenCalled();
  expect(replayed).toHaveBeenCalledTimes(7); // all but those before the capture
});

test('what a hypergradient looks through is evaluated, not replayed', () => {
  const replayed = vi.fn();
  using captured = makeProblem({ captureWork: runsAgain({ replayed }) });
  captured.steps(6);
  const before = replayed.mock.calls.length;
  scope(() => {
    const { step } = captured.problem.recordedStep({ differentiable: true });
    expect(step.recording!.gradients[0].requiresGrad).toBe(true);
  });
  expect(replayed).toHaveBeenCalledTimes(before);
});

test('a batch of another shape is evaluated', () => {
  const replayed = vi.fn();
  const batches = [
    [1, 2],
    [2, 2],
    [3, 1],
    [4, 2],
    [5, 1, 1],
    [6, 2],
  ];
  using plain = makeProblem({ batches });
  using captured = makeProblem({ batches, captureWork: runsAgain({ replayed }) });
  expect(captured.steps(6)).toEqual(plain.steps(6));
  expect(replayed).toHaveBeenCalledTimes(2);
});

test('where nothing can be captured, it says why once and evaluates', () => {
  using plain = makeProblem({});
  using captured = makeProblem({
    captureWork: () => {
      throw new Error('the body waits for the GPU');
    },
  });
  expect(captured.steps(8)).toEqual(plain.steps(8));
  expect(captured.giveUp.mock.calls).toEqual([['the body waits for the GPU']]);
});

test('a loss that hangs on the host is found out by the first replays, and evaluated from there on', () => {
  /** Each evaluation weighs more; a capture would keep the weight that it saw. */
  const growing = () => {
    let weight = 0;
    return ({ pair: [x, y] }: { pair: Tensor[] }, w: Tensor) =>
      w.mul(x).sub(y).square().sum().mul(++weight);
  };
  using captured = makeProblem({ loss: growing(), captureWork: frozenWeight });
  captured.steps(6);
  expect(captured.giveUp).toHaveBeenCalledTimes(1);
  expect(captured.giveUp.mock.calls[0][0]).toMatch(
    /^it does not give what an ordinary evaluation gives: a loss of .*, not /,
  );
});

/** A capture whose every replay gives the values of the first. */
const frozenWeight: CaptureWork = (body) => {
  const result = body();
  return { graph: { replay() {}, dispose() {} }, result };
};

test('gradients that point elsewhere are found out too', () => {
  const turned: CaptureWork = (body, options) => {
    const { graph, result } = runsAgain()(body, options);
    const { gradients } = result as { gradients: Tensor[] };
    const replay = () => {
      graph.replay();
      scope(() => gradients[0].neg_());
    };
    return { graph: { ...graph, replay }, result };
  };
  using plain = makeProblem({});
  using captured = makeProblem({ captureWork: turned });
  expect(captured.steps(8)).toEqual(plain.steps(8));
  expect(captured.giveUp.mock.calls[0][0]).toMatch(/gradients with a cosine of -/);
});

test('a replay that was wrong leaves nothing behind: neither state nor draws', () => {
  /** Moves a running mean, and the replay spoils it. */
  const moving = (mean: Tensor) => (batch: { pair: Tensor[] }, w: Tensor) => {
    const [x, y] = batch.pair;
    noGrad(() => scope(() => mean.lerp_(y.mean(), 0.1)));
    return w.mul(x).sub(y).square().sum().div(2);
  };
  const [mean, expected] = [0, 1].map(() => keep(scope(() => tensor(0))));
  const spoiling: CaptureWork = (body, options) => {
    const { graph, result } = runsAgain({ state: () => [mean] })(body, options);
    const replay = () => {
      graph.replay();
      noGrad(() => {
        mean.fill_(Number.NaN);
        (result as { loss: Tensor }).loss.fill_(Number.NaN);
      });
    };
    return { graph: { ...graph, replay }, result };
  };
  using plain = makeProblem({ loss: moving(expected) });
  using captured = makeProblem({
    loss: moving(mean),
    state: () => [mean],
    aside: (body) => {
      const before = mean.item();
      const result = body();
      noGrad(() => mean.fill_(before));
      return result;
    },
    captureWork: spoiling,
  });
  expect(captured.steps(8)).toEqual(plain.steps(8));
  expect(captured.giveUp.mock.calls).toEqual([[expect.stringMatching(/a loss of NaN, not /)]]);
  expect(mean.item()).toBe(expected.item());
  expect(captured.generator.state).toEqual(plain.generator.state);
  for (const one of [mean, expected]) one.dispose();
});
