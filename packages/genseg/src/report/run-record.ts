/**
 * All that a run folder tells, read for the report: also of a run that goes on, was interrupted or was
 * never evaluated. What is not there yet is null or empty.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { type Manifest, manifestSchema } from '../data/index.ts';
import { DataError } from '../errors.ts';
import {
  type Environment,
  endOf,
  type JsonObject,
  type RunEvent,
  type RunPaths,
  readEvents,
  readRunConfig,
  runPaths,
  type Settings,
  type TrainEvents,
  type TrainEventType,
} from '../run/index.ts';
import { readSetResult, type SetResult } from './set-result.ts';
import { asTrainEvent, type TrainEvent } from './train-event.ts';
import { type Audit, readAudit, readSetTrust, type SetTrust } from './trust-result.ts';

const decision = z.object({
  name: z.string(),
  value: z.union([z.string(), z.number(), z.boolean(), z.null()]),
  reason: z.string(),
});
/** What sentences need of it; the page shows all. Early versions lack some. */
const recipeSchema = z
  .object({
    selectAfter: z.number().optional(),
    segmentation: z
      .object({
        steps: z.number().optional(),
        optimizer: z.string().optional(),
        lr: z.number().optional(),
        schedule: z.string().optional(),
        average: z.number().optional(),
      })
      .catchall(z.json()),
  })
  .catchall(z.json());
const planSchema = z.object({ decisions: z.array(decision), recipe: recipeSchema });
const splitsSchema = z.object({
  train: z.array(z.string()),
  validation: z.array(z.string()),
  test: z.array(z.string()),
});

const environmentSchema = z.custom<Environment>((value) => typeof value === 'object');

export type Decision = z.output<typeof decision>;

export interface RunRecord {
  readonly paths: RunPaths;
  /** Of the folder. */
  readonly name: string;
  readonly settings: Settings<JsonObject>;
  readonly method: string;
  readonly plan: z.output<typeof planSchema> | null;
  readonly manifest: Manifest | null;
  /** Case ids. */
  readonly splits: z.output<typeof splitsSchema> | null;
  readonly environment: Environment | null;
  readonly events: readonly TrainEvent[];
  /** `unfinished` goes on, or was killed. */
  readonly status: TrainEvents['end']['reason'] | 'unfinished';
  /** By name, in alphabetical order. */
  readonly sets: ReadonlyMap<string, SetResult>;
  /** By the name of the set. */
  readonly trust: ReadonlyMap<string, SetTrust>;
  readonly audit: Audit | null;
}

/**
 * Reads a run folder.
 * @param ending the event that its log will get when what it is read for is written.
 * @throws DataError where it is none, or one of its files cannot be understood.
 */
export function readRun(root: string, ending?: RunEvent): RunRecord {
  const { settings } = readRunConfig(root);
  const paths = runPaths(root);
  const events = [...readEvents(paths.events), ...(ending ? [ending] : [])].map(asTrainEvent);
  const sets = readSets(root, events);
  return {
    paths,
    name: basename(root),
    settings,
    method: String(settings.method?.value),
    plan: readJson(paths.plan, planSchema),
    manifest: readJson(paths.manifest, manifestSchema),
    splits: readJson(paths.splits, splitsSchema),
    environment: readJson(paths.environment, environmentSchema),
    events,
    status: statusOf(events),
    sets,
    trust: found([...sets.keys()].map((set) => [set, readSetTrust(root, set)])),
    audit: readAudit(paths) ?? null,
  };
}

/** The events of one type, in the order of the log. */
export function eventsOf<T extends TrainEventType>(
  { events }: Pick<RunRecord, 'events'>,
  wanted: T,
): { readonly step: number; readonly data: TrainEvents[T] }[] {
  return events
    .filter(({ type }) => type === wanted)
    .map(({ step, data }) => ({ step, data: data as TrainEvents[T] }));
}

function readJson<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> | null {
  if (!existsSync(path)) return null;
  try {
    return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new DataError(
      `${path} is not what this version writes; restore the file or start a new run`,
      { cause },
    );
  }
}

/** Those that the run evaluated itself first, then those it was evaluated on later. */
function readSets(root: string, events: readonly TrainEvent[]): Map<string, SetResult> {
  const folder = join(root, 'eval');
  const own = eventsOf({ events }, 'evaluation').map(({ data }) => data.set);
  const folders = existsSync(folder) ? readdirSync(folder).sort() : [];
  return found([...new Set([...own, ...folders])].map((set) => [set, readSetResult(root, set)]));
}

function found<T>(entries: readonly (readonly [string, T | undefined])[]): Map<string, T> {
  return new Map(entries.filter((entry): entry is [string, T] => entry[1] !== undefined));
}

const statusOf = (events: readonly TrainEvent[]): RunRecord['status'] =>
  endOf(events)?.data.reason ?? 'unfinished';
