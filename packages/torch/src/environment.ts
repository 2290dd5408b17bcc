/** What the engine runs on, and the settings that hold for the whole process. */
import { readFileSync } from 'node:fs';
import { hasWrongReorders, native } from './binding.ts';
import { TorchError } from './errors.ts';

export type BlasVendor = 'openblas' | 'mkl' | 'blis' | 'reference' | 'unknown';

const imageLayouts = ['contiguous', 'channels-last'] as const;
/** How images [N, C, H, W] lie in memory: channel by channel of each, or pixel by pixel with all channels. */
export type ImageLayout = (typeof imageLayouts)[number];

export interface Environment {
  /** LibTorch's version. */
  version: string;
  /** LibTorch's own account of how it was built. */
  config: string;
  /** `reference` makes transposed convolutions 10 to 30 times slower than an optimised library. */
  blas: BlasVendor;
  /** Vector instructions that LibTorch uses, and those for bfloat16 that the processor has and oneDNN may use. */
  cpu: { capability: string; avx512: boolean; amx: boolean; bf16: boolean };
  /** Whether oneDNN is held to kernels for AVX, since this version of it computes wrongly with later ones. */
  oneDnnHeld: boolean;
  /** Threads inside one operator. */
  threads: number;
  /** Of images between the CPU's kernels; first channels-last where the processor has AVX-512, else contiguous. */
  imageLayout: ImageLayout;
  /** Whether cuDNN tries its convolution algorithms and keeps the fastest. */
  cudnnBenchmark: boolean;
  /** Whether this build can capture CUDA graphs (`captureGraph`). */
  cudaGraphs: boolean;
  /** Free and total bytes of each CUDA device. */
  cuda: { free: number; total: number }[];
}

function blasVendor(library: string, config: string): BlasVendor {
  if (/openblas/i.test(library)) return 'openblas';
  if (/mkl/i.test(library) || /BLAS_INFO=mkl/i.test(config)) return 'mkl';
  if (/blis/i.test(library)) return 'blis';
  if (/BLAS_INFO=open/i.test(config)) return 'openblas';
  return /libblas/.test(library) ? 'reference' : 'unknown';
}

function cpuFlags(): Set<string> {
  try {
    const [, flags = ''] =
      /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
    return new Set(flags.split(/\s+/));
  } catch {
    return new Set(); // not Linux: the flags stay unknown, which only weakens advice
  }
}

export function environment(): Environment {
  const { version, config, blasLibrary, threads, avx512, channelsLast, ...others } =
    native.environment();
  const { cudnnBenchmark, cudaGraphs, cuda } = others;
  const flags = cpuFlags();
  const oneDnnHeld = hasWrongReorders(config);
  return {
    version,
    config,
    blas: blasVendor(blasLibrary, config),
    cpu: {
      capability: /CPU capability usage: (\S+)/.exec(config)?.[1] ?? 'unknown',
      avx512,
      amx: flags.has('amx_tile'),
      bf16: !oneDnnHeld && ['avx512_bf16', 'amx_bf16', 'bf16'].some((flag) => flags.has(flag)),
    },
    oneDnnHeld,
    threads,
    imageLayout: channelsLast ? 'channels-last' : 'contiguous',
    cudnnBenchmark,
    cudaGraphs,
    cuda,
  };
}

export interface Configuration {
  /** Threads inside one operator. */
  threads?: number;
  /** On a CPU: what convolutions and joined channels hand on, and other operators keep; it changes time, and results by rounding. */
  imageLayout?: ImageLayout;
  /** Refuse operators that have no reproducible form on the device. */
  deterministic?: boolean;
  /** Treat denormal numbers as zero: faster where values vanish. */
  flushDenormal?: boolean;
  /** TensorFloat-32 in float32 products on CUDA: faster, about three digits. */
  tf32?: boolean;
  /** Let cuDNN try its convolution algorithms and keep the fastest. */
  cudnnBenchmark?: boolean;
  /** Host bytes in tensors beyond which an allocation is an OutOfMemoryError; default: all there are. */
  memoryLimit?: number;
}

/** Changes the given settings and no other. @throws TypeError for unknown or impossible ones. */
export function configure(configuration: Configuration): void {
  const { threads, imageLayout, memoryLimit, ...others } = configuration;
  const { deterministic, flushDenormal, tf32, cudnnBenchmark, ...unknown } = others;
  const [stranger] = Object.keys(unknown);
  if (stranger !== undefined) throw new TypeError(`configure: there is no setting '${stranger}'`);
  if (imageLayout !== undefined && !imageLayouts.includes(imageLayout))
    throw new TypeError(
      `configure: imageLayout must be one of ${imageLayouts.join(', ')}; got '${imageLayout}'`,
    );
  if (threads !== undefined) native.setThreads(threads);
  if (imageLayout !== undefined) native.setImageLayout(imageLayout === 'channels-last');
  if (memoryLimit !== undefined) native.setMemoryLimit(memoryLimit);
  native.setFlags(deterministic, flushDenormal, tf32, cudnnBenchmark);
}

/** Host memory in tensors, in bytes: live, kept for reuse, and the largest live since `resetPeakMemory`. */
export function memory(): { live: number; cached: number; peak: number } {
  return native.memory();
}

export function resetPeakMemory(): void {
  native.resetPeak();
}

/** Gives the memory that waits for reuse back to the system. */
export function emptyCache(): void {
  native.emptyCache();
}

/** Waits until a CUDA device has done all that was asked of it; needed only to measure time. */
export function synchronize(device = 0): void {
  if (native.environment().cuda.length <= device)
    throw new TorchError(`synchronize: there is no CUDA device ${device}`);
  native.synchronize(device);
}
