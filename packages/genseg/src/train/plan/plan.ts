/** What is decided before training, each with its reason: plan.json, and all that the trainer reads. */
import type { Environment, ImageLayout } from '@genseg/torch';
import type { Division, Manifest } from '../../data/index.ts';
import { ConfigError } from '../../errors.ts';
import type { Task } from '../../nn/index.ts';
import { type Decision, isScript, memoryHere, type TrainConfig } from '../../run/index.ts';
import {
  type Family,
  familyNamed,
  parseStageRates,
  pretrained,
  type StageRates,
  stageDecisions,
  staged,
} from '../../segmenter/index.ts';
import { type Method, methodNamed } from '../method.ts';
import { presets, type Recipe } from '../recipe.ts';
import type { SessionOptions } from '../session.ts';
import { fitSteps, type StepTimes, withSteps } from './budget.ts';
import { planWidth } from './memory-plan.ts';
import { taskDecisions, taskOf } from './task-plan.ts';

export interface Plan {
  method: Method['name'];
  /** The segmentation model: the name of a family, or the path of a TorchScript file. */
  model: string;
  /** A safetensors or TorchScript file of its first weights; null: the model's own. */
  weights: string | null;
  /** Learning rates of its parts as multiples of the recipe's; 0: frozen. */
  stageRates: StageRates;
  recipe: Recipe;
  /** Side of the square that images are resampled to, px. */
  size: number;
  channels: number;
  /** Class names, background first. */
  classes: string[];
  /** What the model's planes stand for, and what counts in the loss. */
  task: Task;
  device: 'cpu' | 'cuda';
  precision: 'fp32' | 'bf16';
  /** Between the kernels of a CPU. */
  imageLayout: ImageLayout;
  /** Whether steps are captured on the GPU and replayed. */
  cudaGraphs: boolean;
  threads: number;
  seed: number;
  decisions: Decision[];
}

const stepsDecision = 'segmentation steps';

/** The session of a plan, or of a copy of it that differs in recipe or size. */
export const sessionOptions = (
  { method, model, weights, stageRates, classes, task, channels, ...plan }: Plan,
  { recipe = plan.recipe, size = plan.size }: Partial<Pick<Plan, 'recipe' | 'size'>> = {},
): SessionOptions => ({
  method: methodNamed(method),
  family: staged(
    weights === null ? familyNamed(model) : pretrained(familyNamed(model), weights),
    stageRates,
  ),
  recipe,
  size,
  channels,
  classes: classes.length,
  task,
  seed: plan.seed,
  device: plan.device,
  precision: plan.precision,
});

function chooseDevice(
  wanted: TrainConfig['device'],
  environment: Environment,
): [Plan['device'], string] {
  const available = environment.cuda.length > 0;
  if (wanted === 'cuda' && !available) {
    throw new ConfigError(
      '--device cuda: LibTorch sees no CUDA device; use --device cpu, or run genseg doctor to see why',
    );
  }
  if (wanted !== 'auto') return [wanted, 'as asked'];
  return available ? ['cuda', 'a CUDA device is there'] : ['cpu', 'LibTorch sees no CUDA device'];
}

/** Where the processor computes in bfloat16, a trial decides afterwards (tune.ts). */
function choosePrecision(config: TrainConfig, device: Plan['device']): [Plan['precision'], string] {
  if (config.precision !== 'auto') return [config.precision, 'as asked'];
  if (device === 'cuda') return ['bf16', 'tensor cores; fp32 where LibTorch keeps it'];
  if (isScript(config.model))
    return ['fp32', "LibTorch lacks second derivatives of a script's bf16"];
  return ['fp32', 'the processor has no arithmetic in bfloat16, which would be slower'];
}

/** Without AVX-512 a trial decides afterwards (tune.ts); with it channels-last was the faster one (docs/performance.md). */
function chooseLayout(
  { imageLayout: wanted }: TrainConfig,
  { imageLayout, cpu }: Environment,
): [ImageLayout, string] {
  if (wanted !== 'auto') return [wanted, 'as asked'];
  return [imageLayout, `the faster one ${cpu.avx512 ? 'with' : 'without'} AVX-512, as a rule`];
}

/** @throws ConfigError where steps cannot be captured. */
function chooseGraphs(
  { cudaGraphs: wanted }: TrainConfig,
  { cudaGraphs }: Environment,
  {
    device,
    deviceReason,
    method,
  }: { device: Plan['device']; deviceReason: string; method: Method },
): boolean {
  if (!wanted) return false;
  const refuse = (reason: string) => {
    throw new ConfigError(
      `CUDA graphs were asked for (--cuda-graphs, GENSEG_CUDA_GRAPHS or a config file's cudaGraphs), but ${reason}`,
    );
  };
  if (method.semiSupervision)
    refuse(`the steps of ${method.name} draw numbers on the host and cannot be captured`);
  if (device === 'cpu') refuse(`this training is on the CPU (${deviceReason}); leave them out`);
  if (!cudaGraphs) refuse('this build cannot capture any; genseg doctor says what it needs');
  return true;
}

