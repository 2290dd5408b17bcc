/** Affine maps, with PyTorch's shapes, key names and default initialisation. */
import { type Generator, linear, scope, type Tensor } from '@genseg/torch';
import { type Init, kaimingUniform } from './init.ts';
import { Module, type Parameter } from './module.ts';

/** A matrix and a bias on the last dimension: [..., inFeatures] to [..., outFeatures]. */
export class Linear extends Module {
  readonly weight: Parameter; // [outFeatures, inFeatures]
  readonly bias: Parameter | null; // [outFeatures]

  constructor(
    inFeatures: number,
    outFeatures: number,
    options: { bias?: boolean; init?: Init; biasInit?: Init; generator: Generator },
  ) {
    const { bias = true, generator } = options;
    const { init = kaimingUniform(), biasInit = kaimingUniform() } = options;
    super();
    this.weight = scope(() =>
      this.parameter('weight', init([outFeatures, inFeatures], inFeatures, generator)),
    );
    this.bias = bias
      ? scope(() => this.parameter('bias', biasInit([outFeatures], inFeatures, generator)))
      : null;
  }

  forward(input: Tensor): Tensor {
    return linear(input, this.weight.value, { bias: this.bias?.value });
  }
}
