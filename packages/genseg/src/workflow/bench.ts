/** `genseg bench` before its first training: which cells are done, and how long the others would take here. */
import { fileURLToPath } from 'node:url';
import { resolveConfig, type TrainConfig, trainConfigSchema } from '../run/index.ts';
import {
  type Cell,
  type ContentOf,
  cellsOf,
  codeVersion,
  inputsOf,
  type PlannedCell,
  readRecord,
  type Suite,
  stateOf,
} from '../suite/index.ts';
import { estimateSeconds } from './estimate.ts';

/** This code, as it is compiled. */
function thisCode(): string {
  const torch = new URL('./', import.meta.resolve('@genseg/torch'));
  const native = new URL('../build/inputs.sha256', torch);
  return codeVersion(
    [new URL('../', import.meta.url), torch, native].map((url) => fileURLToPath(url)),
  );
}

/** The cells of a suite, and what is known of each in `out`. @param options.anyCode see stateOf. */
export async function planCells(
  suite: Suite,
  { out, anyCode, contentOf }: { out: string; anyCode: boolean; contentOf: ContentOf },
): Promise<PlannedCell[]> {
  const code = thisCode();
  const planned: PlannedCell[] = [];
  for (const cell of cellsOf(suite)) {
    const inputs = await inputsOf(cell, code, contentOf);
    planned.push({ cell, inputs, state: stateOf(readRecord(out, cell), inputs, { anyCode }) });
  }
  return planned;
}

/** Seconds, one cell after another. */
export interface Estimate {
  readonly total: number;
  /** Of one cell, by kind. */
  readonly each: ReadonlyMap<string, number>;
}

/** Measures one cell of each kind. @param options.measuring is told of a kind before. */
export async function estimateCells(
  cells: readonly Cell[],
  {
    threads,
    measuring = () => {},
    secondsOf = estimateSeconds,
  }: {
    threads: number;
    measuring?: (kind: string) => void;
    secondsOf?: (config: TrainConfig) => Promise<number>;
  },
): Promise<Estimate> {
  const each = new Map<string, number>();
  let total = 0;
  for (const cell of cells) {
    const kind = kindOf(cell);
    if (!each.has(kind)) {
      measuring(kind);
      each.set(kind, await secondsOf(configOf(cell, threads)));
    }
    total += each.get(kind)!;
  }
  return { total, each };
}

/** Cells that take about the same time, however many labels they have. */
const kindOf = ({ task, variant, model, method }: Cell): string =>
  [task, variant === 'default' ? '' : variant, model === 'unet' ? '' : model, method]
    .filter(Boolean)
    .join(' ');

/** What the cell's command would resolve to. */
export const configOf = (cell: Cell, threads: number): TrainConfig =>
  resolveConfig(trainConfigSchema, {
    flags: { ...cell.options, out: '-', threads: cell.threads ?? threads },
  }).config;
