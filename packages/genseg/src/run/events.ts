/**
 * events.jsonl: what happened in a run, one JSON object a line, for progress displays and the studio.
 * Any number of processes read it while one writes.
 */

import { DataError } from '../errors.ts';
import { LineFile, readLines } from './line-file.ts';
import type { JsonObject, RunEvent } from './types.ts';

/** The events of a run after the one with id `afterId`; a torn last line is left out. */
export function readEvents(path: string, afterId = 0): RunEvent[] {
  return readLines(path)
    .map((line, i) => parseEvent(line, `${path} line ${i + 1}`))
    .filter((event) => event.id > afterId);
}

function parseEvent(line: string, where: string): RunEvent {
  let event: RunEvent | null;
  try {
    event = JSON.parse(line);
  } catch (cause) {
    throw new DataError(`${where} is not JSON; delete that line`, { cause });
  }
  if (Number.isInteger(event?.id) && Number.isInteger(event?.step)) return event!;
  throw new DataError(`${where} is not an event, it lacks an id or a step; delete that line`);
}

/** How a run ended; null for one that has not, or that went on afterwards. */
export function endOf<E extends { readonly type: string }>(
  events: readonly E[],
): (E & { type: 'end' }) | null {
  const last = events.at(-1);
  return last?.type === 'end' ? (last as E & { type: 'end' }) : null;
}

/** The one writer of events.jsonl. */
export class EventLog implements Disposable {
  readonly #path: string;
  readonly #file: LineFile;
  #lastId: number;

  /** Opens the log, or starts one; new events continue the ids found. */
  constructor(path: string) {
    this.#path = path;
    this.#file = new LineFile(path);
    this.#lastId = readEvents(path).at(-1)?.id ?? 0;
  }

  /** Adds an event; `step` counts the optimiser updates so far. NaN in `data` becomes null. */
  append(type: string, step: number, data: JsonObject = {}): RunEvent {
    const event = this.#next(type, step, data);
    this.#file.append(JSON.stringify(event));
    return event;
  }

  /**
   * Drops the events of steps after `step`, which the resumed run is about to repeat (-1: all of them),
   * and adds a `resume` event. The dropped ids are not used again, so that a reader who had seen them, and asks
   * for what came after, gets the `resume` event and all that follows.
   */
  truncateAfter(step: number): void {
    const kept = readEvents(this.#path).filter((event) => event.step <= step);
    const events = [...kept, this.#next('resume', Math.max(step, 0), {})];
    this.#file.rewrite(events.map((event) => JSON.stringify(event)));
  }

  #next(type: string, step: number, data: JsonObject): RunEvent {
    this.#lastId++;
    return { id: this.#lastId, time: new Date().toISOString(), step, type, data };
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}
