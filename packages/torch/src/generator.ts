/** Explicit streams of random numbers. Library code draws from one that it was given, never from a hidden one. */
import { native } from './binding.ts';
import { type Device, dtypeCode } from './dtype.ts';
import { Resource } from './lifetime.ts';

/** Bytes of the generator's state, opaque; CPU: Mersenne twister, CUDA: Philox seed and offset. */
export type GeneratorState = Uint8Array;

function checkedSeed(seed: number): number {
  if (Number.isSafeInteger(seed) && seed >= 0) return seed;
  throw new TypeError(`a seed is an integer from 0 to 2^53 - 1, got ${seed}`);
}

/**
 * @example
 * using generator = new Generator(0);
 * const noise = randn([2, 3], { generator });
 */
export class Generator extends Resource {
  /** @param seed an integer from 0 to 2^53 - 1. @param device where the tensors that draw from it live. */
  constructor(seed: number, device: Device = 'cpu') {
    super(native.createGenerator(device, checkedSeed(seed)));
  }

  /** Starts the stream of another seed. */
  seed(seed: number): void {
    native.seedGenerator(this.handle, checkedSeed(seed));
  }

  /** A copy of the state; assigning it back repeats the draws that followed. */
  get state(): GeneratorState {
    const tensor = native.getGeneratorState(this.handle);
    try {
      const [length] = native.shape(tensor);
      const state = new Uint8Array(length);
      native.copyBytes(tensor, state);
      return state;
    } finally {
      native.remove(tensor);
    }
  }

  set state(state: GeneratorState) {
    const tensor = native.fromBytes(state, [state.length], dtypeCode('uint8')!);
    try {
      native.setGeneratorState(this.handle, tensor);
    } finally {
      native.remove(tensor);
    }
  }

  /** @internal */
  get nativeBytes(): number {
    return 5056; // a Mersenne twister's state
  }
}
