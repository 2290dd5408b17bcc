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
  /** All that decides its result: the arguments of `genseg train` but for `--out` and `--threads`. */
  readonly args: readonly string[];
  /** The folders and files that it reads, as they are in the arguments. */
  readonly reads: readonly string[];
  /** CPU threads that the suite wants; null: what is left for each of the processes. */
  readonly threads: number | null;
}

/**
 * Draws first, so that a suite that is stopped has whole draws; then the methods of a cell side by side.
 * A model or variant is part of the id where the suite has several.
 */
export function cellsOf(suite: Suite): Cell[] {
  const { seeds, tasks, variants, models, methods } = suite;
  return seeds.flatMap((seed) =>
    tasks.flatMap((task) =>
      task.labels.flatMap((labels) =>
        variants.flatMap((variant) =>
          models.flatMap((model) =>
            methods.map((method) => {
              const options = { ...task.options, ...variant.options };
              const parts = [
                task.name,
                labels,
                ...(variants.length > 1 ? [variant.name] : []),
                ...(models.length > 1 ? [modelId(model)] : []),
                method,
                seed,
              ];
              return {
                id: parts.join('-'),
                ...{ task: task.name, variant: variant.name, model, method, labels, seed },
                args: argsOf(task, { model, method, labels, seed, options }),
                reads: [
                  ...[task.data, ...task.test, ...unlabelledOf(task, method)],
                  ...[model, String(options.weights)].filter((file) =>
                    /\.(pt|safetensors)$/.test(file),
                  ),
                ],
                threads: typeof options.threads === 'number' ? options.threads : null,
              };
            }),
          ),
        ),
      ),
    ),
  );
}

/** Of a file its name. */
export const modelId = (model: string): string => model.split(/[/\\]/).at(-1)!.replace(/\.pt$/, '');

const unlabelledOf = ({ unlabelled }: Task, method: string): string[] =>
  unlabelled !== null && takesUnlabelled(method) ? [unlabelled] : [];

function argsOf(
  task: Task,
  cell: { model: string; method: string; labels: number; seed: number; options: Options },
): string[] {
  const { model, method, labels, seed, options } = cell;
  const flags = Object.entries(options)
    .filter(([name, value]) => name !== 'threads' && value !== false)
    .flatMap(([name, value]) =>
      value === true ? [flagName(name)] : [flagName(name), String(value)],
    );
  return [
    ...['train', task.data, '--method', method],
    ...(model === 'unet' ? [] : ['--model', model]),
    ...['--labels', String(labels), '--seed', String(seed)],
    ...task.test.flatMap((folder) => ['--test', folder]),
    ...unlabelledOf(task, method).flatMap((folder) => ['--unlabelled', folder]),
    ...flags,
  ];
}

/** Where the cell's files lie. */
export const cellPaths = (out: string, { id }: Pick<Cell, 'id'>) => ({
  run: join(out, 'runs', id),
  /** What its inputs were when it began, and its outcome. */
  record: join(out, 'cells', `${id}.json`),
});

/** Everything that is passed to genseg, the result as JSON. A table of scores needs no more than scores. */
export const commandOf = (out: string, cell: Cell, threads: number): string[] => [
  ...[...cell.args, '--out', cellPaths(out, cell).run],
  ...['--threads', String(cell.threads ?? threads), '--fast-test', '--json'],
];
