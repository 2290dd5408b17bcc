/**
 * TorchScript modules: any PyTorch model, scripted or traced in Python, called and trained from here.
 * A script is code: load it only from where you would run a program from.
 */
import { accessSync, constants } from 'node:fs';
import { writeAtomically } from './atomic.ts';
import { type NativeHandle, native } from './binding.ts';
import { type Device, type DType, dtypeCode } from './dtype.ts';
import { TorchError } from './errors.ts';
import type { Generator } from './generator.ts';
import { Resource } from './lifetime.ts';
import { Tensor } from './ops.gen.ts';

/** What a script takes; arrays are its lists and tuples, objects its dicts, undefined its defaults. */
export type ScriptInput =
  | Tensor
  | number
  | bigint
  | boolean
  | string
  | null
  | undefined
  | readonly ScriptInput[]
  | { readonly [key: string]: ScriptInput };

/** What a script returns; its tuples and lists are arrays, its dicts objects. */
export type ScriptOutput =
  | Tensor
  | number
  | bigint
  | boolean
  | string
  | null
  | ScriptOutput[]
  | { [key: string]: ScriptOutput };

/** As native/script.h writes results. */
type NativeOutput =
  | { tensor: NativeHandle | null }
  | { dict: [NativeOutput, NativeOutput][] }
  | NativeOutput[]
  | Exclude<ScriptOutput, object>;

function wrap(output: NativeOutput): ScriptOutput {
  if (typeof output !== 'object' || output === null) return output;
  if (Array.isArray(output)) return output.map(wrap);
  if ('tensor' in output) return output.tensor === null ? null : new Tensor(output.tensor);
  return Object.fromEntries(output.dict.map(([key, value]) => [key, wrap(value)]));
}

const wrapNamed = (entries: [string, NativeHandle][]) =>
  new Map(entries.map(([name, handle]) => [name, new Tensor(handle)]));

/** A loaded script; see `loadScript`. */
export class ScriptModule extends Resource {
  readonly #generator: Generator | undefined;

  /** @internal */
  constructor(handle: NativeHandle, generator: Generator | undefined) {
    super(handle);
    this.#generator = generator;
  }

  /**
   * Calls the script's `forward`. Gradients of any order pass through it.
   * @throws TypeError for inputs that do not fit its signature; TorchError for what fails inside.
   */
  forward(...inputs: ScriptInput[]): ScriptOutput {
    return this.functionalCall(new Map(), ...inputs);
  }

  /**
   * Calls `forward` with other tensors in the place of parameters and buffers, by their PyTorch names, as
   * `torch.func.functional_call` does. They may be results of earlier operations: gradients reach what
   * those were made of. Buffers that the script writes to in place are written where
   * they were passed; what it assigns anew is forgotten with the call.
   * @throws TypeError for a name that the script does not have, and as `forward`.
   */
  functionalCall(values: ReadonlyMap<string, Tensor>, ...inputs: ScriptInput[]): ScriptOutput {
    const generator = this.#generator?.handle;
    const handles = [...values.values()].map(({ handle }) => handle);
    return wrap(
      native.scriptForward(
        this.handle,
        inputs,
        generator,
        [...values.keys()],
        handles,
      ) as NativeOutput,
    );
  }

  /**
   * The trained tensors by their PyTorch names. They are the script's own: changed in place under
   * `noGrad`, they change the script. `keep` those that outlive the scope.
   */
  namedParameters(): Map<string, Tensor> {
    return wrapNamed(native.scriptParameters(this.handle));
  }

  /** The tensors that are not trained, such as batch norm's statistics, as `namedParameters`. */
  namedBuffers(): Map<string, Tensor> {
    return wrapNamed(native.scriptBuffers(this.handle));
  }

  /**
   * Puts dropout, batch norm and the like in training mode, or in evaluation mode.
   * @param options.still modules by name, such as `backbone.layer1`, that stay in evaluation mode with all below them.
   * @throws TypeError for a name that the script does not have.
   */
  train(training = true, options: { still?: readonly string[] } = {}): this {
    const { still = [] } = options;
    native.setScriptTraining(this.handle, training, still);
    return this;
  }

  eval(): this {
    return this.train(false);
  }

  /**
   * Moves or converts parameters and buffers in place; the tensors that `namedParameters` returned
   * follow. A dtype applies to floating-point ones. Constants that a trace recorded stay.
   */
  to(options: { device?: Device; dtype?: DType }): this {
    native.moveScript(this.handle, options.device, dtypeCode(options.dtype));
    return this;
  }

  /** Writes the script with its present values, for `loadScript` here or `torch.jit.load` in Python. */
  save(path: string): void {
    writeAtomically(path, (unfinished) => native.saveScript(this.handle, unfinished));
  }

  /** @internal */
  get nativeBytes(): number {
    return native.scriptBytes(this.handle);
  }
}

/**
 * Loads what `torch.jit.script(model).save(path)` or `torch.jit.trace(...)` wrote.
 *
 * @param options.generator what dropout and other random operations of the script draw from, on the
 *   script's device; without one they draw from LibTorch's own stream, which no seed controls.
 * @throws TorchError, with the path, for a file that is missing or not TorchScript.
 * @example
 * using model = loadScript('unet.pt', { device: 'cuda' });
 * const logits = model.eval().forward(images) as Tensor;
 */
export function loadScript(
  path: string,
  options: { device?: Device; generator?: Generator } = {},
): ScriptModule {
  const { device = 'cpu', generator } = options;
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    throw new TorchError(`cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
  return new ScriptModule(native.loadScript(path, device), generator);
}
