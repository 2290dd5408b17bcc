/**
 * The plain JSON of a run folder, shared with the browser: types only, nothing of Node.
 */

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

/** A resolved option and where its value came from, in words: `default`, `--size`, `GENSEG_SIZE`. */
export interface Setting<T> {
  readonly value: T;
  readonly source: string;
}

export type Settings<T> = { readonly [Key in keyof T]: Setting<T[Key]> };

/** The content of config.json; `format` also tells a run folder from any other. */
export interface RunConfig {
  readonly format: 'genseg-run/1';
  readonly settings: Settings<JsonObject>;
}

/** A choice that was made for a run, as plan.json has it. */
export interface Decision {
  name: string;
  value: string | number;
  reason: string;
}

/** One line of events.jsonl. */
export interface RunEvent {
  /** Increases from line to line, with gaps where a resumed run dropped lines; never used twice. */
  readonly id: number;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** Optimiser updates of the run so far. */
  readonly step: number;
  /** `resume` is the log's own: events of later steps that were seen before it are void. */
  readonly type: string;
  readonly data: JsonObject;
}

/** The content of environment.json. */
export interface Environment {
  readonly genseg: { readonly version: string; readonly commit: string | null };
  readonly node: string;
  readonly os: string;
  readonly cpu: { readonly model: string; readonly cores: number };
  readonly memoryBytes: number;
  /** What the tensor engine says of itself: versions, devices, threads. */
  readonly engine: JsonValue;
}
