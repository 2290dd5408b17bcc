/** What a training has before its first step, and before anything is written: data, test sets, labelled cases, plan. */
import { configure, environment } from '@genseg/torch';
import type { TrainConfig } from '../run/index.ts';
import { checkModel, makePlan, type Plan, tuned } from '../train/index.ts';
import { prepareData, type RunData, type TestSet, testSets } from './data.ts';
import { applySettings } from './process-settings.ts';
import { loadPairs, type RunPairs } from './run-state.ts';
import { unlabelledImages } from './unlabelled.ts';

export interface Work {
  config: TrainConfig;
  plan: Plan;
  data: RunData;
  /** The caller's, to dispose of. */
  pairs: RunPairs;
  sets: readonly TestSet[];
}

/** Leaves the process with the settings of the plan. @throws DataError and ConfigError for whatever cannot be trained. */
export async function prepare(config: TrainConfig): Promise<Work> {
  if (config.threads !== null) configure({ threads: config.threads });
  const data = await prepareData(config);
  const sets = await testSets(config, data);
  data.unlabelled = await unlabelledImages(config, data, sets);
  const engine = environment();
  const made = makePlan(config, data, engine);
  made.decisions.push(...checkModel(made));
  const pairs = await loadPairs(data, made);
  try {
    const plan = tuned(made, pairs, { config, cpu: engine.cpu });
    applySettings(plan);
    return { config, plan, data, pairs, sets };
  } catch (error) {
    pairs[Symbol.dispose]();
    throw error;
  }
}
