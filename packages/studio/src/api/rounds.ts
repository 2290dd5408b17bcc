/** Rounds of training: one or several methods on the labels of the moment, each in its own run folder. */
import type { JsonObject, RunEvent, TrainEvents } from 'genseg/run';

export type { RunEvent, TrainEvents };

export type MethodName = 'plain' | 'augment' | 'separate' | 'genseg';

export interface TrainingOptions {
  /** In the order of the report. */
  methods: MethodName[];
  /** Of the segmentation model: unet, deeplabv3, resunet, swin-unet. */
  model: string;
  /** Side in px of the square that images are resampled to. */
  size: number;
  preset: 'fast' | 'standard' | 'paper';
  /** Seconds of training for the costliest method, whose steps the others take too; null: as long as the preset takes. */
  budget: number | null;
  /** Segmentation steps; null: the preset or the budget decide. */
  iterations: number | null;
  /** Labelled cases that validate; null: a fifth. */
  validation: number | null;
  seed: number;
  /** Names of test sets beside the project's own test split. */
  testSets: string[];
}

export interface TrainingPreset {
  name: string;
  /** One sentence: what it is good for. */
  summary: string;
  options: TrainingOptions;
}

/** What a start would do, in words. */
export interface TrainingPlan {
  sentences: string[];
  /** Whole round, as if each method took the whole budget; null: not known before it runs. */
  seconds: number | null;
  labelled: number;
  /** Reasons not to start; empty: it can. */
  obstacles: string[];
  /** Worth knowing. */
  warnings: string[];
}

/**
 * `starting`: the process runs, its folder is not there yet. `paused`: stopped at a checkpoint. `killed`: ended
 * without a word; both go on with resume. `stopping`: was asked to pause or stop.
 */
export type RunState =
  | 'waiting'
  | 'starting'
  | 'running'
  | 'stopping'
  | 'paused'
  | 'killed'
  | 'finished'
  | 'failed';

export interface RunSummary {
  method: MethodName;
  state: RunState;
  /** Below the project's folder. */
  folder: string;
  stage: TrainEvents['progress']['stage'] | null;
  /** These three of the stage. */
  done: number;
  steps: number;
  secondsLeft: number | null;
  /** Best mean Dice on the validation cases so far. */
  validationDice: number | null;
  /** By test set: mean Dice with its 95 % interval. */
  scores: TrainEvents['evaluation'][];
  /** Whether there is a model to predict with and to download. */
  model: boolean;
  /** Of a failed run: the error, which names the mend. */
  message: string | null;
}

export interface Round {
  /** Name of its folder in runs/. */
  name: string;
  /** The most alive of its runs' states. */
  state: RunState;
  /** ISO 8601. */
  startedAt: string | null;
  /** null: started by the command line, or unreadable. */
  options: TrainingOptions | null;
  /** In the order of training. */
  runs: RunSummary[];
  /** The labels it was given: what makes rounds comparable. */
  labels: RoundLabels | null;
}

/** Case ids by use, and what changed since the round before. */
export interface RoundLabels {
  train: string[];
  validation: string[];
  test: string[];
  /** Against the round before: cases that are new to it, and those whose mask was changed. */
  added: string[];
  changed: string[];
}

/** One event of one run of a round, as the stream sends it (`event: run`). */
export interface RoundEvent {
  method: MethodName;
  event: RunEvent;
}

/** An event's data by its type, for `event.type === 'progress'` and the others in TrainEvents. */
export type EventData<T extends keyof TrainEvents> = TrainEvents[T];
export type UnknownEventData = JsonObject;
