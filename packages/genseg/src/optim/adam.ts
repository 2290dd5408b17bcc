/**
 * Adam (Kingma and Ba 2015, algorithm 1), and AdamW, which decays weights apart from the gradient
 * (Loshchilov and Hutter 2019, algorithm 2), in PyTorch's form.
 */
import type { Tensor } from '@genseg/torch';
import type { Parameter } from '../nn/index.ts';
import { requireNonNegative, requireShare, rootMeanSquare, withDecay } from './formula.ts';
import { Optimizer } from './optimizer.ts';

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
  { betas: [beta1, beta2], eps, lr, step }: Moments & { lr: number; step: number },
): void {
  m.mul_(beta1).add_(g, { alpha: 1 - beta1 });
  s.mul_(beta2).addcmul_(g, g, { value: 1 - beta2 });
  const denominator = rootMeanSquare(s)
    .div(Math.sqrt(1 - beta2 ** step))
    .add_(eps);
  const rate = lr / (1 - beta1 ** step);
  value.addcdiv_(m, denominator, { value: -rate });
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

  protected update(value: Tensor, gradient: Tensor, state: readonly Tensor[], step: number): void {
    const g = withDecay(gradient, value, this.#weightDecay);
    adamUpdate(value, g, state, { ...this.#moments, lr: this.lr, step });
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

  protected update(value: Tensor, gradient: Tensor, state: readonly Tensor[], step: number): void {
    value.mul_(1 - this.lr * this.#weightDecay);
    adamUpdate(value, gradient, state, { ...this.#moments, lr: this.lr, step });
  }
}
