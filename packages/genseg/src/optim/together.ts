/**
 * Small tensors as one. Where an operator costs more than its elements, as on a GPU, parameters share those of their
 * updates: values, gradients and state are joined, updated by the formula that takes one of each, and written back.
 */
import {
  flattenDenseTensors,
  foreachAdd_,
  foreachMul_,
  foreachZero_,
  type Tensor,
  unflattenDenseTensors,
} from '@genseg/torch';
import type { Pace } from './optimizer.ts';
import { joinedAtMost } from './slices.ts';

/** What an update changes, value and state, and by what. */
export interface Update {
  value: Tensor;
  gradient: Tensor;
  state: readonly Tensor[];
  pace: Pace;
}

/** The updates in groups to be taken together: of one type, device and pace, and of not more elements than `joinedAtMost`. */
export function groupsOf(updates: readonly Update[]): Update[][] {
  const groups: Update[][] = [];
  const open = new Map<string, { group: Update[]; room: number }>();
  for (const update of updates) {
    const { shape, dtype, device } = update.value;
    const numel = shape.reduce((a, b) => a * b, 1);
    const kind = `${dtype} ${device} ${update.pace.lr}`;
    const last = open.get(kind);
    if (!joins(update, shape) || numel > joinedAtMost(device)) groups.push([update]);
    else if (last && numel <= last.room) {
      last.group.push(update);
      last.room -= numel;
    } else {
      const group = [update];
      groups.push(group);
      open.set(kind, { group, room: joinedAtMost(device) - numel });
    }
  }
  return groups;
}

/**
 * Whether an update gains by being joined: without a state it is an operator or two. Others than contiguous tensors
 * would be written back one by one, and a gradient of another shape must be refused, not shared out.
 */
const joins = ({ value, gradient, state }: Update, shape: readonly number[]): boolean =>
  state.length > 0 &&
  [value, ...state].every((tensor) => tensor.isContiguous()) &&
  gradient.shape.join() === shape.join();

/** Updates of one pace as one; temporary tensors are left to the caller's scope. */
export function updateTogether(
  updates: readonly Update[],
  formula: (value: Tensor, gradient: Tensor, state: readonly Tensor[], pace: Pace) => void,
): void {
  const [{ state, pace }] = updates;
  // Per list one tensor of each update: the values, and each part of the state.
  const lists = [
    updates.map((update) => update.value),
    ...state.map((_, k) => updates.map((update) => update.state[k])),
  ];
  const joined = lists.map(flattenDenseTensors);
  const gradient = flattenDenseTensors(updates.map((update) => update.gradient));
  formula(joined[0], gradient, joined.slice(1), pace);
  copyEach(
    lists.flat(),
    lists.flatMap((list, k) => unflattenDenseTensors(joined[k], list)),
  );
}

/** Copies each source to its target, in few operators. */
export function copyEach(targets: readonly Tensor[], sources: readonly Tensor[]): void {
  foreachZero_(targets);
  foreachMul_(targets, -1); // to -0, since -0 + x is x for every x, and 0 + -0 is 0
  foreachAdd_(targets, sources);
}