/** The plan with as many steps as end within a time; that of evaluation comes on top. */
export function fitBudget(plan: Plan, seconds: number, times: StepTimes): Plan {
  const recipe = fitSteps(plan.recipe, seconds, times);
  const { steps } = recipe.segmentation;
  const fitted = { value: steps, reason: `as many as fit into ${seconds} s by measured steps` };
  return {
    ...plan,
    recipe,
    decisions: plan.decisions.map((decision) =>
      decision.name === stepsDecision ? { ...decision, ...fitted } : decision,
    ),
  };
}

/** The recipe at the learning rate that the family needs from random weights. */
function atOwnRate(recipe: Recipe, { rate }: Family): { recipe: Recipe; decisions: Decision[] } {
  if (!rate) return { recipe, decisions: [] };
  const lr = rate.share * recipe.segmentation.lr;
  return {
    recipe: { ...recipe, segmentation: { ...recipe.segmentation, lr } },
    decisions: [
      { name: 'learning rate', value: lr, reason: `${rate.share} of the preset's: ${rate.reason}` },
    ],
  };
}

export function makePlan(
  config: TrainConfig,
  data: { manifest: Manifest; division: Division; unlabelled?: Manifest | null },
  environment: Environment,
): Plan {
  const { recipe: asPreset, reason } = presets[config.preset];
  const [device, deviceReason] = chooseDevice(config.device, environment);
  const [precision, precisionReason] = choosePrecision(config, device);
  const [imageLayout, layoutReason] = chooseLayout(config, environment);
  const { train, validation, test, unused } = data.division;
  const { channels } = data.manifest.fingerprint;
  const threads = config.threads ?? environment.threads;
  const method = methodNamed(config.method);
  const cudaGraphs = chooseGraphs(config, environment, { device, deviceReason, method });
  const family = familyNamed(config.model);
  const stageRates = parseStageRates(config.stageLr);
  const { recipe: preset, decisions: rateDecisions } = config.weights
    ? { recipe: asPreset, decisions: [] }
    : atOwnRate(asPreset, family);
  const task = taskOf(data, config);
  const { recipe, decisions: widthDecisions } = planWidth(
    family,
    {
      recipe: config.iterations === null ? preset : withSteps(preset, config.iterations),
      ...{ method, precision },
    },
    {
      ...{ channels, planes: task.planes.length, size: config.size },
      capacity: device === 'cuda' ? environment.cuda[0].total : memoryHere(),
      fixed: config.weights !== null,
    },
  );
  return {
    method: method.name,
    model: config.model,
    weights: config.weights,
    stageRates,
    recipe,
    size: config.size,
    channels,
    classes: data.manifest.classes,
    task,
    device,
    precision,
    imageLayout,
    cudaGraphs,
    threads,
    seed: config.seed,
    decisions: [
      { name: 'method', value: method.name, reason: method.summary },
      { name: 'model', value: family.name, reason: family.summary },
      ...widthDecisions,
      ...rateDecisions,
      ...stageDecisions(family, stageRates),
      { name: 'recipe', value: config.preset, reason },
      {
        name: stepsDecision,
        value: recipe.segmentation.steps,
        reason: config.iterations === null ? `preset ${config.preset}` : 'as asked',
      },
      {
        name: 'training cases',
        value: train.length,
        reason: `drawn by patient with seed ${config.seed}`,
      },
      {
        name: 'validation cases',
        value: validation.length,
        reason: method.trainsOnValidation
          ? 'all labelled cases are trained on'
          : config.val === null
            ? 'a fifth of the labelled cases'
            : 'as asked',
      },
      {
        name: 'test cases',
        value: test.length,
        reason: 'never seen in training, selection or generation',
      },
      {
        name: 'unused cases',
        value: unused.length,
        reason: 'not drawn, unlabelled, or of a patient on another side',
      },
      ...(data.unlabelled
        ? [
            {
              name: 'unlabelled images',
              value: data.unlabelled.cases.length,
              reason: 'seen in training without masks; none of them is labelled here, or tested on',
            },
          ]
        : []),
      {
        name: 'image size',
        value: `${config.size} px`,
        reason: 'images are stretched to this square; predictions return to their own size',
      },
      {
        name: 'channels',
        value: channels,
        reason: channels === 1 ? 'all images are gray' : 'colour images',
      },
      {
        name: 'intensity',
        value: `per ${config.intensity}`,
        reason:
          config.intensity === 'image'
            ? "each image's own range is scaled to 0..1, so that brightness and contrast of a scanner matter less"
            : 'as asked: the same values are 0 and 1 in all images',
      },
      ...taskDecisions(task, data.manifest),
      { name: 'device', value: device, reason: deviceReason },
      { name: 'precision', value: precision, reason: precisionReason },
      ...(device === 'cpu'
        ? [{ name: 'image layout', value: imageLayout, reason: layoutReason }]
        : []),
      ...(cudaGraphs ? [{ name: 'CUDA graphs', value: 'on', reason: 'as asked' }] : []),
      {
        name: 'threads',
        value: threads,
        reason: config.threads === null ? 'all cores' : 'as asked',
      },
    ],
  };
}
