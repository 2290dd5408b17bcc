/**
 * The visible proof that validation feedback reaches the architecture, and that nothing else leaks:
 * each check looks at the real problems of a loop, and each names a fault of published code that it
 * would have caught (method.md). Failing is a reason to stop, not to warn.
 */
import { grad, scope, type Tensor } from '@genseg/torch';
import {
  cosine,
  type Engine,
  type Hypergradient,
  hypergradient,
  norm,
  type Problem,
  type Step,
  unrecorded,
  unrolled,
} from '../mlo/index.ts';
import { valuesOf } from '../nn/index.ts';

export interface Check {
  name: string;
  passed: boolean;
  /** What was measured. */
  value: string;
  explanation: string;
}

/** The cosine between the method in use and exact double backward that counts as agreement. */
export const agreement = 0.95;

interface Evidence {
  engine: Engine;
  /** Steps as training takes them, with their graphs where the method differentiates these. */
  taken: Map<Problem, Step[]>;
  /** The same without graphs, so that each hypergradient evaluates them again. */
  trajectories: Map<Problem, Step[]>;
  batch: unknown;
  /** The cases of a batch of any problem. */
  idsOf(batch: unknown): readonly string[];
  /** The cases that lower levels may draw, and those of each update they have made. */
  trained: readonly (readonly string[])[];
  /** The cases that the upper level may draw. */
  validated: readonly string[];
  /** Every tensor that a hypergradient must leave alone: weights, statistics, optimiser states. */
  state(): readonly Tensor[];
}

const bytesOf = (tensors: readonly Tensor[]): string[] =>
  tensors.map((t) => Buffer.from(t.detach().toTypedArray().buffer).toString('latin1'));

/** A check that throws has failed, for the reason it gives. */
function check(
  name: string,
  explanation: string,
  measure: () => { passed: boolean; value: string },
): Check {
  try {
    return { name, explanation, ...scope(measure) };
  } catch (error) {
    return {
      name,
      explanation,
      passed: false,
      value: error instanceof Error ? error.message : String(error),
    };
  }
}

const gradientBy = (
  { engine, trajectories, batch }: Evidence,
  method = engine.method,
): Hypergradient => hypergradient(engine.graph, engine.upper, method, trajectories, batch);

function reaches(evidence: Evidence): Check {
  return check(
    'feedback',
    'the validation loss has a gradient at every level of the architecture, through the synthetic images',
    () => {
      const norms = gradientBy(evidence).gradients.map((g) => norm([g]));
      return {
        passed: norms.every((n) => Number.isFinite(n) && n > 0),
        value: `|d val / d alpha| = ${norms.map((n) => n.toExponential(1)).join(', ')}`,
      };
    },
  );
}

/**
 * A method that goes through the graphs which steps keep gets them here, as in training; the other side evaluates the
 * steps again. So `unrolled` is not compared with itself.
 */
function agrees(evidence: Evidence): Check {
  const { name, differentiatesSteps } = evidence.engine.method;
  return check(
    'exactness',
    `${name}${differentiatesSteps ? ', by the graphs that the steps kept,' : ''} agrees with exact double backward through the same steps, evaluated again`,
    () => {
      const found = gradientBy({ ...evidence, trajectories: evidence.taken });
      const exact = gradientBy(evidence, unrolled());
      const value = cosine(found.gradients, exact.gradients);
      return {
        passed: value >= agreement,
        value: `cosine ${value.toFixed(3)}, at least ${agreement}`,
      };
    },
  );
}

function connects({ engine: { graph, upper }, trajectories, batch }: Evidence): Check {
  return check(
    'edges',
    'each level whose parameters enter a loss has its edge, so that no path of the feedback is left out',
    () => {
      const missing = graph.problems.flatMap((problem) => {
        const step = trajectories.get(problem)?.at(-1);
        const loss = step ? problem.replay(step) : upper.evaluate(batch);
        const known = [problem, ...graph.uppersOf(problem), ...graph.lowersOf(problem)];
        const options = { allowUnused: true, retainGraph: true } as const;
        return graph.problems
          .filter((other) => !known.includes(other))
          .filter((other) => grad(loss, valuesOf(other.parameters), options).some((g) => g))
          .map((other) => `${other.name} enters the loss of ${problem.name}`);
      });
      return {
        passed: missing.length === 0,
        value: missing.join(', ') || `${graph.edges.length} edges, none missing`,
      };
    },
  );
}

function restores(evidence: Evidence): Check {
  return check(
    'weights',
    'a hypergradient leaves every weight and statistic as it was, bit for bit',
    () => {
      const look = () => bytesOf(evidence.state());
      const before = look();
      gradientBy(evidence);
      const after = look();
      const changed = before.filter((bytes, i) => bytes !== after[i]).length;
      return { passed: changed === 0, value: `${before.length} tensors, ${changed} changed` };
    },
  );
}

function separates({ trajectories, batch, idsOf, trained, validated }: Evidence): Check {
  return check(
    'separation',
    'no validation image takes part in an update of the segmentation model or the GAN',
    () => {
      const steps = [...trajectories.values()].flat();
      const lower = new Set([...trained, ...steps.map((step) => idsOf(step.batch))].flat());
      const upper = new Set([...validated, ...idsOf(batch)]);
      const leaked = [...upper].filter((id) => lower.has(id));
      return {
        passed: upper.size > 0 && lower.size > 0 && leaked.length === 0,
        value:
          leaked.length > 0
            ? `also trained on: ${leaked.join(', ')}`
            : `${lower.size} training, ${upper.size} validation images, none in common`,
      };
    },
  );
}

function repeats({ trajectories }: Evidence): Check {
  return check(
    'randomness',
    'both evaluations of a difference see the same random draws, and leave the streams as they were',
    () => {
      const results = [...trajectories].map(([problem, steps]) => {
        const states = () => bytesOfStates(problem);
        const before = states();
        const [first, second] = [0, 1].map(() => scope(() => problem.replay(steps.at(-1)!).item()));
        return { name: problem.name, same: first === second && before === states() };
      });
      const different = results.filter(({ same }) => !same).map(({ name }) => name);
      return {
        passed: different.length === 0,
        value:
          different.length > 0
            ? `differs: ${different.join(', ')}`
            : `${results.length} losses equal to the last bit`,
      };
    },
  );
}

const bytesOfStates = (problem: Problem): string =>
  problem.generators.map(({ state }) => Buffer.from(state).toString('latin1')).join('|');

type Look = Pick<Evidence, 'idsOf' | 'trained' | 'validated' | 'state'>;

/** Runs all checks on an engine that has taken a few steps. Takes one more step of each lower problem. */
export function selfCheck(engine: Engine, look: Look): Check[] {
  return scope(() => {
    const { graph, levels, method } = engine;
    const taken = new Map(
      levels.map(({ problem }) => {
        const differentiable = method.differentiatesSteps && graph.problems.includes(problem);
        return [problem, [problem.recordedStep({ differentiable }).step]];
      }),
    );
    const trajectories = new Map(
      [...taken].map(([problem, steps]) => [problem, steps.map((step) => unrecorded(step))]),
    );
    const evidence = { engine, taken, trajectories, batch: engine.upper.draw(), ...look };
    return [reaches, agrees, connects, restores, separates, repeats].map((run) => run(evidence));
  });
}
