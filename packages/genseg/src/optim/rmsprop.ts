/** RMSprop (Tieleman and Hinton 2012), uncentred, in PyTorch's form: eps outside the root, momentum after it. */
import type { Tensor } from '@genseg/torch';
import type { Parameter } from '../nn/index.ts';
import { requireNonNegative, requireShare, rootMeanSquare, withDecay } from './formula.ts';
import { Optimizer } from './optimizer.ts';

export interface RMSpropOptions {
  /** Share of the mean square that stays, in [0, 1); default .99. */
  alpha?: number;
  /** Added to the root mean square; default 1e-8. */
  eps?: number;
  /** Share of the velocity that stays, in [0, 1); default 0. */
  momentum?: number;
  /** L2 penalty, added to the gradient; default 0. */
  weightDecay?: number;
}

export class RMSprop extends Optimizer {
  readonly #alpha: number;
  readonly #eps: number;
  readonly #momentum: number;
  readonly #weightDecay: number;

  constructor(parameters: readonly Parameter[], lr: number, options: RMSpropOptions = {}) {
    const { alpha = 0.99, eps = 1e-8, momentum = 0, weightDecay = 0 } = options;
    requireShare('alpha', alpha);
    requireShare('momentum', momentum);
    requireNonNegative('eps', eps);
    requireNonNegative('weightDecay', weightDecay);
    super(parameters, lr, momentum === 0 ? 1 : 2);
    this.#alpha = alpha;
    this.#eps = eps;
    this.#momentum = momentum;
    this.#weightDecay = weightDecay;
  }

  protected update(value: Tensor, gradient: Tensor, [s, v]: readonly Tensor[]): void {
    const g = withDecay(gradient, value, this.#weightDecay);
    s.mul_(this.#alpha).addcmul_(g, g, { value: 1 - this.#alpha });
    const denominator = rootMeanSquare(s).add(this.#eps);
    if (this.#momentum === 0) {
      value.addcdiv_(g, denominator, { value: -this.lr });
      return;
    }
    v.mul_(this.#momentum).addcdiv_(g, denominator);
    value.sub_(v, { alpha: this.lr });
  }
}
