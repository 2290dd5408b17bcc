/**
 * What a suite's results say, in numbers. Two kinds of chance are kept apart: which patients are tested
 * (intervals and tests over patients, on all draws of each case), and which images are labelled
 * (the draws one by one, their spread, and how many of them agree).
 */
import {
  bootstrapMeans,
  type CaseScore,
  compare,
  holm,
  type Interval,
  median,
} from '../../metrics/index.ts';
import { Random } from '../../random.ts';
import type { CellResult, SuiteCell, SuiteResults } from '../../suite/index.ts';

export interface MethodScore {
  readonly method: string;
  /** Mean Dice of each draw, in the order of the seeds. */
  readonly draws: readonly number[];
  /** Of all scores of all draws. */
  readonly mean: number;
  /** Over patients. */
  readonly interval: Interval;
  /** Standard deviation of the draws' means, and that of the cases' means over the draws. */
  readonly drawSpread: number;
  readonly caseSpread: number;
}

export interface Contrast {
  readonly other: string;
  /** Of the subject's Dice minus the other's, over cases, each its mean over the draws that scored both. */
  readonly difference: number;
  readonly ci95: readonly [low: number, high: number];
  /** Wilcoxon over patients, corrected for all contrasts of the report (Holm). */
  readonly p: number;
  /** Draws in which the subject's mean is higher. */
  readonly won: number;
  /** Fewer than ten patients: says so. */
  readonly caution?: string | undefined;
}

export interface SetAnalysis {
  readonly set: string;
  readonly cases: number;
  readonly methods: readonly MethodScore[];
  readonly contrasts: readonly Contrast[];
}

/** The cells of one task, number of labels, variant and model. */
export interface Group {
  readonly task: string;
  readonly labels: number;
  readonly variant: string;
  readonly model: string;
  /** Those that every method has a result for; others are left out. */
  readonly seeds: readonly number[];
  /** The data's own test set first. */
  readonly sets: readonly SetAnalysis[];
}

/** A method's cells that took the same steps and images; variants of the options may take others. */
export interface Cost {
  readonly method: string;
  readonly steps: number;
  readonly images: number;
  /** Updates of the generator. */
  readonly generatorSteps: number;
  /** Median over these cells of training, without evaluation. */
  readonly seconds: number;
}

export interface Analysis {
  readonly groups: readonly Group[];
  readonly costs: readonly Cost[];
  readonly failures: readonly { readonly id: string; readonly error: string }[];
  /** Cells without a result that have not failed. */
  readonly missing: number;
  /** Versions of the code that results come from. */
  readonly versions: number;
}

interface Done extends SuiteCell {
  readonly result: CellResult;
}

export function analyse({ cells, methods, subject }: SuiteResults): Analysis {
  const done = cells.flatMap((cell): Done[] =>
    cell.record?.result ? [{ ...cell, result: cell.record.result }] : [],
  );
  const taskOf = ({ task, variant, model }: SuiteCell) => JSON.stringify([task, variant, model]);
  const tasks = [...new Set(cells.map(taskOf))];
  const groups = tasks.flatMap((key) => {
    const own = done.filter((cell) => taskOf(cell) === key);
    const labels = [...new Set(own.map((cell) => cell.labels))].sort((a, b) => a - b);
    return labels.map((n) =>
      groupOf(
        own.filter((cell) => cell.labels === n),
        methods,
        subject,
      ),
    );
  });
  const failed = cells.filter(({ record }) => typeof record?.error === 'string');
  return {
    groups: withHolm(groups),
    costs: methods.flatMap((method) => costsOf(method, done)),
    failures: failed.map(({ id, record }) => ({ id, error: record!.error! })),
    missing: cells.length - done.length - failed.length,
    versions: new Set(done.map(({ record }) => record!.inputs.code)).size,
  };
}

function groupOf(cells: readonly Done[], methods: readonly string[], subject: string): Group {
  const [{ task, labels, variant, model }] = cells;
  const present = methods.filter((method) => cells.some((cell) => cell.method === method));
  const cellOf = (method: string, seed: number) =>
    cells.find((cell) => cell.method === method && cell.seed === seed);
  const seeds = [...new Set(cells.map(({ seed }) => seed))]
    .filter((seed) => present.every((method) => cellOf(method, seed)))
    .sort((a, b) => a - b);
  const names = seeds.length === 0 ? [] : Object.keys(cellOf(present[0], seeds[0])!.result.sets);
  const sets = names.map((set) => {
    const runs = present.map((method) => ({
      method,
      results: seeds.map((seed) => cellOf(method, seed)!.result.sets[set]),
    }));
    return setAnalysis(set, runs, subject);
  });
  return { task, labels, variant, model, seeds, sets };
}

