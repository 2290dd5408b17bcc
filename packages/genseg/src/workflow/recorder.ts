/** Writes what happens in a run to all its records: events.jsonl, metrics.csv, TensorBoard, the watcher. */
import {
  EventLog,
  eventData,
  MetricsCsv,
  type RunEvent,
  type RunPaths,
  TensorBoardLog,
  type TrainEvents,
  type TrainEventType,
} from '../run/index.ts';

const columns = [
  'segmentation',
  'generator',
  'discriminator',
  'architecture',
  'validation_loss',
  'validation_dice',
] as const;
type Column = (typeof columns)[number];

export class Recorder {
  readonly #events: EventLog;
  readonly #metrics: MetricsCsv<Column>;
  readonly #tensorBoard: TensorBoardLog;
  readonly #watch: (event: RunEvent) => void;

  /** @param resumeAfter the step to go on from, -1 for a new start; what was recorded of later ones is dropped. */
  constructor(paths: RunPaths, watch: (event: RunEvent) => void, resumeAfter?: number) {
    this.#events = new EventLog(paths.events);
    this.#metrics = new MetricsCsv(paths.metrics, columns);
    this.#tensorBoard = new TensorBoardLog(paths.root, { resumeAfter });
    this.#watch = watch;
    if (resumeAfter === undefined) return;
    this.#events.truncateAfter(resumeAfter);
    this.#metrics.truncateAfter(resumeAfter);
  }

  emit<T extends TrainEventType>(type: T, step: number, data: TrainEvents[T]): void {
    const event = this.#events.append(type, step, eventData(data));
    if (type === 'progress') this.#scalars(step, (data as TrainEvents['progress']).losses);
    if (type === 'validation') {
      const { dice, loss } = data as TrainEvents['validation'];
      this.#scalars(step, { validation_dice: dice, validation_loss: loss });
    }
    this.#watch(event);
  }

  #scalars(step: number, values: Partial<Record<Column, number>>): void {
    this.#metrics.append(step, values);
    this.#tensorBoard.scalars(step, values as Record<string, number>);
  }

  dispose(): void {
    for (const sink of [this.#events, this.#metrics, this.#tensorBoard]) sink[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
