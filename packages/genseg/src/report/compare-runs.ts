/**
 * Runs compared on the test sets they share: the paired difference of the Dice of GenSeg (or of the last
 * run, where none is GenSeg) and of each other run, and in plain words whether GenSeg helped. The
 * p-values of all comparisons of a report are one family for Holm's correction.
 */
import type { Manifest } from '../data/index.ts';
import { type CaseScore, type Comparison, compare, holm } from '../metrics/index.ts';
import { Random } from '../random.ts';
import { counted, fixed, pValue, signed } from './format.ts';
import { type SetResult, sameCases, sameImages } from './set-result.ts';
import { doubt, type Kind, kindOf, rivalOf } from './verdict.ts';

/** A run as far as it is compared. */
export interface ComparedRun {
  /** Unique among the runs of a report. */
  readonly label: string;
  readonly method: string;
  /** Ids of the labelled cases; null where the run stopped before it drew them. */
  readonly splits: {
    readonly train: readonly string[];
    readonly validation: readonly string[];
  } | null;
  /** The data set, where the run has read it. */
  readonly manifest?: Pick<Manifest, 'cases'> | null;
  readonly sets: ReadonlyMap<string, SetResult>;
}

export interface Contrast {
  readonly set: string;
  readonly first: ComparedRun;
  readonly second: ComparedRun;
  /** What the second run calls the set: of the same images where it can. */
  readonly secondSet: string;
  /** Of first minus second, in Dice; null where they were tested on different images. */
  readonly result: (Comparison & { readonly adjustedP: number }) | null;
}

/** The run that others are compared with. */
export const subjectOf = <Run extends ComparedRun>(runs: readonly Run[]): Run =>
  runs.findLast(({ method }) => method === 'genseg') ?? runs.at(-1)!;

/** The subject against every other run on every set that both were tested on, whatever each calls it. */
export function compareRuns(runs: readonly ComparedRun[]): Contrast[] {
  const first = subjectOf(runs);
  const random = new Random(0); // the same report from the same runs
  // Two sets of the first may be of the same images.
  const paired = new Map(runs.map((run) => [run, new Set<string>()]));
  const contrasts = [...first.sets].flatMap(([set, result]) =>
    runs.flatMap((second) => {
      const secondSet = second === first ? undefined : counterpart(set, first, second);
      if (secondSet === undefined) return [];
      if (paired.get(second)!.has(secondSet)) return [];
      paired.get(second)!.add(secondSet);
      const other = second.sets.get(secondSet)!;
      return {
        ...{ set, first, second, secondSet },
        result: sameCases(result.cases, other.cases)
          ? compare(diceScores(result), diceScores(other), random)
          : null,
      };
    }),
  );
  const adjusted = holm(contrasts.flatMap(({ result }) => result?.test.pValue ?? []));
  return contrasts.map(({ result, ...contrast }) => ({
    ...contrast,
    result: result && { ...result, adjustedP: adjusted.shift()! },
  }));
}

/**
 * What the second run calls a set of the first: the same, unless that is of other images there and another is of these
 * (a run keeps the scores on two folders of one name as `ext` and `ext-2`). Undefined where it has neither.
 */
function counterpart(set: string, first: ComparedRun, second: ComparedRun): string | undefined {
  const { cases } = first.sets.get(set)!;
  const isPaired = (name: string, other: SetResult) => {
    const own = first.sets.get(name);
    return own !== undefined && sameCases(own.cases, other.cases);
  };
  const named = second.sets.get(set);
  if (named && isPaired(set, named)) return set;
  const alike = [...second.sets].find(
    ([name, other]) => sameImages(cases, other.cases) && !isPaired(name, other),
  );
  return alike?.[0] ?? (named && set);
}

/** The second run as a comparison names it. */
export const secondLabel = ({ set, second, secondSet }: Contrast): string =>
  set === secondSet ? second.label : `${second.label} (its ${secondSet})`;

const diceScores = ({ cases }: SetResult): CaseScore[] =>
  cases.map(({ id, patient, dice }) => ({ id, patient, value: dice }));

export interface Verdict {
  readonly set: string;
  readonly kind: Kind;
  readonly sentence: string;
}

const hashesOf = ({ images }: Manifest['cases'][number]): string =>
  images.map(({ sha256 }) => sha256).join('+');

/** Whether all runs that have read their data are of the same images. */
export function areOfOneData(runs: readonly ComparedRun[]): boolean {
  const contents = runs.flatMap(({ manifest }) =>
    manifest ? [manifest.cases.map(hashesOf).sort().join()] : [],
  );
  return new Set(contents).size <= 1;
}

/** Whether two runs were trained and validated on the same cases. */
function sameLabels(a: ComparedRun, b: ComparedRun): boolean {
  const key = ({ splits, manifest }: ComparedRun) => {
    const images = new Map(manifest?.cases.map((one) => [one.id, hashesOf(one)]));
    const sorted = (ids: readonly string[] = []) =>
      ids.map((id) => `${id} ${images.get(id)}`).sort();
    return JSON.stringify([sorted(splits?.train), sorted(splits?.validation)]);
  };
  return a.splits !== null && b.splits !== null && key(a) === key(b);
}

/**
 * Per set whether GenSeg helped, by the paired difference from strong augmentation, or where there is no
 * such run from the best of the others. Runs with the same labelled cases go before those of another label draw.
 */
export function verdicts(contrasts: readonly Contrast[]): Verdict[] {
  const sets = [...new Set(contrasts.map(({ set }) => set))];
  return sets.flatMap((set) => {
    const others = contrasts.filter(
      (c) => c.set === set && c.second.method !== 'genseg' && c.result !== null,
    );
    const paired = others.filter(({ first, second }) => sameLabels(first, second));
    const here = (paired.length > 0 ? paired : others).map((contrast) => {
      const { method, sets } = contrast.second;
      return { method, dice: sets.get(contrast.secondSet)!.mean.dice, contrast };
    });
    const rival = rivalOf(here)?.contrast;
    return rival?.first.method === 'genseg' && rival.result ? verdict(rival, rival.result) : [];
  });
}

function verdict(contrast: Contrast, result: NonNullable<Contrast['result']>): Verdict {
  const { set, first, second, secondSet } = contrast;
  const { difference, ci95, adjustedP, cases } = result;
  const [low, high] = ci95;
  const paired = { ...result, p: adjustedP };
  const tested = [
    { label: first.label, on: first.sets.get(set)! },
    { label: second.label, on: second.sets.get(secondSet)! },
  ];
  const seen = tested.flatMap(({ label, on }) => {
    const count = on.seen;
    return count ? `${label} was trained or validated on ${counted(count, 'test image')}.` : [];
  });
  const kind = seen.length > 0 ? 'cannot tell' : kindOf(paired);
  const direction = difference < 0 ? 'lower' : 'higher';
  const numbers =
    `${fixed(Math.abs(difference))} ${direction} than with ${secondLabel(contrast)} ` +
    `(95 % interval of the paired difference ${signed(low)} to ${signed(high)}, ` +
    `${counted(cases, 'case')}, Wilcoxon ${pValue(adjustedP)})`;
  const reason = kind === 'cannot tell' ? ` ${seen.join(' ') || doubt(paired)}` : '';
  const unpaired = sameLabels(first, second)
    ? ''
    : ' The two had other labelled images, which may explain a difference as well.';
  return {
    set,
    kind,
    sentence: `The mean Dice of ${first.label} is ${numbers}.${reason}${unpaired}`,
  };
}