type SetScores = CellResult['sets'][string];

function setAnalysis(
  set: string,
  runs: readonly { method: string; results: readonly SetScores[] }[],
  subject: string,
): SetAnalysis {
  const scored = runs.map(({ method, results }) => {
    const cases = meanOverDraws(results);
    const draws = results.map(({ mean }) => mean.dice ?? Number.NaN);
    const values = cases.map(({ value }) => value).filter(Number.isFinite);
    return {
      ...{ results, cases },
      score: {
        ...{ method, draws, mean: mean(scoresOf(results)) },
        interval: intervalOf(results),
        drawSpread: deviation(draws),
        caseSpread: deviation(values),
      },
    };
  });
  const own = scored.find(({ score }) => score.method === subject);
  const contrasts = own
    ? scored
        .filter((other) => other !== own)
        .map(({ results, score }): Contrast => {
          const pairs = [scoredWith(own.results, results), scoredWith(results, own.results)];
          const [ours, theirs] = pairs.map(meanOverDraws);
          const { difference, ci95, test, caution } = compare(ours, theirs, new Random(0));
          const won = own.score.draws.filter((dice, i) => dice > score.draws[i]).length;
          return { other: score.method, difference, ci95, p: test.pValue, won, caution };
        })
    : [];
  const { cases } = scored[0];
  return { set, cases: cases.length, methods: scored.map(({ score }) => score), contrasts };
}

const scoresOf = (draws: readonly SetScores[]): number[] =>
  draws.flatMap(({ cases }) => cases.flatMap(({ dice }) => dice ?? []));

/**
 * Of all scores of all draws, as the mean is: what could not be scored in a draw counts in the others. A
 * patient is drawn with its cases in every draw.
 */
function intervalOf(draws: readonly SetScores[]): Interval {
  const scored = draws.flatMap(({ cases }) => cases).filter(({ dice }) => dice !== null);
  const [ci95 = [Number.NaN, Number.NaN]] = bootstrapMeans(
    scored.map(({ dice }) => [dice!]),
    scored.map(({ id, patient = id }) => patient),
    new Random(0),
  );
  return ci95;
}

/** Draw by draw without the scores of cases that the other method has none of there: the rule of `compare`. */
const scoredWith = (draws: readonly SetScores[], others: readonly SetScores[]): SetScores[] =>
  draws.map((draw, i) => {
    const scored = others[i].cases.filter(({ dice }) => dice !== null);
    const ids = new Set(scored.map(({ id }) => id));
    const cases = draw.cases.map((one) => (ids.has(one.id) ? one : { ...one, dice: null }));
    return { ...draw, cases };
  });

/** Each case's mean over the draws that scored it; NaN of none. With test sets of their own, not all draws do. */
function meanOverDraws(draws: readonly SetScores[]): CaseScore[] {
  const found = new Map<string, { patient?: string; values: number[] }>();
  for (const { id, patient, dice } of draws.flatMap(({ cases }) => cases)) {
    const one = found.get(id) ?? { ...(patient !== undefined && { patient }), values: [] };
    if (dice !== null) one.values.push(dice);
    found.set(id, one);
  }
  return [...found].map(([id, { values, ...rest }]) => ({ id, ...rest, value: mean(values) }));
}

function withHolm(groups: readonly Group[]): Group[] {
  const every = groups.flatMap(({ sets }) => sets.flatMap(({ contrasts }) => contrasts));
  const adjusted = holm(every.map(({ p }) => p));
  const corrected = new Map(every.map((contrast, i) => [contrast, adjusted[i]]));
  return groups.map((group) => ({
    ...group,
    sets: group.sets.map((set) => ({
      ...set,
      contrasts: set.contrasts.map((one) => ({ ...one, p: corrected.get(one)! })),
    })),
  }));
}

function costsOf(method: string, done: readonly Done[]): Cost[] {
  const found = new Map<string, Cost & { all: number[] }>();
  for (const { result } of done.filter((cell) => cell.method === method)) {
    const { updates, seconds } = result.cost;
    const counts = { ...updates.segmentation, generatorSteps: updates.generator?.steps ?? 0 };
    const key = JSON.stringify(counts);
    const all = [...(found.get(key)?.all ?? []), (seconds.pretrain ?? 0) + (seconds.train ?? 0)];
    found.set(key, { method, ...counts, seconds: median(all), all });
  }
  return [...found.values()].map(({ all: _, ...cost }) => cost);
}

export const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length;

/** Of a sample; NaN of fewer than two. */
function deviation(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, x) => sum + (x - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
