/** Modules from one tensor to one tensor, and chains of them. */
import { scope, type Tensor } from '@genseg/torch';
import { Module } from './module.ts';

/** A module with one input and one output. */
export type Layer = Module & { forward(input: Tensor): Tensor };

/** A layer, or a function where there is nothing to train: `relu`, `(x) => x.mul(2)`. */
export type Stage = Layer | ((input: Tensor) => Tensor);

/**
 * Stages in order, named '0', '1', ... as in PyTorch: functions count, but own nothing. What passes
 * between them is freed at the end, unless the gradient needs it.
 * @example new Sequential([new Conv2d(3, 8, 3, { generator }), new BatchNorm2d(8), relu]);
 */
export class Sequential extends Module {
  readonly #stages: readonly Stage[];

  constructor(stages: readonly Stage[]) {
    super();
    stages.forEach((stage, i) => {
      if (!(stage instanceof Module)) return;
      this.child(String(i), stage);
      const next = stages[i + 1];
      if (next instanceof Module) this.succession(stage, next);
    });
    this.#stages = stages;
  }

  forward(input: Tensor): Tensor {
    return scope(() =>
      this.#stages.reduce(
        (x, stage) => (stage instanceof Module ? stage.forward(x) : stage(x)),
        input,
      ),
    );
  }
}
