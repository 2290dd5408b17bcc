/**
 * Percentile bootstrap (Efron 1979) of means over cases, by patient: a resample draws patients with
 * replacement and takes all cases of each, because cases of one patient are not independent.
 */

import type { Random } from '../random.ts';
import { percentile } from './percentile.ts';

export type Interval = readonly [low: number, high: number];

export interface BootstrapOptions {
  /** Number of resamples. */
  readonly resamples?: number;
}

/**
 * The 95 % interval of the mean of every column of `rows` ([cases, columns]), all from the same
 * resamples. `patients` names the patient of each row. NaN with fewer than two patients.
 */
export function bootstrapMeans(
  rows: readonly (readonly number[])[],
  patients: readonly string[],
  random: Random,
  { resamples = 10_000 }: BootstrapOptions = {},
): Interval[] {
  const totals = totalsByPatient(rows, patients);
  const columns = rows[0]?.length ?? 0;
  const means = Array.from({ length: columns }, () => new Float64Array(resamples));
  for (let r = 0; r < resamples; r++) {
    let cases = 0;
    for (let draw = 0; draw < totals.length; draw++) {
      const patient = totals[random.integer(totals.length)];
      cases += patient.cases;
      for (let c = 0; c < columns; c++) means[c][r] += patient.sums[c];
    }
    for (let c = 0; c < columns; c++) means[c][r] /= cases;
  }
  return means.map((column) => {
    if (totals.length < 2) return [Number.NaN, Number.NaN];
    column.sort();
    return [percentile(column, 2.5), percentile(column, 97.5)];
  });
}

interface PatientTotal {
  cases: number;
  readonly sums: number[];
}

/** The sums of the columns of `rows` and the number of cases, per patient. */
export function totalsByPatient(
  rows: readonly (readonly number[])[],
  patients: readonly string[],
): PatientTotal[] {
  const totals = new Map<string, PatientTotal>();
  for (const [i, row] of rows.entries()) {
    const total = totals.get(patients[i]);
    if (total) {
      total.cases++;
      row.forEach((value, c) => {
        total.sums[c] += value;
      });
    } else {
      totals.set(patients[i], { cases: 1, sums: row.slice() });
    }
  }
  return [...totals.values()];
}

/** Below this many patients, intervals and tests say little and the reader must be told. */
const FEW = 10;

/** A sentence for the reader where there are too few patients, else undefined. */
export function caution(cases: number, patients: number): string | undefined {
  if (patients >= FEW) return undefined;
  const counted = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;
  return (
    `Only ${counted(cases, 'scored case')} from ${counted(patients, 'patient')}: ` +
    `with fewer than ${FEW}, intervals and tests say little.`
  );
}
