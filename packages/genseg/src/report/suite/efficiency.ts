/** Labels and Dice: the curve of each method, and how many labels another would need for the same score. */
import type { Group } from './analysis.ts';

/** Numbers of labels, ascending, and the mean Dice there. */
export type Curve = readonly (readonly [labels: number, dice: number])[];

/** The curves of one task, variant, model and test set. */
export interface Efficiency {
  readonly task: string;
  readonly variant: string;
  readonly model: string;
  readonly set: string;
  readonly curves: ReadonlyMap<string, Curve>;
}

/** Of all that have scores at two numbers of labels or more. */
export function efficiencies(groups: readonly Group[]): Efficiency[] {
  const found = new Map<string, Efficiency & { curves: Map<string, [number, number][]> }>();
  for (const { task, variant, model, labels, sets } of groups)
    for (const { set, methods } of sets) {
      const key = JSON.stringify([task, variant, model, set]);
      const one = found.get(key) ?? { task, variant, model, set, curves: new Map() };
      for (const { method, mean } of methods)
        one.curves.set(method, [...(one.curves.get(method) ?? []), [labels, mean]]);
      found.set(key, one);
    }
  return [...found.values()].filter(({ curves }) =>
    [...curves.values()].some((curve) => curve.length > 1),
  );
}

/** How many labels a curve needs for a score: `exactly`, `atMost` its least number, or `moreThan` its greatest. */
export interface Needed {
  readonly kind: 'exactly' | 'atMost' | 'moreThan';
  readonly labels: number;
}

/** Between two numbers of labels Dice is taken to be linear in their logarithm. */
export function labelsFor(curve: Curve, dice: number): Needed {
  const [least, first] = curve[0];
  if (first >= dice) return { kind: 'atMost', labels: least };
  for (let i = 1; i < curve.length; i++) {
    const [[fromLabels, from], [toLabels, to]] = [curve[i - 1], curve[i]];
    if (to < dice) continue;
    const share = (dice - from) / (to - from);
    return { kind: 'exactly', labels: fromLabels * (toLabels / fromLabels) ** share };
  }
  return { kind: 'moreThan', labels: curve.at(-1)![0] };
}

export interface Saving {
  readonly other: string;
  /** The subject's number of labels and its score there. */
  readonly labels: number;
  readonly dice: number;
  readonly needed: Needed;
}

/** What each other method with a curve, of two points or more, needs for the subject's score at its least number of labels. */
export function savings({ curves }: Efficiency, subject: string): Saving[] {
  const own = curves.get(subject);
  if (!own) return [];
  const [labels, dice] = own[0];
  return [...curves]
    .filter(([method, curve]) => method !== subject && curve.length > 1)
    .map(([other, curve]) => ({ other, labels, dice, needed: labelsFor(curve, dice) }));
}

/** In words: `more than 28 (over 3.1 times)`, `about 17 (1.9 times)`, `9 or fewer`. */
export function savingText({ labels, needed }: Saving): string {
  const times = (needed.labels / labels).toFixed(1);
  if (needed.kind === 'atMost') return `${needed.labels} or fewer`;
  if (needed.kind === 'moreThan') return `more than ${needed.labels} (over ${times} times)`;
  return `about ${Math.round(needed.labels)} (${times} times)`;
}
