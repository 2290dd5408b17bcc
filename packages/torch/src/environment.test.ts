import { totalmem } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { hasWrongReorders } from './binding.ts';
import {
  type Configuration,
  configure,
  emptyCache,
  environment,
  memory,
  OutOfMemoryError,
  resetPeakMemory,
  scope,
  synchronize,
  TorchError,
  zeros,
} from './index.ts';

const KIB = 1024;

describe('the allocator', () => {
  const held = () => memory().live + memory().cached;
  const mebibytes = (count: number) => zeros([count * 256 * KIB]);

  it('cuts blocks of all sizes from what was freed, and joins them again', () => {
    emptyCache();
    mebibytes(16).dispose();
    const all = held();
    for (let round = 0; round < 3; round++) {
      scope(() => {
        for (let k = 1; k <= 40; k++) {
          const block = zeros([((k * 37) % 41) * 4 * KIB]); // up to 640 KiB, a third of them at once
          if (k % 3 !== 0) block.dispose();
        }
      });
      mebibytes(16).dispose();
    }
    expect(held()).toBe(all);
  });

  it('counts what tensors hold to the byte, and gives the rest back when asked', () => {
    emptyCache();
    const { live } = memory();
    {
      using block = zeros([256 * KIB + 1]);
      expect(memory().live).toBe(live + block.nbytes);
    }
    expect(memory().live).toBe(live);
    expect(memory().cached).toBeGreaterThan(KIB * KIB);
    emptyCache();
    expect(memory()).toMatchObject({ live, cached: 0 });
  });

  it('reports the peak since it was reset', () => {
    resetPeakMemory();
    const { live } = memory();
    zeros([KIB]).dispose();
    expect(memory()).toMatchObject({ live, peak: live + 4 * KIB });
    resetPeakMemory();
    expect(memory().peak).toBe(live);
  });
});

describe('memoryLimit', () => {
  afterEach(() => configure({ memoryLimit: totalmem() }));

  it('makes what exceeds it an OutOfMemoryError, after which work goes on', () =>
    scope(() => {
      configure({ memoryLimit: memory().live + 1024 * KIB });
      const small = zeros([KIB]);
      expect(() => zeros([1024 * KIB])).toThrow(OutOfMemoryError);
      expect(() => small.expand([KIB, KIB]).contiguous()).toThrow(/exceeds the limit/);
      expect(small.add(1).sum().item()).toBe(KIB);
    }));
});

describe('configure', () => {
  it('sets threads, which environment() reports', () => {
    const { threads } = environment();
    configure({ threads: 1 });
    expect(environment().threads).toBe(1);
    configure({ threads });
    expect(environment().threads).toBe(threads);
  });

  it('sets the layout of images, first channels-last with AVX-512 alone', () => {
    const { imageLayout, cpu } = environment();
    expect(imageLayout).toBe(cpu.avx512 ? 'channels-last' : 'contiguous');
    for (const other of ['contiguous', 'channels-last'] as const) {
      configure({ imageLayout: other });
      expect(environment().imageLayout).toBe(other);
    }
    configure({ imageLayout });
  });

  it("sets cuDNN's trial of algorithms, off at first", () => {
    expect(environment().cudnnBenchmark).toBe(false);
    configure({ cudnnBenchmark: true });
    expect(environment().cudnnBenchmark).toBe(true);
    configure({ cudnnBenchmark: false });
    expect(environment().cudnnBenchmark).toBe(false);
  });

  it('changes nothing that it was not given', () => {
    const before = environment();
    configure({});
    expect(environment()).toEqual(before);
  });

  it.each<[unknown, RegExp]>([
    [{ thread: 1 }, /there is no setting 'thread'/],
    [{ threads: 0 }, /threads must be an integer from 1 to 1024/],
    [{ threads: 1.5 }, /safe integer/],
    [{ threads: '2' }, /expected an integer, got string/],
    [{ imageLayout: 'channelsLast' }, /one of contiguous, channels-last; got 'channelsLast'/],
    [{ memoryLimit: 0 }, /memoryLimit must be a positive number/],
    [{ memoryLimit: Number.NaN }, /safe integer/],
    [{ deterministic: 1 }, /expected a boolean, got number/],
  ])('refuses %j', (configuration, message) => {
    expect(() => configure(configuration as Configuration)).toThrow(TypeError);
    expect(() => configure(configuration as Configuration)).toThrow(message);
  });
});

describe('environment', () => {
  it('says what the engine is and runs on', () => {
    const { version, config, blas, cpu, threads, cuda } = environment();
    expect(version).toMatch(/^\d+\.\d+\.\d+/);
    expect(config).toContain('PyTorch built with');
    expect(['openblas', 'mkl', 'blis', 'reference', 'unknown']).toContain(blas);
    expect(cpu.capability).not.toBe('unknown');
    expect(threads).toBeGreaterThan(0);
    for (const { free, total } of cuda) expect(free).toBeLessThanOrEqual(total);
  });

  it('knows no more CUDA devices than there are', () => {
    expect(() => synchronize(environment().cuda.length)).toThrow(TorchError);
  });
});

it('holds oneDNN 3.7 to kernels that are right, and no other', () => {
  const account = (version: string) => `  - Intel(R) MKL-DNN v${version} (Git Hash N/A)`;
  expect(['2.7.5', '3.6.2', '3.7.2', '3.8.0'].map(account).map(hasWrongReorders)).toEqual([
    ...[false, false, true, false],
  ]);
  expect(environment().oneDnnHeld).toBe(hasWrongReorders(environment().config));
  if (environment().oneDnnHeld) expect(process.env.DNNL_MAX_CPU_ISA).toBe('AVX');
});
