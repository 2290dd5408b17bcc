/**
 * Anyone's PyTorch segmentation model, from a TorchScript file, as a module: its parameters can be
 * substituted, so that hypergradients pass through its training steps as through those of our own.
 * Parameters with `requires_grad=False` are not trained: a frozen feature extractor stays as it is. A part of the
 * script whose parameters are all frozen, by that or by `freeze`, stays in evaluation mode, as our own modules do.
 */
import { noGrad, type ScriptModule, type ScriptOutput, scope, Tensor } from '@genseg/torch';
import { type Buffer, Module, type Parameter } from '../../nn/index.ts';

/** Images [N, C, H, W] to logits [N, planes, H, W]. */
export class ScriptSegmenter extends Module {
  readonly #script: ScriptModule;
  readonly #planes: number;
  /** Of the script's parameters, frozen ones too. */
  readonly #names: readonly string[];
  readonly #parameters: [string, Parameter][];
  readonly #buffers: [string, Buffer][];

  /**
   * @param script its `forward` takes images and gives logits [N, planes, H, W], or a dict that has them
   *   under `out` as torchvision's, or a list or tuple that begins with them. Where `planes` is 1 it may give
   *   two, of background and foreground. Owned from here on.
   */
  constructor(script: ScriptModule, planes: number) {
    super();
    this.#script = this.own(script);
    this.#planes = planes;
    const parameters = [...script.namedParameters()];
    refuseTies(parameters);
    this.#names = parameters.map(([name]) => name);
    const trained = parameters.filter(([, value]) => value.requiresGrad);
    const frozen = parameters.filter(([, value]) => !value.requiresGrad);
    this.#parameters = trained.map(([name, value]) => [name, this.parameter(name, value.detach())]);
    this.#buffers = [...frozen, ...script.namedBuffers()].map(([name, value]) => [
      name,
      this.buffer(name, value),
    ]);
  }

  forward(images: Tensor): Tensor {
    const frozen = !(this.training && this.tracksStatistics);
    const values = new Map([
      ...this.#parameters.map(([name, { value }]) => [name, value] as const),
      ...this.#buffers.map(
        ([name, { value }]) => [name, frozen ? value.detach().clone() : value] as const,
      ),
    ]);
    this.#script.train(this.training, { still: this.#frozenParts() });
    const logits = firstTensor(scope(() => this.#script.functionalCall(values, images)));
    const [n, , h, w] = images.shape;
    const fits = [this.#planes, this.#planes === 1 ? 2 : this.#planes].some(
      (planes) => `${logits?.shape}` === `${[n, planes, h, w]}`,
    );
    if (!logits || !fits) {
      throw new TypeError(
        `the script's output is ${logits ? `[${logits.shape.join(', ')}]` : 'no tensor'} for images [${images.shape.join(', ')}], expected logits [${[n, this.#planes, h, w].join(', ')}]: let its forward return one plane per class at the images' size`,
      );
    }
    // softmax over two planes is the sigmoid of their difference
    return logits.shape[1] === this.#planes
      ? logits
      : logits.narrow(1, 1, 1).sub(logits.narrow(1, 0, 1));
  }

  /** The outermost modules of the script that have parameters, none of which is trained. */
  #frozenParts(): string[] {
    const trained = this.namedParameters();
    const modulesOf = (name: string) =>
      name
        .split('.')
        .map((_, i, parts) => parts.slice(0, i).join('.'))
        .slice(1); // outermost first
    const moving = new Set([...trained.keys()].flatMap(modulesOf));
    const frozen = this.#names.filter((name) => !trained.has(name));
    const parts = frozen.map((name) => modulesOf(name).find((module) => !moving.has(module)));
    return [...new Set(parts.filter((part) => part !== undefined))];
  }

  /** Writes the script with its present weights, for `torch.jit.load`. */
  save(path: string): void {
    const script = this.#script;
    scope(() => {
      const own = new Map([...script.namedParameters(), ...script.namedBuffers()]);
      noGrad(() => {
        for (const [name, value] of this.stateDict()) own.get(name)!.copy_(value);
      });
    });
    script.save(path);
  }
}

/**
 * Two names of one tensor would be trained apart and could not be saved as one. Each tensor is stamped
 * with its number to see whether it keeps it; the values are put back.
 */
function refuseTies(parameters: readonly (readonly [string, Tensor])[]): void {
  scope(() =>
    noGrad(() => {
      const values = parameters.map(([, value]) => value.clone());
      for (const [i, [, value]] of parameters.entries()) value.fill_(i);
      const stamps = parameters.map(([, value]) => value.flatten().narrow(0, 0, 1).item());
      for (const [i, [, value]] of parameters.entries()) value.copy_(values[i]);
      const tied = stamps.findIndex((stamp, i) => stamp !== i);
      if (tied >= 0)
        throw new TypeError(
          `its parameters ${parameters[tied][0]} and ${parameters[stamps[tied]][0]} are one tensor; give each its own, since they would be trained apart`,
        );
    }),
  );
}

function firstTensor(output: ScriptOutput): Tensor | undefined {
  if (output instanceof Tensor) return output;
  if (Array.isArray(output)) return firstTensor(output[0]);
  if (typeof output === 'object' && output !== null) return firstTensor(output.out ?? null);
  return undefined;
}
