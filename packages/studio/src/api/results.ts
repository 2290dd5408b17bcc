/** What a round came to. */
import type { MethodName, RoundLabels } from './rounds.ts';

/** null: nothing to score. */
export type Score = number | null;

export type MetricName = 'dice' | 'jaccard' | 'precision' | 'recall' | 'hd95' | 'assd' | 'nsd';

export interface CaseScores extends Record<MetricName, Score> {
  id: string;
  patient: string | null;
  presence: 'both' | 'missed' | 'false' | 'neither';
  /** Names of pictures of /results/pictures/…; null where the run kept none. */
  overlay: string | null;
  /** Whether the image itself is a case of the project (its picture is then that of the case). */
  inProject: boolean;
}

export interface SetScores {
  /** `test`: the project's own; else the name of a test set. */
  set: string;
  /** Whether it is the project's own test split. */
  inDomain: boolean;
  mean: Record<MetricName, Score>;
  ci95: Record<MetricName, [Score, Score]>;
  /** Of distances. */
  unit: 'mm' | 'px';
  patients: number;
  caution: string | null;
  /** Worst Dice first. */
  cases: CaseScores[];
}

/** How often a predicted probability holds, in bins. */
export interface Calibration {
  /** Of which class. */
  class: string;
  /** Expected calibration error. */
  ece: number;
  bins: { from: number; to: number; confidence: number; accuracy: number; count: number }[];
}

export interface RunResults {
  method: MethodName;
  sets: SetScores[];
  /** On the own test set; null where the run did not measure it. */
  calibration: Calibration | null;
  model: boolean;
  report: boolean;
  /** Decisions of plan.json with their reasons. */
  decisions: { name: string; value: string; reason: string }[];
}

export interface RoundResults {
  round: string;
  runs: RunResults[];
  labels: RoundLabels | null;
  /** What may be said of these numbers, and what may not; a line for each thing. */
  verdict: string;
}

/** Rounds beside each other on the set they share; `comparable` false: their test cases differ. */
export interface Comparison {
  set: string | null;
  rows: {
    round: string;
    method: MethodName;
    labels: number;
    added: number;
    changed: number;
    dice: Score;
    low: Score;
    high: Score;
    cases: number;
  }[];
  comparable: boolean;
  sentence: string;
}
