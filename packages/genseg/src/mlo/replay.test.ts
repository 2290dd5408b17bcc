import { Generator, randn, scope, type Tensor, tensor } from '@genseg/torch';
import { expect, test, vi } from 'vitest';
import { runsAgain } from '../../test/recorder.ts';
import { checkLeaks } from '../../test/tiny.ts';
import { Parameter } from '../nn/index.ts';
import { SGD } from '../optim/index.ts';
import { Problem } from './problem.ts';
import { type RecordWork, Replay } from './replay.ts';

checkLeaks();

/** (w x + noise - y)^2 / 2, and one batch after the other. */
function makeProblem(options: {
  record?: RecordWork;
  loss?: (batch: { pair: Tensor[]; name: string }, w: Tensor) => Tensor;
  batches?: number[][];
}) {
  const { loss = ({ pair: [x, y] }, w) => w.mul(x).sub(y).square().sum().div(2) } = options;
  const { record, batches = Array.from({ length: 12 }, (_, i) => [i + 1, 2 - i]) } = options;
  const w = scope(() => new Parameter(tensor(0.5)));
  const optimizer = new SGD([w], 0.01);
  const generator = new Generator(0);
  const giveUp = vi.fn();
  const replay = record && new Replay({ record, generators: [generator], giveUp });
  let drawn = 0;
  const problem = new Problem('fit', {
    optimizer,
    generators: [generator],
    ...(replay && { replay }),
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
      replay?.dispose();
    },
  };
}

test('replayed steps are the steps, to the bit, draws included', () => {
  const replayed = vi.fn();
  using plain = makeProblem({});
  using recorded = makeProblem({ record: runsAgain({ replayed }) });
  expect(recorded.steps(10)).toEqual(plain.steps(10));
  expect(recorded.generator.state).toEqual(plain.generator.state);
  expect(recorded.giveUp).not.toHaveBeenCalled();
  expect(replayed).toHaveBeenCalledTimes(7); // all but those before the recording
});

test('what a hypergradient looks through is evaluated, not replayed', () => {
  const replayed = vi.fn();
  using recorded = makeProblem({ record: runsAgain({ replayed }) });
  recorded.steps(6);
  const before = replayed.mock.calls.length;
  scope(() => {
    const { step } = recorded.problem.recordedStep({ differentiable: true });
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
  using recorded = makeProblem({ batches, record: runsAgain({ replayed }) });
  expect(recorded.steps(6)).toEqual(plain.steps(6));
  expect(replayed).toHaveBeenCalledTimes(2);
});

test('where nothing can be recorded, it says why once and evaluates', () => {
  using plain = makeProblem({});
  using recorded = makeProblem({
    record: () => {
      throw new Error('the body waits for the GPU');
    },
  });
  expect(recorded.steps(8)).toEqual(plain.steps(8));
  expect(recorded.giveUp.mock.calls).toEqual([['the body waits for the GPU']]);
});

test('a loss that hangs on the host is found out by the first replays, and evaluated from there on', () => {
  /** Each evaluation weighs more; a recording would keep the weight that it saw. */
  const growing = () => {
    let weight = 0;
    return ({ pair: [x, y] }: { pair: Tensor[] }, w: Tensor) =>
      w.mul(x).sub(y).square().sum().mul(++weight);
  };
  using recorded = makeProblem({ loss: growing(), record: frozenWeight });
  recorded.steps(6);
  expect(recorded.giveUp).toHaveBeenCalledTimes(1);
  expect(recorded.giveUp.mock.calls[0][0]).toMatch(
    /^it does not give what an ordinary evaluation gives: a loss of .*, not /,
  );
});

/** A recording whose every replay gives the values of the first. */
const frozenWeight: RecordWork = (body) => {
  const result = body();
  return { graph: { replay() {}, dispose() {} }, result };
};

test('gradients that point elsewhere are found out too', () => {
  const turned: RecordWork = (body, options) => {
    const { graph, result } = runsAgain()(body, options);
    const { gradients } = result as { gradients: Tensor[] };
    const replay = () => {
      graph.replay();
      scope(() => gradients[0].neg_());
    };
    return { graph: { ...graph, replay }, result };
  };
  using plain = makeProblem({});
  using recorded = makeProblem({ record: turned });
  expect(recorded.steps(8)).toEqual(plain.steps(8));
  expect(recorded.giveUp.mock.calls[0][0]).toMatch(/gradients with a cosine of -/);
});
