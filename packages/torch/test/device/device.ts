/** A device in software (device.cc), for tests of what must neither wait for a device nor mix with the host. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Device, environment, type Generator, noGrad, type Tensor } from '../../src/index.ts';

interface Native {
  /** What happened since the last look. */
  look(): Look;
  begin(): number;
  end(): void;
  replay(tape: number): void;
  forget(tape: number): void;
}

export interface Look {
  /** That the device was asked for. */
  operators: number;
  /** Of numbers and tensors, by the host, which waits for the device. */
  reads: number;
  /** Copies from the host that wait until they are done. */
  blocking: number;
}

export interface SoftwareDevice {
  /** Takes the place of a name of CUDA's. */
  name: Device;
  look(): Look;
  /**
   * As `captureGraph`, but that the body's work is done while it is captured.
   * @param options.state what the body changes in place, which is set back then, as the generators are.
   */
  capture<T>(
    body: () => T,
    options: { generators: readonly Generator[]; state?: readonly Tensor[] },
  ): { graph: { replay(): void; dispose(): void }; result: T };
}

/** The version of LibTorch whose table of operators device.cc was written for, that of Debian 12. */
const known = /^1\.13\./;

/** Builds the device where that was not done, and loads it; null for another LibTorch than it was written for. */
export function softwareDevice(): SoftwareDevice | null {
  if (!known.test(environment().version)) return null;
  const build = join(import.meta.dirname, '../../build');
  execFileSync('cmake', ['--build', build, '--target', 'software_device'], { stdio: 'pipe' });
  const native = createRequire(import.meta.url)(join(build, 'software_device.node')) as Native;
  return {
    name: 'privateuseone:0' as Device,
    look: () => native.look(),
    capture(body, { generators, state = [] }) {
      const before = state.map((tensor) => tensor.clone());
      const draws = generators.map((generator) => generator.state);
      const tape = native.begin();
      try {
        const result = body();
        const graph = {
          replay: () => native.replay(tape),
          dispose: () => native.forget(tape),
        };
        return { graph, result };
      } finally {
        native.end();
        noGrad(() => {
          for (const [i, tensor] of state.entries()) tensor.copy_(before[i]);
        });
        for (const [i, generator] of generators.entries()) generator.state = draws[i];
      }
    },
  };
}
