/**
 * c10d: processes, each with its own part of the data, that compute together. They meet at a TCP store
 * and then exchange tensors by Gloo (CPU) or NCCL (CUDA). Starting the processes is left to the caller.
 *
 * Calls block, and all ranks make the same ones in the same order. Each call first compares what the
 * ranks are about to do, because a backend that gets tensors of different sizes can end the process.
 */
import { createHash } from 'node:crypto';
import { noGrad } from './autograd.ts';
import { native } from './binding.ts';
import { tensor } from './creation.ts';
import type { Device, DType } from './dtype.ts';
import { TorchError } from './errors.ts';
import { Resource, scope } from './lifetime.ts';
import { cat, Tensor } from './ops.gen.ts';

export type GroupBackend = 'gloo' | 'nccl';

export type ReduceOp = 'sum' | 'mean' | 'min' | 'max';

type OneOrMany = Tensor | readonly Tensor[];

const FLOATS: readonly DType[] = ['float32', 'float64', 'float16', 'bfloat16'];
const NUMBERS: readonly DType[] = [...FLOATS, 'int64', 'int32', 'int8', 'uint8'];

/** What the backends compute for each operation, and of which dtypes. */
const REDUCTIONS: Readonly<Record<ReduceOp, { native: string; dtypes: readonly DType[] }>> = {
  sum: { native: 'sum', dtypes: NUMBERS },
  mean: { native: 'sum', dtypes: FLOATS }, // then divided by the number of ranks
  min: { native: 'min', dtypes: NUMBERS },
  max: { native: 'max', dtypes: NUMBERS },
};

/** Bytes that travel at once; a bucket costs as much memory again. */
const BUCKET_BYTES = 32 * 2 ** 20;

const listOf = (tensors: OneOrMany) => (tensors instanceof Tensor ? [tensors] : tensors);

const describe = (tensors: readonly Tensor[]) =>
  `${tensors.length} tensors (${tensors.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(' ')})`;

/** Neighbours of one dtype together, up to the size of a bucket. */
function buckets(tensors: readonly Tensor[]): Tensor[][] {
  const result: Tensor[][] = [];
  let bytes = 0;
  for (const next of tensors) {
    const bucket = result.at(-1);
    if (bucket && bucket[0].dtype === next.dtype && bytes + next.nbytes <= BUCKET_BYTES) {
      bucket.push(next);
      bytes += next.nbytes;
    } else {
      result.push([next]);
      bytes = next.nbytes;
    }
  }
  return result;
}

/** Replaces each bucket by what `exchange` returns for its elements, as one contiguous tensor. */
function inBuckets(tensors: readonly Tensor[], exchange: (flat: Tensor) => Tensor): void {
  for (const bucket of buckets(tensors)) {
    scope(() => {
      const flat = cat(bucket.map((one) => one.reshape([-1])));
      if (flat.numel === 0) return;
      const parts = exchange(flat).splitWithSizes(bucket.map(({ numel }) => numel));
      for (const [i, one] of bucket.entries()) one.copy_(parts[i].reshape(one.shape));
    });
  }
}

function checkInteger(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new TypeError(`${name} is an integer from ${least} to ${most}, got ${value}`);
  }
}

/** Processes with ranks 0 to size - 1. After an error, such as a rank that died, dispose of it. */
export class ProcessGroup extends Resource {
  readonly rank: number;
  readonly size: number;
  readonly #device: Device;

  private constructor(handle: number, rank: number, size: number, device: Device) {
    super(handle);
    this.rank = rank;
    this.size = size;
    this.#device = device;
  }

  /** The backends of this build. */
  static backends(): GroupBackend[] {
    return native.groupBackends();
  }

