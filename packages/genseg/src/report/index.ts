/** What a run shows of itself: progress lines, evaluation files, the report, the model card and CLAIM. */
export { writeClaim } from './claim.ts';
export {
  type ComparedRun,
  type Contrast,
  compareRuns,
  type Verdict,
  verdicts,
} from './compare-runs.ts';
export {
  type EvaluatedCase,
  type Evaluation,
  summariseSet,
  writeEvaluation,
} from './evaluation.ts';
export { counted, duration } from './format.ts';
export { writeModelCard } from './model-card.ts';
export { extremes, inFileName, overlayFile } from './overlays.ts';
export {
  nextProgress,
  type ProgressState,
  progressLine,
  progressNote,
  startOfProgress,
} from './progress.ts';
export { writeReport } from './report.ts';
export { formatComparison, formatResult } from './result-text.ts';
export { type RunRecord, readRun } from './run-record.ts';
export { type CaseResult, readSetResult, type SetResult, sameCases } from './set-result.ts';
export { writeSuiteReport } from './suite/suite-report.ts';
export {
  type Audit,
  type CaseTrust,
  readAudit,
  readSetTrust,
  type SetTrust,
  writeAudit,
  writeSetTrust,
} from './trust-result.ts';
export { inSentence, labelled, list, methodWords } from './words.ts';
