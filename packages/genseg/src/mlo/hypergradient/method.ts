/**
 * What a hypergradient method does: carry a gradient backwards through a lower problem's optimisation.
 *
 * The lower problem moved its parameters to w(a), where a are parameters of problems above it. Given
 * v = dL/dw at the end, a method returns (an estimate of) d<w(a), v>/da.
 */
import type { Tensor } from '@genseg/torch';
import type { Parameter } from '../../nn/index.ts';
import type { Problem, Step } from '../problem.ts';

export interface HypergradientMethod {
  readonly name: string;
  /** Whether it differentiates the gradients of the steps that were taken, so that their graphs are worth keeping. */
  readonly differentiatesSteps?: boolean;
  /**
   * @param steps the lower problem's latest steps, oldest first; at least one.
   * @param cotangent v, one tensor per lower parameter, in its shape.
   * @param inputs the parameters a.
   * @returns one tensor per input, in its shape.
   * @throws TorchError when the lower loss does not depend on an input.
   */
  pullBack(
    problem: Problem,
    steps: readonly Step[],
    cotangent: readonly Tensor[],
    inputs: readonly Parameter[],
  ): Tensor[];
}
