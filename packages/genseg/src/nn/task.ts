/**
 * What is segmented: which classes each plane of logits stands for, and what of a mask counts. Losses and
 * predictions read it; the models know only how many planes there are.
 */
import { noGrad, scope, stack, type Tensor, tensor } from '@genseg/torch';
import { ignoredClass, type Region } from '../classes.ts';

export interface Task {
  /** Class ids of each plane of logits. */
  readonly planes: readonly (readonly number[])[];
  /** Whether every pixel is in exactly one plane (softmax); else planes are decided one by one (sigmoid). */
  readonly exclusive: boolean;
  /** The class id that a prediction gets where a plane holds, in the order of painting. */
  readonly paints: readonly number[];
  /** Whether masks have pixels without a label, `ignoredClass`. */
  readonly partial: boolean;
  /** How much pixels in a plane and out of it count in the cross-entropy; null: all alike. */
  readonly weights: readonly PlaneWeights[] | null;
}

export interface PlaneWeights {
  readonly inside: number;
  /** Without meaning where planes are exclusive: such a pixel is inside of another. */
  readonly outside: number;
}

const plain = { partial: false, weights: null };

/** A plane for each class, the background's first. */
function exclusiveClasses(classes: number): Task {
  const ids = Array.from({ length: classes }, (_, id) => id);
  return { ...plain, planes: ids.map((id) => [id]), exclusive: true, paints: ids };
}

const foreground: Task = { ...plain, planes: [[1]], exclusive: false, paints: [1] };

/** Each class by itself. @param classes their number with the background; of two, one plane is the foreground. */
export const classTask = (classes: number): Task =>
  classes === 2 ? foreground : exclusiveClasses(classes);

/** What logits [N, planes, H, W] stand for where nothing else is said: one plane is foreground, several are classes. */
export const plainTask = ({ shape }: Tensor): Task =>
  shape[1] === 1 ? foreground : exclusiveClasses(shape[1]);

/** Unions of classes, each for itself, as nnU-Net's region-based training (Isensee et al. 2021). */
export const regionTask = (regions: readonly Region[]): Task => ({
  ...plain,
  planes: regions.map(({ classes }) => classes),
  exclusive: false,
  paints: regions.map(({ paints }) => paints),
});

/**
 * Median frequency balancing (Eigen and Fergus 2015, sect. 6.3.2, with frequencies over all pixels): what is rare
 * counts as much as what is common. Where planes are decided one by one, the two sides of each are balanced.
 * @param pixels of each class id in the training masks; what is not there counts once.
 */
export function balancedWeights(pixels: readonly number[], task: Task): PlaneWeights[] {
  const total = pixels.reduce((sum, count) => sum + count, 0);
  const shares = task.planes.map(
    (ids) => ids.reduce((sum, id) => sum + (pixels[id] ?? 0), 0) / total,
  );
  const ratio = (part: number, share: number) => (share > 0 ? part / share : 1);
  if (!task.exclusive)
    return shares.map((share) => ({ inside: ratio(0.5, share), outside: ratio(0.5, 1 - share) }));
  const median = medianOf(shares.filter((share) => share > 0));
  return shares.map((share) => ({ inside: ratio(median, share), outside: 0 }));
}

/** The probabilities of the foreground, [N, planes, H, W]: of exclusive planes the first is the background's. */
export function probabilitiesOf(logits: Tensor, task: Task): Tensor {
  return scope(() => foregroundOf(task.exclusive ? logits.softmax(1) : logits.sigmoid(), task));
}

/** Planes [N, planes, H, W] without that of the background. */
export const foregroundOf = (planes: Tensor, { exclusive }: Task): Tensor =>
  exclusive ? planes.narrow(1, 1, planes.shape[1] - 1) : planes;

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/**
 * What the planes of logits should be.
 * @param mask class ids, [N, H, W]. @returns zeros and ones, [N, planes, H, W]; zeros where there is no label.
 */
export function targetOf(mask: Tensor, { planes }: Task, dtype: Tensor['dtype']): Tensor {
  const within = (ids: readonly number[]) =>
    ids.map((id) => mask.eq(id)).reduce((any, one) => any.logicalOr(one));
  return scope(() => noGrad(() => stack(planes.map(within), { dim: 1 }).to({ dtype })));
}

/** Ones where masks [N, H, W] have a label, zeros elsewhere: [N, 1, H, W]. */
export const labelled = (mask: Tensor, dtype: Tensor['dtype']): Tensor =>
  scope(() => mask.unsqueeze(1).ne(ignoredClass).to({ dtype }));

/** How much each value of the cross-entropy counts, [N, planes, H, W]; of exclusive planes [N, 1, H, W]. */
export function entropyWeights(mask: Tensor, target: Tensor, task: Task): Tensor {
  const { dtype, device } = target;
  const counts = labelled(mask, dtype);
  const { weights } = task;
  if (!weights) return counts;
  const each = (side: keyof PlaneWeights) =>
    tensor(
      weights.map((one) => one[side]),
      { shape: [1, weights.length, 1, 1], dtype, device },
    );
  const inside = target.mul(each('inside'));
  if (task.exclusive) return inside.sum([1], { keepdim: true });
  return inside.add(target.rsub(1).mul(each('outside'))).mul(counts);
}
