/** The cells of a suite: which there are, in which order, and the command that each is. */
import { join } from 'node:path';
import { flagName, takesUnlabelled } from '../run/index.ts';
import type { Options, Suite, Task } from './suite.ts';

export interface Cell {
  /** Also the name of its files: `lungs-9-genseg-0`. */
  readonly id: string;
  readonly task: string;
  readonly variant: string;
  readonly model: string;
  readonly method: string;
  readonly labels: number;
  readonly seed: number;
  /** All that decides its result: options of `genseg train` by name, but for `out` and `threads`. */
  readonly options: CellOptions;
  /** The folders and files that it reads, as they are in the options. */
  readonly reads: readonly string[];
  /** CPU threads that the suite wants; null: what is left for each of the processes. */
  readonly threads: number | null;
}

type Place = Pick<Cell, 'seed' | 'labels' | 'model' | 'method'> & {
  readonly task: Task;
  readonly variant: Suite['variants'][number];
};

export type CellOptions = Readonly<Record<string, Options[string] | readonly string[]>> & {
  readonly data: string;
};

/** That of `genseg train`, which needs no option for it. */
const defaultModel = 'unet';

/** Draws first, so that a suite that is stopped has whole draws; then the methods of a cell side by side. */
export const cellsOf = (suite: Suite): Cell[] =>
  suite.seeds
    .flatMap((seed) => suite.tasks.map((task) => ({ seed, task })))
    .flatMap((at) => at.task.labels.map((labels) => ({ ...at, labels })))
    .flatMap((at) => suite.variants.map((variant) => ({ ...at, variant })))
    .flatMap((at) => suite.models.map((model) => ({ ...at, model })))
    .flatMap((at) => suite.methods.map((method) => cellOf(suite, { ...at, method })));

/** A model is part of the id unless it is the default alone, since suites may share a folder; a variant, of several. */
function cellOf(
  { models, variants }: Suite,
  { seed, task, labels, variant, model, method }: Place,
): Cell {
  const { threads = null, ...options } = { ...task.options, ...variant.options };
  const several = [
    ...(variants.length > 1 ? [variant.name] : []),
    ...(models.length > 1 || model !== defaultModel ? [modelId(model)] : []),
  ];
  const unlabelled = takesUnlabelled(method) ? task.unlabelled : null;
  const files = [model, String(options.weights)].filter((file) => /\.(pt|safetensors)$/.test(file));
  return {
    id: [task.name, labels, ...several, method, seed].join('-'),
    ...{ task: task.name, variant: variant.name, model, method, labels, seed },
    options: {
      ...{ data: task.data, method },
      ...(model !== defaultModel && { model }),
      ...{ labels, seed, test: task.test },
      ...(unlabelled !== null && { unlabelled }),
      ...options,
    },
    reads: [task.data, ...task.test, ...(unlabelled === null ? [] : [unlabelled]), ...files],
    threads: typeof threads === 'number' ? threads : null,
  };
}

/** Of a file its name. */
const modelId = (model: string): string => model.split(/[/\\]/).at(-1)!.replace(/\.pt$/, '');

/** The arguments of genseg that stand for its options. */
export function argsOf({ options: { data, ...options } }: Pick<Cell, 'options'>): string[] {
  const flags = Object.entries(options).flatMap(([name, value]) => {
    if (typeof value === 'boolean') return value ? [flagName(name)] : [];
    return [value].flat().flatMap((one) => [flagName(name), String(one)]);
  });
  return ['train', data, ...flags];
}

/** Where the cell's files lie. */
export const cellPaths = (out: string, { id }: Pick<Cell, 'id'>) => ({
  run: join(out, 'runs', id),
  /** What its inputs were when it began, and its outcome. */
  record: join(out, 'cells', `${id}.json`),
});

/** Everything that is passed to genseg, the result as JSON. A table of scores needs no more than scores. */
export const commandOf = (out: string, cell: Cell, threads: number): string[] => [
  ...[...argsOf(cell), '--out', cellPaths(out, cell).run],
  ...['--threads', String(cell.threads ?? threads), '--fast-test', '--json'],
];
