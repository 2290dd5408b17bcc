/**
 * Checkpoints: all that training changes, so that a run killed at any moment goes on to the same bits.
 * One safetensors file: `<module>/<PyTorch key>`, `<optimiser>/<parameter>.<slot>`, `random/<stream>`;
 * counters, samplers and progress are JSON in its metadata.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Generator,
  loadSafetensors,
  saveSafetensors,
  scope,
  type Tensor,
  tensor,
} from '@genseg/torch';
import { DataError } from '../errors.ts';
import type { Module } from '../nn/index.ts';
import type { Optimizer } from '../optim/index.ts';
import { readFolder, writeFolderAtomic } from '../run/index.ts';
import type { Sampler, SamplerState } from './sampler.ts';

/** What a checkpoint holds, by name. */
export interface Parts {
  readonly modules: Readonly<Record<string, Module>>;
  readonly optimizers: Readonly<Record<string, Optimizer>>;
  readonly generators: Readonly<Record<string, Generator>>;
  readonly samplers: Readonly<Record<string, Sampler>>;
}

const file = 'state.safetensors';

interface Counters<Progress> {
  progress: Progress;
  optimizerSteps: Record<string, number>;
  samplers: Record<string, SamplerState>;
}

function tensorsOf({ modules, optimizers, generators }: Parts): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const [name, module] of Object.entries(modules)) {
    for (const [key, value] of module.stateDict()) tensors.set(`${name}/${key}`, value);
  }
  for (const [name, optimizer] of Object.entries(optimizers)) {
    for (const [key, value] of optimizer.stateDict().tensors)
      tensors.set(`${name}.optimizer/${key}`, value);
  }
  for (const [name, generator] of Object.entries(generators)) {
    tensors.set(`random/${name}`, tensor(generator.state));
  }
  return tensors;
}

const mapRecord = <A, B>(
  record: Readonly<Record<string, A>>,
  f: (value: A) => B,
): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]));

/** Replaces the checkpoint in `folder` by the present state; a crash leaves the old one or the new. */
export function saveCheckpoint<Progress>(folder: string, parts: Parts, progress: Progress): void {
  const counters: Counters<Progress> = {
    progress,
    optimizerSteps: mapRecord(parts.optimizers, (optimizer) => optimizer.stateDict().step),
    samplers: mapRecord(parts.samplers, (sampler) => sampler.state),
  };
  scope(() => {
    const tensors = tensorsOf(parts);
    writeFolderAtomic(folder, (next) => {
      saveSafetensors(join(next, file), tensors, {
        metadata: { counters: JSON.stringify(counters) },
      });
    });
  });
}

/** Whether there is a checkpoint to go on from. */
export function hasCheckpoint(folder: string): boolean {
  try {
    return readFolder(folder, (now) => statSync(join(now, file)).isFile());
  } catch {
    return false;
  }
}

/** Puts a saved state into parts built by the same recipe. @throws DataError where they do not fit. */
export function loadCheckpoint<Progress>(folder: string, parts: Parts): Progress {
  return scope(() => {
    const { tensors, metadata } = readFolder(folder, (now) => loadSafetensors(join(now, file)));
    const under = (prefix: string) =>
      new Map(
        [...tensors]
          .filter(([key]) => key.startsWith(prefix))
          .map(([key, value]) => [key.slice(prefix.length), value]),
      );
    const counters = JSON.parse(metadata.counters) as Counters<Progress>;
    try {
      for (const [name, module] of Object.entries(parts.modules))
        module.loadStateDict(under(`${name}/`));
      for (const [name, optimizer] of Object.entries(parts.optimizers)) {
        optimizer.loadStateDict({
          step: counters.optimizerSteps[name],
          tensors: under(`${name}.optimizer/`),
        });
      }
      const random = under('random/');
      for (const [name, generator] of Object.entries(parts.generators)) {
        generator.state = random.get(name)!.toTypedArray() as Uint8Array;
      }
      for (const [name, sampler] of Object.entries(parts.samplers))
        sampler.state = counters.samplers[name];
    } catch (cause) {
      throw new DataError(`${folder} does not fit this version's training state; start a new run`, {
        cause,
      });
    }
    return counters.progress;
  });
}
