/** An event of the log with the type of its data. */
import type { RunEvent, TrainEvents, TrainEventType } from '../run/index.ts';

export type TrainEvent = {
  [T in TrainEventType]: Omit<RunEvent, 'type' | 'data'> & { type: T; data: TrainEvents[T] };
}[TrainEventType];

/** The data is taken to be as train-events.ts says; NaN may have become null. */
export const asTrainEvent = (event: RunEvent): TrainEvent => event as unknown as TrainEvent;
