/**
 * Writes what the evaluation on a test set found: eval/<set>/cases.csv, one row per case and class, and
 * eval/<set>/summary.json with our result under `genseg` beside nnU-Net v2's own keys
 * (`metric_per_case`, `mean`, `foreground_mean`), so that tools made for nnU-Net read it.
 */
import {
  type ClassMetrics,
  type Confusion,
  meanOverClasses,
  metricNames,
  type Presence,
  summarise,
} from '../metrics/index.ts';
import { Random } from '../random.ts';
import {
  type Cell,
  csvText,
  evaluationPaths,
  writeFileAtomic,
  writeJsonAtomic,
} from '../run/index.ts';
import type { SetResult } from './set-result.ts';

/** A case as `caseMetrics` scores it. */
export interface EvaluatedCase {
  readonly id: string;
  /** Cases of one patient are resampled together; absent: every case is its own patient. */
  readonly patient?: string;
  /** As of `SetResult`. */
  readonly sha256?: string;
  /** By class id. */
  readonly classes: Readonly<Record<number, ClassMetrics>>;
}

export interface Evaluation {
  readonly cases: readonly EvaluatedCase[];
  /** Class names, background first. */
  readonly classes: readonly string[];
  /** Of the distances in all cases. */
  readonly unit: 'mm' | 'px';
  /** Of the NSD. */
  readonly tolerance?: number;
  /** Of the bootstrap. */
  readonly seed: number;
  /** Where the cases come from, and what is to be said of them. */
  readonly origin?: Pick<SetResult, 'root' | 'warnings' | 'seen'>;
}

/** Summarises an evaluation and writes its two files. */
export function writeEvaluation(root: string, set: string, evaluation: Evaluation): SetResult {
  const result = summariseSet(evaluation);
  const paths = evaluationPaths(root, set);
  writeFileAtomic(paths.cases, casesCsv(evaluation, result));
  writeJsonAtomic(paths.summary, { genseg: result, ...nnunetSummary(evaluation) });
  return result;
}

/** The case scores, their means and their intervals; of several classes each, and their mean. */
export function summariseSet(evaluation: Evaluation): SetResult {
  const { cases, classes, unit, tolerance = 2, seed, origin } = evaluation;
  const summaryOf = (metricsOf: (one: EvaluatedCase) => ClassMetrics) =>
    summarise(
      cases.map((one) => ({ id: one.id, patient: one.patient, metrics: metricsOf(one) })),
      new Random(seed),
    );
  const byClass = <T>(value: (classId: number) => T): { classes?: Record<string, T> } =>
    classes.length === 2
      ? {}
      : {
          classes: Object.fromEntries(
            foregroundClasses(classes).map(({ name, id }) => [name, value(id)]),
          ),
        };
  return {
    ...origin,
    cases: cases.map((one) => ({
      id: one.id,
      patient: one.patient,
      ...(one.sha256 !== undefined && { sha256: one.sha256 }),
      ...scoresOf(foreground(one)),
      ...byClass((id) => scoresOf(one.classes[id])),
    })),
    ...summaryOf(foreground),
    unit,
    tolerance,
    ...byClass((id) => {
      const { mean, ci95, presence } = summaryOf((one) => one.classes[id]);
      return { mean, ci95, presence };
    }),
  };
}

const foregroundClasses = (classes: readonly string[]) =>
  classes.map((name, id) => ({ name, id })).slice(1);

/** All foreground classes of a case as one: mean scores, summed counts. */
function foreground({ classes }: EvaluatedCase): ClassMetrics {
  const each = Object.values(classes);
  if (each.length === 1) return each[0];
  const sum = (count: keyof Confusion) =>
    each.reduce((total, { confusion }) => total + confusion[count], 0);
  const some = (...wanted: Presence[]) => each.some(({ presence }) => wanted.includes(presence));
  const [inTruth, inPrediction] = [some('both', 'missed'), some('both', 'false')];
  return {
    ...meanOverClasses(classes),
    presence: inTruth ? (inPrediction ? 'both' : 'missed') : inPrediction ? 'false' : 'neither',
    confusion: {
      truePositives: sum('truePositives'),
      falsePositives: sum('falsePositives'),
      falseNegatives: sum('falseNegatives'),
      trueNegatives: sum('trueNegatives'),
    },
  };
}

const scoresOf = ({ confusion: _, ...scores }: ClassMetrics) => scores;

function casesCsv({ cases, classes }: Evaluation, { unit, tolerance }: SetResult): string {
  const columns = metricNames.map((name) => {
    if (name === 'hd95' || name === 'assd') return `${name}_${unit}`;
    return name === 'nsd' ? `nsd_at_${tolerance}${unit}` : name;
  });
  const row = (one: EvaluatedCase, name: string, metrics: ClassMetrics): Cell[] => [
    ...[one.id, one.patient, name, metrics.presence],
    ...metricNames.map((metric) => (Number.isNaN(metrics[metric]) ? undefined : metrics[metric])),
  ];
  const rows = cases.flatMap((one) => [
    ...foregroundClasses(classes).map(({ name, id }) => row(one, name, one.classes[id])),
    ...(classes.length > 2 ? [row(one, 'foreground mean', foreground(one))] : []),
  ]);
  return csvText(['id', 'patient', 'class', 'presence', ...columns], rows);
}

/** nnU-Net v2, evaluation/evaluate_predictions.py: names and nesting; it has no names for files here. */
function nnunetSummary({ cases, classes }: Evaluation) {
  const perCase = cases.map(({ id, classes: byId }) => ({
    prediction_file: id,
    reference_file: id,
    metrics: Object.fromEntries(
      Object.entries(byId).map(([classId, metrics]) => [classId, nnunetMetrics(metrics)]),
    ),
  }));
  const mean = Object.fromEntries(
    foregroundClasses(classes).map(({ id }) => [
      id,
      meanOfRecords(perCase.map(({ metrics }) => metrics[id])),
    ]),
  );
  return { metric_per_case: perCase, mean, foreground_mean: meanOfRecords(Object.values(mean)) };
}

type NnunetMetrics = Record<string, number>;

function nnunetMetrics({ dice, jaccard, confusion }: ClassMetrics): NnunetMetrics {
  const { truePositives, falsePositives, falseNegatives, trueNegatives } = confusion;
  return {
    Dice: dice,
    IoU: jaccard,
    TP: truePositives,
    FP: falsePositives,
    FN: falseNegatives,
    TN: trueNegatives,
    n_pred: truePositives + falsePositives,
    n_ref: truePositives + falseNegatives,
  };
}

/** Per key the mean of the values that are not NaN. */
function meanOfRecords(records: readonly NnunetMetrics[]): NnunetMetrics {
  const keys = Object.keys(records[0] ?? {});
  return Object.fromEntries(
    keys.map((key) => {
      const values = records.map((record) => record[key]).filter((value) => !Number.isNaN(value));
      return [key, values.reduce((total, value) => total + value, 0) / values.length];
    }),
  );
}
