/**
 * Pretrained weights from a safetensors or TorchScript file, for a whole model or for the part of it that they fit:
 * tensors are matched by name and shape, also where one side's names stand below a prefix of the other's
 * (`backbone.conv1.weight` for `conv1.weight`, `module.inc...` for `inc...`).
 */
import {
  loadSafetensors,
  loadScript,
  noGrad,
  OutOfMemoryError,
  scope,
  type Tensor,
  TorchError,
} from '@genseg/torch';
import { ConfigError, DataError } from '../errors.ts';
import type { Module, StateDict } from '../nn/index.ts';
import { isScript } from '../run/index.ts';
import type { Family } from './family.ts';

export interface WeightMatch {
  /** Name in the model -> name in the file. */
  matched: Map<string, string>;
  /** Names in the model that the file does not have, with their shapes there and here where they differ. */
  missing: string[];
  /** Names in the file that the model has no use for. */
  unused: string[];
  /** Whether the file is one for this model: some weights fit, and as many as differ in shape. */
  fits: boolean;
}

/**
 * The tensors of a file by name; a TorchScript's are its parameters and buffers.
 * @throws DataError for a file that is damaged or of another kind.
 */
export function readWeights(path: string): ReadonlyMap<string, Tensor> {
  try {
    if (!isScript(path)) return loadSafetensors(path).tensors;
    const script = loadScript(path, { device: 'cpu' });
    return new Map([...script.namedParameters(), ...script.namedBuffers()]);
  } catch (cause) {
    if (!(cause instanceof TorchError) || cause instanceof OutOfMemoryError) throw cause;
    throw new DataError(`--weights: ${cause.message}; copy the file again or save it anew`, {
      cause,
    });
  }
}

/** The leading parts of a dotted name, '' first. */
const prefixes = (name: string): string[] =>
  name.split('.').map((_, i, parts) => (i === 0 ? '' : `${parts.slice(0, i).join('.')}.`));

/**
 * Finds the tensors of a file that fit a model, by the one change of prefix that fits most weights. What
 * has fewer than two dimensions (biases, counters) fits too easily to say that a file is the right one.
 * @param model the model's tensors by name. @param file the file's.
 */
export function matchWeights(model: StateDict, file: ReadonlyMap<string, Tensor>): WeightMatch {
  const shape = (tensor: Tensor) => tensor.shape.join(' x ');
  const same = (name: string, other: string) =>
    file.has(other) && shape(file.get(other)!) === shape(model.get(name)!);
  const weights = [...model.keys()].filter((name) => model.get(name)!.shape.length > 1);
  const strip = (prefix: string) => (name: string) =>
    name.startsWith(prefix) ? name.slice(prefix.length) : '';
  const add = (prefix: string) => (name: string) => prefix + name;
  const inFile = new Set([...file.keys()].flatMap(prefixes));
  const inModel = new Set([...model.keys()].flatMap(prefixes));
  const renamings = [...[...inFile].map(add), ...[...inModel].map(strip)].map((rename) => ({
    rename,
    fits: weights.filter((name) => same(name, rename(name))).length,
    differs: weights.filter((name) => file.has(rename(name)) && !same(name, rename(name))).length,
  }));
  const { rename, fits, differs } = renamings.reduce((best, next) =>
    next.fits > best.fits ? next : best,
  );
  const names = [...model.keys()];
  const matched = new Map(
    names.map((name) => [name, rename(name)] as const).filter(([name, other]) => same(name, other)),
  );
  const used = new Set(matched.values());
  const describe = (name: string) => {
    const other = file.get(rename(name));
    return other ? `${name} (${shape(other)} in the file, ${shape(model.get(name)!)} here)` : name;
  };
  return {
    matched,
    missing: names.filter((name) => !matched.has(name)).map(describe),
    unused: [...file.keys()].filter((name) => !used.has(name)),
    fits: fits > 0 && fits >= differs,
  };
}

/**
 * The family with the weights of a file in every model it builds, where they fit; the rest is drawn.
 * @throws ConfigError for a file of another model or width.
 */
export const pretrained = (family: Family, path: string): Family => ({
  ...family,
  build: (...given) => {
    const model = family.build(...given);
    try {
      scope(() => {
        const tensors = readWeights(path);
        const state = model.stateDict();
        const { matched } = requireMatch(path, matchWeights(state, tensors));
        noGrad(() => {
          for (const [name, other] of matched) state.get(name)!.copy_(tensors.get(other)!);
        });
      });
    } catch (error) {
      model.dispose();
      throw error;
    }
    return model;
  },
});

function requireMatch(path: string, match: WeightMatch): WeightMatch {
  if (match.fits) return match;
  const file = match.unused[0] ?? [...match.matched.values()][0];
  throw new ConfigError(
    `--weights ${path}: too few of its tensors have the name and shape of the model's (its first is ${file}, the model lacks ${match.missing.slice(0, 2).join(', ')}); give weights of the same --model and width`,
  );
}

/** What a file gives to a model, in one line. @throws ConfigError where a part is to stay as it is and is not in the file. */
export const describeWeights = (model: Module, path: string, { rateOf }: Family): string =>
  scope(() => {
    const match = matchWeights(model.stateDict(), readWeights(path));
    const { matched, missing, unused } = match;
    if (rateOf) refuseRandomParts(path, match, (name) => rateOf(name) === 0);
    const all = matched.size + missing.length;
    const [renamed] = [...matched].filter(([name, other]) => name !== other);
    const names = renamed ? `, such as ${renamed[0]}, there ${renamed[1]}` : '';
    return `${matched.size} of ${all} tensors are from it${names}${some('drawn at random', missing)}${some('not used', unused)}`;
  });

/** Frozen next to pretrained features, random ones would spoil them for good. */
function refuseRandomParts(
  path: string,
  { missing }: WeightMatch,
  isFrozen: (name: string) => boolean,
): void {
  const lost = missing.filter((described) => {
    const [name] = described.split(' ');
    return isFrozen(name) && !name.endsWith('num_batches_tracked'); // which nothing frozen reads
  });
  if (lost.length === 0) return;
  throw new ConfigError(
    `--weights ${path}: frozen parts lack ${few(lost)}, which would stay random; give weights that have them, or train them with a --stage-lr of their own`,
  );
}

const few = (names: readonly string[]): string =>
  names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');

const some = (what: string, names: readonly string[]): string =>
  names.length === 0 ? '' : `; ${what}: ${few(names)}`;
