/** Results of suites that were never run, for the tests of their report. */
import type { SuiteCell, SuiteResults } from '../src/suite/index.ts';

export interface Scores {
  task?: string;
  variant?: string;
  model?: string;
  method: string;
  labels?: number;
  seed?: number;
  /** Dice of each case of a test set, by its name; null: the cell failed, undefined: it has not been run. */
  sets?: Readonly<Record<string, readonly (number | null)[]>> | null;
  /** Ids of the cases, where they are not c0, c1, ... */
  ids?: readonly string[];
  /** Of the segmentation model, four images each. */
  steps?: number;
  code?: string;
}

export function cellOf(scores: Scores): SuiteCell {
  const {
    task = 'discs',
    variant = 'default',
    model = 'unet',
    method,
    labels = 9,
    seed = 0,
    sets,
    ids,
    steps = 240,
    code = 'v1',
  } = scores;
  const key = { task, variant, model, method, labels, seed };
  const id = [task, labels, method, seed].join('-');
  if (sets === undefined) return { id, ...key, record: null };
  const record = {
    inputs: { hash: 'h', data: 'd', code },
    command: ['train', 'data', '--method', method, '--out', `runs/${id}`, '--json'],
  };
  if (sets === null) return { id, ...key, record: { ...record, result: null, error: 'no luck' } };
  const mean = (values: readonly (number | null)[]) => {
    const known = values.filter((value) => value !== null);
    return known.reduce((a, b) => a + b, 0) / known.length;
  };
  const result = {
    ...{ seconds: 9, iterations: steps },
    cost: {
      updates: {
        segmentation: { steps, images: 4 * steps },
        ...(method === 'genseg' && { generator: { steps: 320, images: 640 } }),
      },
      seconds: { pretrain: 1, train: 5 + seed, evaluate: 3 },
    },
    sets: Object.fromEntries(
      Object.entries(sets).map(([set, dice]) => [
        set,
        {
          cases: dice.map((value, i) => ({ id: ids?.[i] ?? `c${i}`, dice: value })),
          mean: { dice: mean(dice) },
          ci95: { dice: [0, 1] as [number, number] },
        },
      ]),
    ),
  };
  return { id, ...key, record: { ...record, result, error: null } };
}

export const resultsOf = (
  cells: readonly Scores[],
  options: Partial<SuiteResults> = {},
): SuiteResults => ({
  format: 'genseg-suite/1',
  suite: 'trial',
  subject: 'genseg',
  methods: [...new Set(cells.map(({ method }) => method))],
  ...{ date: '2026-01-02', machine: 'a machine' },
  cells: cells.map(cellOf),
  ...options,
});

/** `count` numbers that vary from case to case by up to 0.05, about a mean. */
export const around = (mean: number, count = 12): number[] =>
  Array.from({ length: count }, (_, i) => mean + 0.05 * Math.cos(3 * i));
