/**
 * Divides a data set: test cases stay away, labelled cases are drawn by group (a patient, duplicates)
 * from a seed, and a group is never on both sides of training and validation.
 */
import { DataError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Case, Manifest } from './manifest.ts';

export interface Division {
  readonly train: readonly Case[];
  readonly validation: readonly Case[];
  readonly test: readonly Case[];
  /** Cases that take part in nothing: not drawn, unlabelled, or of a patient on another side. */
  readonly unused: readonly Case[];
}

/**
 * Divides the labelled cases of a manifest.
 *
 * - `labels` cases are drawn from those that are not test; without it all are taken.
 * - `validation` cases are a fifth of them (at least one; 9 = 7 + 2, 40 = 32 + 8), or `val`. Where the
 *   data set names validation cases they are drawn from these, else from the drawn cases by group:
 *   as near to the number as whole groups allow. Some of them have foreground, where any draw gives such.
 * - `test` is the data set's own test split. Where it has none and `labels` is given, the cases that
 *   were not drawn are the test set, except those of a drawn case's group.
 *
 * @throws DataError where `labels` or `val` ask for what is not there.
 */
export function splitCases(
  manifest: Manifest,
  { labels = undefined, val = undefined, seed }: { labels?: number; val?: number; seed: number },
): Division {
  const labelled = manifest.cases.filter((one) => one.labels !== null);
  const ownTest = labelled.filter(({ split }) => split === 'test');
  const testGroups = new Set(ownTest.map(({ group }) => group));
  const pool = labelled.filter(({ split, group }) => split !== 'test' && !testGroups.has(group));
  const count = labels ?? pool.length;
  const validationCount = val ?? defaultValidationCount(pool, labels);
  check(manifest, { pool, labels: count, val: validationCount });

  const random = new Random(seed);
  const classes = manifest.classes
    .map((_, c) => c)
    .filter((c) => pool.some((one) => one.labels![c] > 0));
  const complete = (train: readonly Case[]) =>
    classes.every((c) => train.some((one) => one.labels![c] > 0));
  const divided = ({ train, validation }: Omit<Division, 'test' | 'unused'>): Division => {
    const drawn = new Set([...train, ...validation]);
    const groups = new Set([...drawn].map(({ group }) => group));
    const internal = labels === undefined || ownTest.length > 0 ? [] : pool;
    const test = [...ownTest, ...internal.filter(({ group }) => !groups.has(group))];
    const used = new Set([...drawn, ...test]);
    const unused = manifest.cases.filter((one) => !used.has(one));
    return { train, validation, test, unused };
  };
  // A draw whose training part lacks a class is drawn again, and so is one whose validation would favour a
  // model that finds nothing; that one is taken where there is no better.
  let unsteered: Omit<Division, 'test' | 'unused'> | null = null;
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const { train, validation } = draw(pool, { count, validationCount, random });
    if (labels !== undefined && train.length + validation.length < labels) {
      throw new DataError(
        `labels ${labels}, validation ${validationCount}: the training and validation splits of ${manifest.root} hold only ${train.length} + ${validation.length} of them; ask for fewer`,
      );
    }
    if (!complete(train)) continue;
    if (validation.some(hasForeground)) return divided({ train, validation });
    unsteered ??= { train, validation };
  }
  if (unsteered) return divided(unsteered);
  throw new DataError(
    `${manifest.root}: no draw of ${count} cases has every class (${manifest.classes.join(', ')}) in its training part; label more cases of the rare class`,
  );
}

/**
 * How many cases validate where nobody says: those that the data set names, else a fifth of the labelled ones, at
 * least one.
 * @param pool the labelled cases that are not test.
 * @param labels how many of them are drawn; then always a fifth.
 */
export function defaultValidationCount(
  pool: readonly Pick<Case, 'split'>[],
  labels?: number,
): number {
  const named = pool.filter(({ split }) => split === 'validation').length;
  if (labels === undefined && named > 0) return named;
  return Math.max(1, Math.round((labels ?? pool.length) / 5));
}

const maxAttempts = 200;

