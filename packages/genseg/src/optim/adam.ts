/**
 * Adam (Kingma and Ba 2015, algorithm 1), and AdamW, which decays weights apart from the gradient
 * (Loshchilov and Hutter 2019, algorithm 2), in PyTorch's form.
 */
import { pullBackAdam, stepAdam, type Tensor } from '@genseg/torch';
import type { Parameter } from '../nn/index.ts';
import { plus, requireNonNegative, requireShare, rootMeanSquare, withDecay } from './formula.ts';
import {
  type Cotangent,
  Optimizer,
  type Pace,
  type PulledBack,
  type UpdateSite,
} from './optimizer.ts';

export interface AdamOptions {
  /** Shares of the mean gradient and of its mean square that stay, in [0, 1); default [.9, .999]. */
  betas?: readonly [number, number];
  /** Added to the root mean square; default 1e-8. */
  eps?: number;
  /** Adam: L2 penalty, added to the gradient, default 0. AdamW: weights shrink by lr times this, default .01. */
  weightDecay?: number;
}

type Moments = Required<Pick<AdamOptions, 'betas' | 'eps'>>;

function checked({ betas = [0.9, 0.999], eps = 1e-8 }: AdamOptions): Moments {
  requireShare('betas[0]', betas[0]);
  requireShare('betas[1]', betas[1]);
  requireNonNegative('eps', eps);
  return { betas, eps };
}

/** Algorithm 1 after the gradient is known. */
function adamUpdate(
  value: Tensor,
  g: Tensor,
  [m, s]: readonly Tensor[],
  { betas: [beta1, beta2], eps, lr, step }: Moments & Pace,
): void {
  m.mul_(beta1).add_(g, { alpha: 1 - beta1 });
  s.mul_(beta2).addcmul_(g, g, { value: 1 - beta2 });
  const denominator = rootMeanSquare(s)
    .div(Math.sqrt(1 - beta2 ** step))
    .add_(eps);
  const rate = lr / (1 - beta1 ** step);
  value.addcdiv_(m, denominator, { value: -rate });
}

/** Its transposed derivative, at m' and s': from those of value' and of m' and s' to those of g and of m and s. */
function adamPullBack(
  g: Tensor,
  [m1, s1]: readonly Tensor[],
  { value: dValue, slots: [dM, dS] = [] }: Cotangent,
  { betas: [beta1, beta2], eps, lr, step }: Moments & Pace,
): { gradient: Tensor; slots(): Tensor[] } {
  const correction = Math.sqrt(1 - beta2 ** step);
  const rate = lr / (1 - beta1 ** step);
  const root = rootMeanSquare(s1);
  const denominator = root.div(correction).add_(eps);
  const step1 = dValue.div(denominator).mul_(-rate); // by m'
  const byRoot = step1.mul(m1).div_(denominator).div_(-correction);
  const toM = plus(step1, dM);
  const toS = plus(byRoot.div_(root).mul_(0.5), dS);
  return {
    gradient: toM.mul(1 - beta1).addcmul_(toS, g, { value: 2 * (1 - beta2) }),
    slots: () => [toM.mul(beta1), toS.mul(beta2)],
  };
}

export class Adam extends Optimizer {
  readonly #moments: Moments;
  readonly #weightDecay: number;

  constructor(parameters: readonly Parameter[], lr: number, options: AdamOptions = {}) {
    const { weightDecay = 0 } = options;
    const moments = checked(options);
    requireNonNegative('weightDecay', weightDecay);
    super(parameters, lr, 2);
    this.#moments = moments;
    this.#weightDecay = weightDecay;
  }

  protected update(value: Tensor, gradient: Tensor, state: readonly Tensor[], pace: Pace): void {
    const g = withDecay(gradient, value, this.#weightDecay);
    adamUpdate(value, g, state, { ...this.#moments, ...pace });
  }

  protected updateAtOnce(value: Tensor, gradient: Tensor, state: readonly Tensor[], pace: Pace) {
    const numbers = { ...this.#moments, ...pace, decay: this.#weightDecay };
    return stepAdam({ value, gradient, state }, numbers);
  }

  protected pullBackAtOnce({ lr, step, slots, ...site }: UpdateSite, cotangent: Tensor) {
    const numbers = { ...this.#moments, lr, step, decay: this.#weightDecay };
    return pullBackAdam({ ...site, state: slots }, cotangent, numbers);
  }

  protected pullBackUpdate(site: UpdateSite, cotangent: Cotangent): PulledBack {
    const { lr, step } = site;
    const g = withDecay(site.gradient, site.value, this.#weightDecay);
    const { gradient, slots } = adamPullBack(g, site.slots, cotangent, {
      ...this.#moments,
      ...{ lr, step },
    });
    const value = () => cotangent.value.add(gradient, { alpha: this.#weightDecay });
    return { gradient, before: () => ({ value: value(), slots: slots() }) };
  }
}

export class AdamW extends Optimizer {
  readonly #moments: Moments;
  readonly #weightDecay: number;

  constructor(parameters: readonly Parameter[], lr: number, options: AdamOptions = {}) {
    const { weightDecay = 0.01 } = options;
    const moments = checked(options);
    requireNonNegative('weightDecay', weightDecay);
    super(parameters, lr, 2);
    this.#moments = moments;
    this.#weightDecay = weightDecay;
  }

  protected update(value: Tensor, gradient: Tensor, state: readonly Tensor[], pace: Pace): void {
    value.mul_(1 - pace.lr * this.#weightDecay);
    adamUpdate(value, gradient, state, { ...this.#moments, ...pace });
  }

  protected updateAtOnce(value: Tensor, gradient: Tensor, state: readonly Tensor[], pace: Pace) {
    const shrink = 1 - pace.lr * this.#weightDecay;
    return stepAdam({ value, gradient, state }, { ...this.#moments, ...pace, shrink });
  }

  protected pullBackAtOnce({ lr, step, slots, ...site }: UpdateSite, cotangent: Tensor) {
    return pullBackAdam({ ...site, state: slots }, cotangent, { ...this.#moments, lr, step });
  }

  protected pullBackUpdate(site: UpdateSite, cotangent: Cotangent): PulledBack {
    const { gradient: g, slots: state, step, lr } = site;
    const { gradient, slots } = adamPullBack(g, state, cotangent, { ...this.#moments, lr, step });
    const value = () => cotangent.value.mul(1 - lr * this.#weightDecay);
    return { gradient, before: () => ({ value: value(), slots: slots() }) };
  }
}