  /**
   * Joins the group; returns when all ranks have.
   *
   * @param options.store where the ranks meet; the server is rank 0 unless said otherwise.
   * @param options.timeoutMs how long to wait for another rank, here and in every later call.
   * @param options.device where NCCL's tensors are, one device per rank; by default `'cuda'`.
   * @throws TorchError when a rank does not come in time, or the build lacks the backend.
   * @example
   * using group = ProcessGroup.connect({
   *   backend: 'gloo', store: { host: '127.0.0.1', port: 29500 }, rank, size: 2,
   * });
   * group.allReduce(grad(loss, parameters), 'mean');
   */
  static connect(options: {
    backend: GroupBackend;
    store: { host: string; port: number; server?: boolean };
    rank: number;
    size: number;
    timeoutMs?: number;
    device?: Device;
  }): ProcessGroup {
    const { backend, store, rank, size, timeoutMs = 300_000 } = options;
    const { device = backend === 'nccl' ? 'cuda' : 'cpu' } = options;
    const { host, port, server = rank === 0 } = store;
    checkInteger('ProcessGroup.connect: size', size, 1, 2 ** 20);
    checkInteger('ProcessGroup.connect: rank', rank, 0, size - 1);
    checkInteger('ProcessGroup.connect: port', port, 1, 65535);
    checkInteger('ProcessGroup.connect: timeoutMs', timeoutMs, 1, 2 ** 31 - 1);
    if (!ProcessGroup.backends().includes(backend)) {
      throw new TorchError(
        `ProcessGroup.connect: this build has no '${backend}'; gloo comes with Debian's libtorch-dev and ` +
          "libgloo-dev, nccl with pip's CUDA build of torch: point LIBTORCH there and run npm run setup",
      );
    }
    if (backend === 'nccl') {
      // Otherwise a timeout is no error but the end of the process. The former name is LibTorch 2.1's.
      process.env.TORCH_NCCL_BLOCKING_WAIT ??= '1';
      process.env.NCCL_BLOCKING_WAIT ??= '1';
    }
    const handle = native.connectGroup(backend, host, port, server, rank, size, timeoutMs);
    const group = new ProcessGroup(handle, rank, size, device);
    try {
      group.barrier(); // the store may go once everyone has found everyone
    } catch (error) {
      group.dispose();
      throw error;
    }
    return group;
  }

  /**
   * Replaces each tensor, in place, by the sum, mean, minimum or maximum over the ranks. 16-bit floats
   * are added in float32.
   * @throws TorchError when a rank is gone or late, or the ranks' calls differ.
   */
  allReduce(tensors: OneOrMany, op: ReduceOp = 'sum'): void {
    const list = listOf(tensors);
    if (!Object.hasOwn(REDUCTIONS, op)) {
      throw new TypeError(`allReduce: '${op}' is none of ${Object.keys(REDUCTIONS).join(', ')}`);
    }
    const reduction = REDUCTIONS[op];
    for (const { dtype } of list) {
      if (!reduction.dtypes.includes(dtype)) {
        throw new TypeError(
          `allReduce: '${op}' takes ${reduction.dtypes.join(', ')}, got ${dtype}`,
        );
      }
    }
    this.#agree(`allReduce '${op}' of ${describe(list)}`);
    const exchange = (flat: Tensor) => {
      const half = flat.dtype === 'float16' || flat.dtype === 'bfloat16';
      const reduced = half ? flat.to({ dtype: 'float32' }) : flat;
      native.groupAllReduce(this.handle, reduced.handle, reduction.native);
      return op === 'mean' ? reduced.div_(this.size) : reduced;
    };
    noGrad(() => inBuckets(list, exchange));
  }

  /** Replaces each tensor, in place, by that of rank `root`. @throws TorchError as `allReduce`. */
  broadcast(tensors: OneOrMany, root = 0): void {
    const list = listOf(tensors);
    checkInteger('broadcast: root', root, 0, this.size - 1);
    this.#agree(`broadcast from rank ${root} of ${describe(list)}`);
    const exchange = (flat: Tensor) => {
      native.groupBroadcast(this.handle, flat.handle, root);
      return flat;
    };
    noGrad(() => inBuckets(list, exchange));
  }

  /** Waits until every rank is here. @throws TorchError as `allReduce`. */
  barrier(): void {
    this.#agree('barrier');
  }

  /** Compares a digest of the call over the ranks; all of them throw when it differs. */
  #agree(call: string): void {
    const digest = createHash('sha256').update(call).digest().readUIntBE(0, 6);
    const [most, negatedLeast] = scope(() => {
      const extremes = tensor([digest, -digest], { dtype: 'int64', device: this.#device });
      native.groupAllReduce(this.handle, extremes.handle, 'max');
      return extremes.toArray();
    });
    if (most !== -negatedLeast) {
      const shown = call.length > 200 ? `${call.slice(0, 200)} ...` : call;
      throw new TorchError(`the ranks of a ProcessGroup differ: rank ${this.rank} calls ${shown}`);
    }
  }

  /** @internal */
  get nativeBytes(): number {
    return 0;
  }
}
