/** The run folder: its files, its options, its locks, and writes that a crash cannot tear. */

export {
  readFolder,
  writeFileAtomic,
  writeFolderAtomic,
  writeJsonAtomic,
  writing,
} from './atomic.ts';
export {
  type ConfigFile,
  type ConfigLayers,
  type Resolved,
  readConfigFile,
  resolveConfig,
  restoreConfig,
} from './config.ts';
export { type Cell, csvText } from './csv.ts';
export { describeEnvironment, memoryHere, packageVersion } from './environment.ts';
export { EventLog, endOf, readEvents } from './events.ts';
export {
  type EvaluationPaths,
  evaluationPaths,
  modelFile,
  RunFolder,
  type RunPaths,
  readRunConfig,
  runPaths,
} from './folder.ts';
export { acquireLock, type Holder, isLocked, lockHolder } from './lock.ts';
export { MetricsCsv } from './metrics-csv.ts';
export { nearestName } from './nearest-name.ts';
export { flagName, quoted } from './shell.ts';
export { stageSeconds } from './stage-seconds.ts';
export { TensorBoardLog, type TensorBoardOptions } from './tfevents.ts';
export {
  isScript,
  type MethodName,
  type ModelName,
  methodNames,
  modelNames,
  type TrainConfig,
  takesUnlabelled,
  trainConfigSchema,
} from './train-config.ts';
export {
  eventData,
  type StageName,
  type TrainEvents,
  type TrainEventType,
} from './train-events.ts';
export type {
  Decision,
  Environment,
  JsonObject,
  JsonValue,
  RunConfig,
  RunEvent,
  Setting,
  Settings,
} from './types.ts';
