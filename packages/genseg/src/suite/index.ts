/** Suites: many trainings as cells, run side by side and never twice, with one table of results. */
export { type Cell, cellPaths, cellsOf, commandOf } from './cells.ts';
export { makeDerived } from './derive.ts';
export { type ContentOf, codeVersion, contentHashes, type Inputs, inputsOf } from './inputs.ts';
export {
  type CellRecord,
  type CellResult,
  type CellState,
  readRecord,
  stateOf,
} from './records.ts';
export {
  commandText,
  isSuiteFolder,
  readResults,
  resultPaths,
  type SuiteCell,
  type SuiteResults,
  writeResults,
} from './results.ts';
export { type PlannedCell, type RunOptions, runCells } from './run-cells.ts';
export { readSuite, type Suite, type Task } from './suite.ts';
export { refuseUntested } from './untested.ts';
