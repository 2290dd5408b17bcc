/** Scores of label images per case and class, their summaries and paired tests. No tensors, no files. */

export { type BootstrapOptions, bootstrapMeans, type Interval } from './bootstrap.ts';
export {
  type Calibration,
  type CalibrationBins,
  calibration,
  calibrationBins,
  type ReliabilityBin,
} from './calibration.ts';
export {
  type CaseMetricsOptions,
  type ClassMetrics,
  caseMetrics,
  type MetricName,
  meanOverClasses,
  metricNames,
  type Presence,
  regionMask,
  regionMetrics,
  type Scores,
} from './case.ts';
export { type CaseScore, type Comparison, compare, holm } from './comparison.ts';
export { distanceUnit, type Grid } from './grid.ts';
export { type Confusion, confusion, dice, jaccard, precision, recall } from './overlap.ts';
export { median } from './percentile.ts';
export { spearman } from './ranks.ts';
export { type ScoredCase, type Summary, summarise } from './summary.ts';
export { type SignedRankTest, wilcoxonSignedRank } from './wilcoxon.ts';
