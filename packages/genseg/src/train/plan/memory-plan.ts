/**
 * The width of a model from the memory that there is, for families that say what they cost: the preset's, halved
 * until training fits. It goes by all memory and not by what is free at the moment, so that the same command on the
 * same machine trains the same network; where there is enough, nothing depends on how much.
 */
import { ConfigError } from '../../errors.ts';
import type { Decision } from '../../run/index.ts';
import type { Cost, Family } from '../../segmenter/index.ts';
import type { Method } from '../method.ts';
import type { Recipe } from '../recipe.ts';
import type { Plan } from './plan.ts';

/** What is left to the generator, the images and the rest of the machine: a quarter. */
const usable = 3 / 4;
const leastWidth = 4;
/** Gibibytes in two digits or more. */
const gib = (bytes: number): string => {
  const value = bytes / 2 ** 30;
  return value < 10 ? value.toPrecision(2) : value.toFixed(0);
};

/** What is in memory at once, in units of a family's cost. */
interface Copies {
  weights: number;
  features: number;
}

/**
 * Of the weights: the values, their moving average, gradients and two moments; a teacher is one more, a second network
 * trained as well four. A hypergradient keeps the values before the step and derivatives of gradients, and the graph
 * of the gradient beside that of the loss. At widths of 16 to 64 and 64 to 256 px the estimate was 0 to 25 % above the
 * measured peak, and for methods with a generator, that of preset `fast`, 48 to 231 MiB below it.
 */
function copiesOf({ feedback, semiSupervision }: Method): Copies {
  if (feedback) return { weights: 8, features: 4.5 };
  if (!semiSupervision) return { weights: 5, features: 1 };
  const { follows, graphs } = semiSupervision;
  return { weights: follows === null ? 9 : 6, features: graphs };
}

export interface Training {
  method: Method;
  recipe: Recipe;
  precision: Plan['precision'];
}

/** Bytes at the peak of a training step, without those of the generator. */
export function trainingBytes(cost: Cost, { method, recipe, precision }: Training): number {
  const { batch, syntheticBatch } = recipe;
  const beside = method.synthesises || method.duplicates || method.semiSupervision !== null;
  const images = batch + (beside ? syntheticBatch : 0);
  const { weights, features } = copiesOf(method);
  const perFeature = precision === 'bf16' ? 3 : 4; // normalisation keeps float32
  return 4 * weights * cost.weights + perFeature * features * cost.features * images;
}

/**
 * @param capacity bytes of memory on the device. @param options.fixed the width must stay, as with pretrained weights.
 * @returns the recipe in the width that fits, and why; as it was for families that do not say what they cost.
 * @throws ConfigError where no width fits.
 */
export function planWidth(
  family: Family,
  training: Training,
  options: { channels: number; planes: number; size: number; capacity: number; fixed?: boolean },
): { recipe: Recipe; decisions: Decision[] } {
  const { recipe } = training;
  const { channels, planes, size, capacity, fixed = false } = options;
  if (!family.cost) return { recipe, decisions: [] };
  const at = (width: number) => {
    const cost = family.cost!(channels, planes, { width, size });
    return { width, cost, bytes: trainingBytes(cost, training) };
  };
  const fits = ({ bytes }: { bytes: number }) => fixed || bytes <= usable * capacity;
  const asked = at(recipe.segmentation.width);
  let planned = asked;
  while (!fits(planned) && planned.width > leastWidth)
    planned = at(Math.max(leastWidth, planned.width >> 1));
  if (!fits(planned))
    throw new ConfigError(
      `--size ${size}: ${family.name} of the least width, ${leastWidth}, needs about ${gib(planned.bytes)} GiB to train, and there are ${gib(capacity)}; take a smaller --size`,
    );
  const needs = `${size} px; training it takes about ${gib(planned.bytes)} of ${gib(capacity)} GiB`;
  const narrowed = `, and of the preset's width ${asked.width} ${gib(asked.bytes)}: halved until it fits into three quarters`;
  return {
    recipe: { ...recipe, segmentation: { ...recipe.segmentation, width: planned.width } },
    decisions: [
      {
        name: 'depth and width',
        value: planned.cost.summary,
        reason: planned === asked ? needs : needs + narrowed,
      },
    ],
  };
}
