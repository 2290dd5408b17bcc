/** Stochastic gradient descent with momentum (Sutskever et al. 2013), in PyTorch's form: lr outside the velocity. */
import type { Tensor } from '@genseg/torch';
import type { Parameter } from '../nn/index.ts';
import { plus, requireNonNegative, requireShare, withDecay } from './formula.ts';
import {
  type Cotangent,
  Optimizer,
  type Pace,
  type PulledBack,
  type UpdateSite,
} from './optimizer.ts';

export interface SGDOptions {
  /** Share of the velocity that stays, in [0, 1); default 0. */
  momentum?: number;
  /** L2 penalty, added to the gradient; default 0. */
  weightDecay?: number;
  /** Look ahead along the velocity; needs momentum. */
  nesterov?: boolean;
}

export class SGD extends Optimizer {
  readonly #momentum: number;
  readonly #weightDecay: number;
  readonly #nesterov: boolean;

  constructor(parameters: readonly Parameter[], lr: number, options: SGDOptions = {}) {
    const { momentum = 0, weightDecay = 0, nesterov = false } = options;
    requireShare('momentum', momentum);
    requireNonNegative('weightDecay', weightDecay);
    if (nesterov && momentum === 0) throw new TypeError('nesterov needs a momentum above 0');
    super(parameters, lr, momentum === 0 ? 0 : 1);
    this.#momentum = momentum;
    this.#weightDecay = weightDecay;
    this.#nesterov = nesterov;
  }

  protected update(value: Tensor, gradient: Tensor, [v]: readonly Tensor[], { lr }: Pace): void {
    const g = withDecay(gradient, value, this.#weightDecay);
    if (this.#momentum === 0) {
      value.sub_(g, { alpha: lr });
      return;
    }
    v.mul_(this.#momentum).add_(g);
    const direction = this.#nesterov ? g.add(v, { alpha: this.#momentum }) : v;
    value.sub_(direction, { alpha: lr });
  }

  protected updateAtOnce(): boolean {
    return false;
  }

  protected pullBackAtOnce(): null {
    return null;
  }

  protected pullBackUpdate({ lr }: UpdateSite, cotangent: Cotangent): PulledBack {
    const momentum = this.#momentum;
    const toDirection = cotangent.value.mul(-lr);
    // v' = momentum v + g; the direction is v', or g + momentum v' with Nesterov's.
    const toV = plus(
      this.#nesterov ? toDirection.mul(momentum) : toDirection,
      cotangent.slots?.[0],
    );
    const gradient = this.#nesterov ? toV.add(toDirection) : toV;
    return {
      gradient,
      before: () => ({
        value: cotangent.value.add(gradient, { alpha: this.#weightDecay }),
        slots: momentum === 0 ? [] : [toV.mul(momentum)],
      }),
    };
  }
}
