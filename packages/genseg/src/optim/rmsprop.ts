/** RMSprop (Tieleman and Hinton 2012), uncentred, in PyTorch's form: eps outside the root, momentum after it. */
import { pullBackRMSprop, type RMSpropNumbers, stepRMSprop, type Tensor } from '@genseg/torch';
import type { Parameter } from '../nn/index.ts';
import { plus, requireNonNegative, requireShare, rootMeanSquare, withDecay } from './formula.ts';
import {
  type Cotangent,
  Optimizer,
  type Pace,
  type PulledBack,
  type UpdateSite,
} from './optimizer.ts';

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

  protected update(value: Tensor, gradient: Tensor, [s, v]: readonly Tensor[], { lr }: Pace): void {
    const g = withDecay(gradient, value, this.#weightDecay);
    s.mul_(this.#alpha).addcmul_(g, g, { value: 1 - this.#alpha });
    const denominator = rootMeanSquare(s).add(this.#eps);
    if (this.#momentum === 0) {
      value.addcdiv_(g, denominator, { value: -lr });
      return;
    }
    v.mul_(this.#momentum).addcdiv_(g, denominator);
    value.sub_(v, { alpha: lr });
  }

  protected updateAtOnce(
    value: Tensor,
    gradient: Tensor,
    state: readonly Tensor[],
    { lr }: Pace,
  ): boolean {
    if (this.#momentum === 0) return false;
    return stepRMSprop({ value, gradient, state }, this.#numbers(lr));
  }

  protected pullBackAtOnce({ value, gradient, slots, lr }: UpdateSite, cotangent: Tensor) {
    const state = slots.slice(0, 1);
    return pullBackRMSprop({ value, gradient, state }, cotangent, this.#numbers(lr));
  }

  #numbers(lr: number): RMSpropNumbers {
    const [alpha, momentum] = [this.#alpha, this.#momentum];
    return { alpha, momentum, eps: this.#eps, lr, decay: this.#weightDecay };
  }

  protected pullBackUpdate(site: UpdateSite, cotangent: Cotangent): PulledBack {
    const [alpha, momentum] = [this.#alpha, this.#momentum];
    const [s] = site.slots;
    const [dS, dV] = cotangent.slots ?? [];
    const g = withDecay(site.gradient, site.value, this.#weightDecay);
    const root = rootMeanSquare(s);
    const denominator = root.add(this.#eps);
    // value' = value - lr v', v' = momentum v + g / denominator; without momentum v' is the quotient.
    const toV = plus(cotangent.value.mul(-site.lr), dV);
    const toG = toV.div(denominator);
    const byRoot = toG.mul(g).div_(denominator).neg_();
    const toS = plus(byRoot.div_(root).mul_(0.5), dS);
    const gradient = toG.addcmul_(toS, g, { value: 2 * (1 - alpha) });
    return {
      gradient,
      before: () => ({
        value: cotangent.value.add(gradient, { alpha: this.#weightDecay }),
        slots: momentum === 0 ? [toS.mul(alpha)] : [toS.mul(alpha), toV.mul(momentum)],
      }),
    };
  }
}
