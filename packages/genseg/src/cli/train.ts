/** genseg train and genseg resume. */
import { resolve } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { formatResult } from '../report/index.ts';
import {
  isScript,
  type JsonObject,
  readConfigFile,
  resolveConfig,
  type Settings,
  trainConfigSchema,
} from '../run/index.ts';
import { resume, type TrainResult, train } from '../workflow/index.ts';
import { InterruptedError, print, watchInterrupt } from './io.ts';
import { progressPrinter } from './progress.ts';

const docs = trainConfigSchema.shape;
const collect = (value: string, previous: string[] | undefined): string[] => [
  ...(previous ?? []),
  value,
];

export const trainCommand = new Command('train')
  .description('train a segmentation model from a folder of labelled images')
  .argument('<data>', docs.data.description!)
  .requiredOption('--out <run>', docs.out.description!)
  .option('--method <name>', docs.method.description!)
  .option('--model <name>', docs.model.description!)
  .option('--weights <file>', docs.weights.description!)
  .option('--stage-lr <part=share>', docs.stageLr.description!, collect)
  .option('--class-weights <name>', docs.classWeights.description!)
  .option('--intensity <per>', docs.intensity.description!)
  .option('--labels <n>', docs.labels.description!)
  .option('--val <n>', docs.val.description!)
  .option('--test <data>', docs.test.description!, collect)
  .option('--unlabelled <data>', docs.unlabelled.description!)
  .option('--size <px>', docs.size.description!)
  .option('--preset <name>', docs.preset.description!)
  .option('--iterations <n>', docs.iterations.description!)
  .option('--budget <time>', docs.budget.description!)
  .option('--checkpoint-every <time>', docs.checkpointEvery.description!)
  .option('--seed <n>', docs.seed.description!)
  .option('--device <name>', docs.device.description!)
  .option('--precision <name>', docs.precision.description!)
  .option('--image-layout <name>', docs.imageLayout.description!)
  .option('--cuda-graphs', docs.cudaGraphs.description!)
  .option('--threads <n>', docs.threads.description!)
  .option('--profile', docs.profile.description!)
  .option('--fast-test', docs.fastTest.description!)
  .option('--config <file>', 'JSON file with any of these options; flags and GENSEG_* win over it')
  .option('--json', docs.json.description!)
  .addHelpText('after', '\nExample:\n  genseg train examples/lungs --out runs/lungs --labels 14')
  .action(async (data, { config: file, out, test, unlabelled, model, weights, ...flags }) => {
    const absolute = {
      data: resolve(data),
      out: resolve(out),
      test: test?.map((folder) => resolve(folder)),
      unlabelled: unlabelled === undefined ? undefined : resolve(unlabelled),
      model: model !== undefined && isScript(model) ? resolve(model) : model,
      weights: weights === undefined ? undefined : resolve(weights),
    };
    const { config, settings } = resolveConfig(trainConfigSchema, {
      ...(file !== undefined && { file: readConfigFile(file) }),
      environment: process.env,
      flags: { ...flags, ...absolute },
    });
    using interrupt = watchInterrupt();
    const watcher = { ...progressPrinter(), interrupted: interrupt.interrupted };
    const result = await train(config, settings as Settings<JsonObject>, watcher);
    conclude(result, config.json, config.out);
  });

export const resumeCommand = new Command('resume')
  .description('continue a run that was stopped, from its last checkpoint')
  .argument('<run>', 'folder of the run')
  .option('--finish', 'train no further: keep the best model so far, and test it')
  .option('--json', docs.json.description!)
  .addHelpText('after', '\nExample:\n  genseg resume runs/lungs')
  .action(async (run, { finish, json = false }) => {
    using interrupt = watchInterrupt();
    const watcher = { ...progressPrinter(), interrupted: interrupt.interrupted };
    conclude(await resume(resolve(run), watcher, { finish }), json, run);
  });

function conclude(result: TrainResult | null, json: boolean, run: string): void {
  if (!result) throw new InterruptedError(`stopped; continue with: genseg resume ${run}`);
  print(json ? result : formatResult(result));
}
