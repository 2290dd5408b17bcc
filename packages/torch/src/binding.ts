/**
 * Loads the native addon and types what it exports; nothing else in this package touches it unseen.
 * Native objects are handles: numbers that name a slot and its generation (native/handles.h).
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { coresHere } from './cores.ts';
import { DisposedTensorError, OutOfMemoryError, TorchError } from './errors.ts';

export type NativeHandle = number;

export interface SchemaArgument {
  name: string;
  type: string;
  repeat: number;
  keywordOnly: boolean;
  written: boolean;
  default: string | null;
}

export interface Schema {
  text: string;
  arguments: SchemaArgument[];
  returns: SchemaArgument[];
}

export interface Native {
  setErrorClasses(...classes: unknown[]): void;
  declare(operators: readonly (readonly string[])[]): void;
  call(operator: number, ...args: unknown[]): unknown;
  schema(line: string): Schema | null;
  operatorNames(): string[];

  fromBytes(source: ArrayBufferView, shape: readonly number[], dtype: number): NativeHandle;
  upload(tensor: NativeHandle, device: string): NativeHandle;
  copyBytes(tensor: NativeHandle, target: ArrayBufferView): void;
  sharedBytes(tensor: NativeHandle): ArrayBuffer;
  shape(tensor: NativeHandle): number[];
  strides(tensor: NativeHandle): number[];
  dtype(tensor: NativeHandle): number;
  device(tensor: NativeHandle): string;
  isContiguous(tensor: NativeHandle, format: number): boolean;
  item(tensor: NativeHandle): number | bigint | boolean;
  at(tensor: NativeHandle, indices: readonly unknown[]): NativeHandle;
  remove(handle: NativeHandle): boolean;
  account(bytes: number): void;
  bytesOf(tensor: NativeHandle): number;
  live(): { tensors: number; bytes: number };
  memory(): { live: number; cached: number; peak: number };
  resetPeak(): void;
  emptyCache(): void;
  setMemoryLimit(bytes: number): void;

  grad(
    outputs: readonly NativeHandle[],
    inputs: readonly NativeHandle[],
    gradOutputs: readonly NativeHandle[] | undefined,
    retainGraph: boolean,
    createGraph: boolean,
    allowUnused: boolean,
  ): (NativeHandle | null)[];
  backward(
    outputs: readonly NativeHandle[],
    gradOutputs: readonly NativeHandle[] | undefined,
    retainGraph: boolean,
    createGraph: boolean,
  ): void;
  requiresGrad(tensor: NativeHandle): boolean;
  setRequiresGrad(tensor: NativeHandle, value: boolean): void;
  isLeaf(tensor: NativeHandle): boolean;
  getGrad(tensor: NativeHandle): NativeHandle | null;
  setGrad(tensor: NativeHandle, grad: NativeHandle | null): void;
  setGradMode(enabled: boolean): boolean;
  enterAutocast(device: string, dtype: number, enabled: boolean): [boolean, number];
  leaveAutocast(device: string, enabled: boolean, dtype: number): void;

  convolve(
    input: NativeHandle,
    weight: NativeHandle,
    bias: NativeHandle | undefined,
    stride: number,
    padding: number,
    dilation: number,
    transposed: boolean,
  ): NativeHandle;

  joinChannels(a: NativeHandle, b: NativeHandle): NativeHandle;

  halveByMaximum(input: NativeHandle): NativeHandle;

  mixKernels(kernels: readonly NativeHandle[], shares: NativeHandle): NativeHandle | null;
  withoutValues(tensor: NativeHandle): NativeHandle | null;
  remakeValues(tensor: NativeHandle): NativeHandle;

  stepAdam(value: NativeHandle, ...rest: number[]): boolean;
  pullBackAdam(value: NativeHandle, ...rest: number[]): NativeHandle | null;
  stepRMSprop(value: NativeHandle, ...rest: number[]): boolean;
  pullBackRMSprop(value: NativeHandle, ...rest: number[]): NativeHandle | null;

  normaliseBatch(
    input: NativeHandle,
    weight: NativeHandle,
    bias: NativeHandle,
    runningMean: NativeHandle | undefined,
    runningVariance: NativeHandle | undefined,
    training: boolean,
    momentum: number,
    eps: number,
    negativeSlope: number,
  ): NativeHandle;

  createGenerator(device: string, seed: number): NativeHandle;
  getGeneratorState(generator: NativeHandle): NativeHandle;
  setGeneratorState(generator: NativeHandle, state: NativeHandle): void;
  seedGenerator(generator: NativeHandle, seed: number): void;

  leaveDefaultStream(): void;
  beginGraph(generators: readonly NativeHandle[]): NativeHandle;
  endGraph(graph: NativeHandle): void;
  abandonGraph(graph: NativeHandle): void;
  replayGraph(graph: NativeHandle): void;

  loadScript(path: string, device: string): NativeHandle;
  saveScript(script: NativeHandle, path: string): void;
  scriptForward(
    script: NativeHandle,
    inputs: readonly unknown[],
    generator: NativeHandle | undefined,
    names: readonly string[],
    values: readonly NativeHandle[],
  ): unknown;
  scriptParameters(script: NativeHandle): [name: string, tensor: NativeHandle][];
  scriptBuffers(script: NativeHandle): [name: string, tensor: NativeHandle][];
  scriptBytes(script: NativeHandle): number;
  setScriptTraining(script: NativeHandle, training: boolean, still: readonly string[]): void;
  moveScript(script: NativeHandle, device: string | undefined, dtype: number | undefined): void;

  groupBackends(): ('gloo' | 'nccl')[];
  connectGroup(
    backend: string,
    host: string,
    port: number,
    server: boolean,
    rank: number,
    size: number,
    timeoutMs: number,
  ): NativeHandle;
  groupAllReduce(group: NativeHandle, tensor: NativeHandle, op: string): void;
  groupBroadcast(group: NativeHandle, tensor: NativeHandle, root: number): void;

  environment(): {
    version: string;
    config: string;
    blasLibrary: string;
    torchLibrary: string;
    threads: number;
    avx512: boolean;
    channelsLast: boolean;
    cudnnBenchmark: boolean;
    cudaGraphs: boolean;
    cuda: { free: number; total: number }[];
  };
  setThreads(threads: number): void;
  setImageLayout(channelsLast: boolean): void;
  setFlags(
    deterministic: boolean | undefined,
    flushDenormal: boolean | undefined,
    tf32: boolean | undefined,
    cudnnBenchmark: boolean | undefined,
  ): void;
  synchronize(device: number): void;

  startProfile(mostEvents: number, counted: readonly string[]): void;
  pauseProfile(paused: boolean): void;
  enterProfileRange(stage: string, name: string): void;
  leaveProfileRange(): void;
  stopProfile(): NativeProfile;
}

/** The fields of each record of `totals` and `events` stand in profile.ts. */
export interface NativeProfile {
  names: string[];
  stages: string[];
  /** Name, whether a range, then inputs and outputs: see `encode` in native/profile.h. */
  signatures: number[][];
  totals: Float64Array;
  events: Float64Array;
  dropped: number;
}

