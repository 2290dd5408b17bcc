/**
 * The events that training and evaluation write, by type: the contract between the trainer and all
 * that shows a run (progress on the terminal, the report, the studio). Pure types.
 */
import type { JsonObject } from './types.ts';

export interface TrainEvents {
  /** Once, before all but a `resume`. */
  start: {
    method: string;
    seed: number;
    labels: number;
    stages: { name: StageName; steps: number }[];
  };
  /** A stage begins. */
  stage: { name: StageName; steps: number };
  /** Every few steps: `done` of `steps` of the stage, mean losses since the last, seconds until the stage ends. */
  progress: {
    stage: StageName;
    done: number;
    steps: number;
    losses: Record<string, number>;
    secondsLeft: number;
  };
  /** Mean Dice over the foreground classes of all validation cases, and the segmentation loss there. */
  validation: { done: number; dice: number; loss: number; best: boolean };
  /**
   * After an upper step: per searched level the softmax weights of its candidates, the hypergradient's
   * length, and how far alpha has moved from its start (L2).
   */
  architecture: {
    done: number;
    levels: { name: string; weights: number[]; hypergradient: number; moved: number }[];
    candidates: string[];
  };
  /** A PNG in previews/: rows of mask, synthetic image, nearest real image. */
  preview: { done: number; file: string };
  /** The visible proof that the loop is closed. */
  selfcheck: {
    passed: boolean;
    checks: { name: string; passed: boolean; value: string; explanation: string }[];
  };
  checkpoint: { done: number };
  /** The final scores on a set, as in eval/<set>/summary.json. */
  evaluation: {
    set: string;
    dice: number;
    low: number;
    high: number;
    cases: number;
    scored?: number;
  };
  /** Last, when all files are written. */
  end: { reason: 'finished' | 'interrupted' | 'failed'; message: string; seconds: number };
}

export type StageName = 'pretrain' | 'train' | 'evaluate';
export type TrainEventType = keyof TrainEvents;

/** An event's data as the log stores it. */
export const eventData = <T extends TrainEventType>(data: TrainEvents[T]): JsonObject =>
  data as unknown as JsonObject;
