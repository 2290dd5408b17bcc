/** What is known of each cell, in one file a cell: its inputs, and its result or why there is none. */
import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeJsonAtomic } from '../run/index.ts';
import { type Cell, cellPaths } from './cells.ts';
import type { Inputs } from './inputs.ts';

const score = z.number().nullable();
const setSchema = z.object({
  cases: z.array(z.object({ id: z.string(), patient: z.string().optional(), dice: score })),
  mean: z.record(z.string(), score),
  ci95: z.record(z.string(), z.tuple([score, score])),
});

/** What `genseg train --json` printed, as far as suites use it. */
const resultSchema = z.object({
  seconds: z.number(),
  iterations: z.number(),
  cost: z.object({
    updates: z.record(z.string(), z.object({ steps: z.number(), images: z.number() })),
    seconds: z.record(z.string(), z.number()),
  }),
  sets: z.record(z.string(), setSchema),
});

export const recordSchema = z.object({
  inputs: z.object({ hash: z.string(), data: z.string(), code: z.string() }),
  command: z.array(z.string()),
  result: resultSchema.nullable(),
  /** The last line that a cell said that ended without a result. */
  error: z.string().nullable(),
});

export type CellResult = z.output<typeof resultSchema>;
export type CellRecord = z.output<typeof recordSchema>;

/** `done` needs nothing; `begun` goes on from its checkpoint; `changed` is run again, its inputs are others. */
export type CellState = 'done' | 'begun' | 'failed' | 'changed' | 'new';

export function readRecord(out: string, cell: Pick<Cell, 'id'>): CellRecord | null {
  const { record } = cellPaths(out, cell);
  if (!existsSync(record)) return null;
  const parsed = recordSchema.safeParse(JSON.parse(readFileSync(record, 'utf8')));
  return parsed.success ? parsed.data : null; // of an older version: like new
}

export const writeRecord = (out: string, cell: Cell, record: CellRecord): void =>
  writeJsonAtomic(cellPaths(out, cell).record, record);

/** @param anyCode whether a result by another version of the code counts as well. */
export function stateOf(
  record: CellRecord | null,
  inputs: Inputs,
  { anyCode }: { anyCode: boolean },
): CellState {
  if (!record) return 'new';
  const same =
    record.inputs.hash === inputs.hash || (anyCode && record.inputs.data === inputs.data);
  if (!same) return 'changed';
  if (record.result) return 'done';
  return record.error === null ? 'begun' : 'failed';
}

export const parseResult = (stdout: string): CellResult => resultSchema.parse(JSON.parse(stdout));
