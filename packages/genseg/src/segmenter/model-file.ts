/**
 * A trained segmentation model as a file: weights under PyTorch's key names, and in the metadata what is
 * needed to use them. `safetensors.torch.load_file` loads them into the family's reference PyTorch module.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Device,
  environment,
  Generator,
  keep,
  loadSafetensors,
  readSafetensorsHeader,
  saveSafetensors,
  scope,
} from '@genseg/torch';
import type { Region } from '../classes.ts';
import type { Fingerprint } from '../data/index.ts';
import { DataError } from '../errors.ts';
import { classTask, foldNorms, regionTask, type Task } from '../nn/index.ts';
import { modelFile, readFolder, writeFolderAtomic } from '../run/index.ts';
import { type Family, familyNamed } from './family.ts';
import type { Segmenter } from './segmenter.ts';

/** The validation that weights were kept by. */
export interface KeptBy {
  /** Training steps before it, without those of pre-training. */
  done: number;
  /** `meanDice` of the validation images, 0 to 1. */
  dice: number;
  /** Of segmentation, over all validation images. */
  loss: number;
}

/** What a segmentation model is, apart from its weights. */
export interface ModelInfo {
  format: 'genseg-model/1';
  architecture: Family['name'];
  width: number;
  channels: number;
  /** Class names, background first. */
  classes: string[];
  /** What it segments instead of the classes; absent: the classes. */
  regions?: readonly Region[];
  /** Side of the square input, px. */
  size: number;
  /** Scaling of the images that it was trained on. */
  fingerprint: Fingerprint;
  /** Absent where there were no validation images. */
  keptBy?: KeptBy;
}

/** Beside the weights where the model's code is not ours. */
const scriptFile = 'model.pt';

/** A model in evaluation mode; owns its weights. */
export interface TrainedModel extends Disposable {
  model: Segmenter;
  info: ModelInfo;
  /** What its logits stand for. */
  task: Task;
}

/** What a model segments, by name: the foreground classes, or the regions. */
export const segmentedNames = ({ classes, regions }: Pick<ModelInfo, 'classes' | 'regions'>) =>
  regions ? regions.map(({ name }) => name) : classes.slice(1);

/**
 * Writes what `loadModel` reads. A model that was in the folder is replaced as a whole, so that a crash leaves one of both.
 * @param model stays the caller's.
 * @param info goes into the metadata of the weights' file.
 * @throws DataError where the folder cannot be written.
 */
export function saveModel(folder: string, model: Segmenter, info: ModelInfo): void {
  writeFolderAtomic(folder, (next) => {
    saveSafetensors(join(next, modelFile), model.stateDict(), {
      metadata: { genseg: JSON.stringify(info) },
    });
    model.save?.(join(next, scriptFile));
  });
}

/** By which validation the model in the folder was kept; null: by none, or there is no model. */
export function readKeptBy(folder: string): KeptBy | null {
  const path = join(folder, modelFile);
  if (!existsSync(path)) return null;
  const { genseg = 'null' } = readSafetensorsHeader(path).metadata;
  return (JSON.parse(genseg) as ModelInfo | null)?.keptBy ?? null;
}

/** Normalisations folded, and weights turned once to the order that the kernels of a CPU take with channels-last images. */
function makeFast(model: Segmenter): void {
  const [{ value }] = model.parameters();
  const last = environment().imageLayout === 'channels-last';
  if (foldNorms(model) > 0 && value.device === 'cpu' && last)
    model.to({ memoryFormat: 'channelsLast' });
}

/**
 * The model for prediction: its weights are not those in the file. The run may be training meanwhile.
 * @throws DataError where the folder holds no model.
 */
export const loadModel = (folder: string, device: Device): TrainedModel =>
  readFolder(folder, (now) => readModel(now, device));

function readModel(folder: string, device: Device): TrainedModel {
  const path = join(folder, modelFile);
  if (!existsSync(path))
    throw new DataError(
      `${path} is missing: the run has no model yet; train it first, or continue it with genseg resume`,
    );
  return scope(() => {
    const { tensors, metadata } = loadSafetensors(path);
    const info = JSON.parse(metadata.genseg ?? 'null') as ModelInfo | null;
    if (info?.format !== 'genseg-model/1')
      throw new DataError(`${path} was not written by genseg; give the folder of a run`);
    const generator = new Generator(0); // draws weights that are replaced
    const dropoutGenerator = keep(new Generator(0, device)); // is off, but must be there
    const task = info.regions ? regionTask(info.regions) : classTask(info.classes.length);
    const { architecture, width } = info;
    const family = familyNamed(architecture === 'script' ? join(folder, scriptFile) : architecture);
    const owned: Disposable[] = [dropoutGenerator];
    const dispose = () => {
      for (const one of owned) one[Symbol.dispose]();
    };
    try {
      const model = family.build(info.channels, task.planes.length, {
        ...{ width, size: info.size, generator, dropoutGenerator, device },
      });
      owned.push(model);
      model.loadStateDict(tensors);
      makeFast(model.eval());
      return { model, info, task, [Symbol.dispose]: dispose };
    } catch (error) {
      dispose();
      throw error;
    }
  });
}