/**
 * Whether oneDNN is 3.7, whose kernels for AVX2 and later reorder some images wrongly (its issue 3280; Debian 13 has 3.7.2):
 * gradients of convolutions are noise then.
 * @param config LibTorch's own account of how it was built.
 */
export const hasWrongReorders = (config: string): boolean => /MKL-DNN v3\.7\./.test(config);

function load(): Native {
  const path = fileURLToPath(new URL('../build/genseg_torch.node', import.meta.url));
  if (!existsSync(path)) {
    throw new TorchError(`the native addon is not built (no ${path}); run: npm run setup`);
  }
  // GNU OpenMP reads these once, when loaded. Its busy waiting for milliseconds is ruinous on a shared machine; but
  // threads that sleep at once take longer to wake than small operators to run, so that they wait some microseconds.
  process.env.OMP_WAIT_POLICY ??= 'passive';
  if (process.env.OMP_WAIT_POLICY.toLowerCase() === 'passive')
    process.env.GOMP_SPINCOUNT ??= '2000';
  let native: Native;
  try {
    native = createRequire(import.meta.url)(path) as Native;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new TorchError(`the native addon does not load (${reason}); run: npm run setup`, {
      cause,
    });
  }
  // oneDNN looks at this when it is first used.
  if (hasWrongReorders(native.environment().config)) process.env.DNNL_MAX_CPU_ISA ??= 'AVX';
  // LibTorch asks for one where a virtual machine hides what its cores are.
  if (process.env.OMP_NUM_THREADS === undefined) native.setThreads(coresHere());
  native.setErrorClasses(TorchError, DisposedTensorError, OutOfMemoryError);
  return native;
}

export const native: Native = load();
