/** metrics.csv: the curves of a run as a table, a row per reported step, for any spreadsheet. */

import { DataError } from '../errors.ts';
import { csvLine } from './csv.ts';
import { LineFile, readLines } from './line-file.ts';

/** The one writer of metrics.csv. The column `step` comes first, then the given ones. */
export class MetricsCsv<Column extends string = string> implements Disposable {
  readonly #path: string;
  readonly #columns: readonly Column[];
  readonly #file: LineFile;

  /** Opens the table, or starts one with its header. */
  constructor(path: string, columns: readonly Column[]) {
    this.#path = path;
    this.#columns = columns;
    this.#file = new LineFile(path);
    const header = csvLine(['step', ...columns]);
    const [found] = readLines(path);
    if (found === undefined) this.#file.append(header);
    else if (found !== header) {
      this.#file[Symbol.dispose]();
      throw new DataError(
        `${path} has the columns ${found}, this version writes ${header}; start a new run`,
      );
    }
  }

  /** Adds a row; values that are not given stay empty. */
  append(step: number, values: Readonly<Partial<Record<Column, number>>>): void {
    this.#file.append(csvLine([step, ...this.#columns.map((column) => values[column])]));
  }

  /** Drops the rows of steps after `step`, which the resumed run is about to repeat. */
  truncateAfter(step: number): void {
    const [header, ...rows] = readLines(this.#path);
    this.#file.rewrite([header, ...rows.filter((row) => Number.parseInt(row, 10) <= step)]);
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}
