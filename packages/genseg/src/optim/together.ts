/**
 * Small tensors as one. Where an operator costs more than its elements, as on a GPU, parameters share those of their
 * updates and of the updates' derivatives: values, gradients and state are joined for the formula that takes one of each.
 */
import {
  flattenDenseTensors,
  foreachAdd_,
  foreachMul_,
  foreachZero_,
  Tensor,
  unflattenDenseTensors,
} from '@genseg/torch';
import type { Pace } from './optimizer.ts';
import { joinedAtMost } from './slices.ts';

/** What an update changes, value and state, and by what. */
export interface Update {
  value: Tensor;
  /** A function makes it when it is needed: then the update is taken alone. */
  gradient: Tensor | (() => Tensor);
  state: readonly Tensor[];
  pace: Pace;
}

/** The updates in groups to be taken together: of one type, device and pace, and of not more elements than `joinedAtMost`. */
export function groupsOf<U extends Update>(updates: readonly U[]): U[][] {
  const groups: U[][] = [];
  const open = new Map<string, { group: U[]; room: number }>();
  for (const update of updates) {
    const { shape, dtype, device } = update.value;
    const numel = shape.reduce((a, b) => a * b, 1);
    const kind = `${dtype} ${device} ${update.pace.lr}`;
    const last = open.get(kind);
    if (numel > joinedAtMost(device) || !joins(update, shape)) groups.push([update]);
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
  gradient instanceof Tensor &&
  gradient.shape.join() === shape.join();

interface Joined {
  value: Tensor;
  gradient: Tensor;
  state: readonly Tensor[];
  pace: Pace;
}

/** The updates of a group as one, whose tensors are new. */
function join(updates: readonly Update[]): Joined {
  const [{ state, pace }] = updates;
  const joined = (of: (update: Update) => Tensor) => flattenDenseTensors(updates.map(of));
  return {
    value: joined(({ value }) => value),
    gradient: joined(({ gradient }) => gradient as Tensor),
    state: state.map((_, k) => joined((update) => update.state[k])),
    pace,
  };
}

/** Takes the updates of a group; temporary tensors are left to the caller's scope. */
export function updateTogether(
  updates: readonly Update[],
  formula: (value: Tensor, gradient: Tensor, state: readonly Tensor[], pace: Pace) => void,
): void {
  const { value, gradient, state, pace } = join(updates);
  formula(value, gradient, state, pace);
  const values = updates.map((update) => update.value);
  const slots = state.map((_, k) => updates.map((update) => update.state[k]));
  copyEach(
    [...values, ...slots.flat()],
    [
      ...unflattenDenseTensors(value, values),
      ...slots.flatMap((list, k) => unflattenDenseTensors(state[k], list)),
    ],
  );
}

/** Derivatives by the gradients of a group's updates, from those by what they made. */
export function pullBackTogether(
  updates: readonly Update[],
  cotangents: readonly Tensor[],
  formula: (joined: Joined, cotangent: Tensor) => Tensor,
): Tensor[] {
  const pulled = formula(join(updates), flattenDenseTensors(cotangents));
  return unflattenDenseTensors(
    pulled,
    updates.map((update) => update.value),
  );
}

/** Copies each source to its target, in few operators. */
export function copyEach(targets: readonly Tensor[], sources: readonly Tensor[]): void {
  foreachZero_(targets);
  foreachMul_(targets, -1); // to -0, since -0 + x is x for every x, and 0 + -0 is 0
  foreachAdd_(targets, sources);
}