/** Whether a case's mask has a pixel of any class but the background; false where it has no mask. */
export const hasForeground = ({ labels }: Case): boolean =>
  labels?.slice(1).some((pixels) => pixels > 0) ?? false;

function check(
  manifest: Manifest,
  { pool, labels, val }: { pool: readonly Case[]; labels: number; val: number },
): void {
  const foreground = manifest.classes.length - 1;
  const whole = Number.isInteger(labels) && Number.isInteger(val);
  if (!whole || val < 1 || labels - val < 1) {
    throw new DataError(
      `labels ${labels}, validation ${val}: at least one case must be left to train on and one to validate; label more cases or lower --val`,
    );
  }
  if (labels > pool.length) {
    throw new DataError(
      `labels ${labels}: ${manifest.root} has only ${pool.length} labelled cases outside its test split; ask for at most that`,
    );
  }
  if (new Set(pool.map(({ group }) => group)).size < 2) {
    throw new DataError(
      `${manifest.root}: all labelled cases are of one patient (or duplicates); add cases of another one to validate on`,
    );
  }
  if (labels - val < foreground) {
    throw new DataError(
      `labels ${labels}: ${labels - val} training cases are fewer than the ${foreground} classes (${manifest.classes.slice(1).join(', ')}); ask for more labels`,
    );
  }
}

interface Draw {
  readonly count: number;
  readonly validationCount: number;
  readonly random: Random;
}

function draw(pool: readonly Case[], { count, validationCount, random }: Draw) {
  const own = pool.filter(({ split }) => split === 'validation');
  if (own.length > 0) {
    const groups = new Set(own.map(({ group }) => group));
    const rest = pool.filter(({ group }) => !groups.has(group));
    const validation = byGroup(own, random).flat().slice(0, validationCount);
    const train = byGroup(rest, random)
      .flat()
      .slice(0, count - validation.length);
    return { train: sorted(train), validation: sorted(validation) };
  }
  const groups = byGroup(pool, random);
  // No group may take the place of validation: one of hundreds of images gives what training needs.
  const total = (cap: number) => groups.reduce((sum, { length }) => sum + Math.min(length, cap), 0);
  const cap = total(count - validationCount) >= count ? count - validationCount : count - 1;
  const taken = groups.flatMap((group) => group.slice(0, cap)).slice(0, count);
  const drawn = byGroup(taken, random);
  const chosen = nearestSum(
    drawn.map((group) => group.length),
    validationCount,
  );
  return {
    train: sorted(drawn.flatMap((group, i) => (chosen.has(i) ? [] : group))),
    validation: sorted(drawn.flatMap((group, i) => (chosen.has(i) ? group : []))),
  };
}

/** The cases of each group together, groups and cases in random order. */
function byGroup(cases: readonly Case[], random: Random): Case[][] {
  const groups = new Map<string, Case[]>();
  for (const one of cases) groups.set(one.group, [...(groups.get(one.group) ?? []), one]);
  return random.shuffle([...groups.values()]).map((group) => random.shuffle(group));
}

/**
 * Indices of the sizes whose sum comes nearest to the target without taking all: subset sum by dynamic
 * programming, where the earliest sizes to reach a sum keep it, so that the random order decides.
 */
function nearestSum(sizes: readonly number[], target: number): Set<number> {
  const total = sizes.reduce((a, b) => a + b, 0);
  const reached = new Map([[0, -1]]); // sum -> the last size that was added
  for (let i = 0; i < sizes.length && !reached.has(target); i++) {
    for (const sum of [...reached.keys()]) {
      if (!reached.has(sum + sizes[i])) reached.set(sum + sizes[i], i);
    }
  }
  const sums = [...reached.keys()].filter((sum) => sum > 0 && sum < total);
  const distance = (sum: number) => Math.abs(sum - target);
  let sum = sums.reduce((a, b) => (distance(b) < distance(a) ? b : a));
  const chosen = new Set<number>();
  while (sum > 0) {
    const last = reached.get(sum)!;
    chosen.add(last);
    sum -= sizes[last];
  }
  return chosen;
}

const sorted = (cases: readonly Case[]): Case[] => cases.toSorted((a, b) => (a.id < b.id ? -1 : 1));
