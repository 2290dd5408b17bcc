/**
 * The public surface of genseg, by subject; the folders' own index.ts have the same names. Where two
 * subjects use one word, the less common one gets its subject added here. The command line (cli/) and
 * what draws pictures and pages for it are not part of the surface. Long because each name has a line.
 */

// Errors: one class per way of recovering.

export { ConfigError, DataError, TrainingError } from './errors.ts';

// Random numbers that are not tensors: splits, draws, resamples.

export { Random, type RandomState } from './random.ts';

// Modules: who owns parameters, and what they are called.

export {
  Buffer,
  type Layer,
  Module,
  Parameter,
  Sequential,
  type Stage,
  type StateDict,
  substitute,
  valuesOf,
} from './nn/index.ts';

// Losses of segmentation and reconstruction, on logits and masks.

export {
  bceWithLogits,
  crossEntropy,
  type DeepSupervisionOptions,
  deepSupervisionLoss,
  diceLoss,
  l1,
  type OverlapLoss,
  type OverlapOptions,
  type SegmentationLossOptions,
  segmentationLoss,
} from './nn/index.ts';

// What is segmented: classes, regions, pixels without a label.

export { ignoredClass, type Region } from './classes.ts';
export {
  balancedWeights,
  classTask,
  foregroundOf,
  labelled,
  type PlaneWeights,
  plainTask,
  probabilitiesOf,
  regionTask,
  type Task,
  targetOf,
} from './nn/index.ts';

// GAN losses.

export { type GanLoss, lsgan, vanillaGan } from './nn/index.ts';

// Layers, and the first values of their weights.

export {
  activate,
  attention,
  BatchNorm2d,
  byBatch,
  byInstance,
  Conv2d,
  type ConvOptions,
  ConvTranspose2d,
  constant as constantInit,
  croppedTo,
  Dropout,
  extendedToMultiple,
  foldNorms,
  fullPrecision,
  type Init,
  InstanceNorm2d,
  kaimingNormal,
  kaimingNormalByFanOut,
  kaimingUniform,
  LayerNorm,
  Linear,
  type Norm,
  normal,
  oneHotMask,
  paddedToMultiple,
  StochasticDepth,
  truncatedNormal,
  unnormalised,
} from './nn/index.ts';

// Learning rates over time.

export {
  constant as constantSchedule,
  cosine as cosineSchedule,
  type Pace,
  type Schedule,
  type UpdateSite,
  type UpdateSites,
} from './optim/index.ts';

// Optimisers whose steps can be differentiated, and averages of weights.

export {
  Adam,
  type AdamOptions,
  AdamW,
  type Cotangent,
  type Cotangents,
  type Gradient,
  Optimizer,
  type OptimizerState,
  type PulledBack,
  RMSprop,
  type RMSpropOptions,
  realise as realiseGradient,
  SGD,
  type SGDOptions,
  updateAverage,
} from './optim/index.ts';

// Hypergradients, and their methods as values.

export {
  conjugateGradient,
  cosine as cosineSimilarity,
  finiteDifference,
  type Hypergradient,
  type HypergradientMethod,
  hypergradient,
  neumann,
  norm as vectorNorm,
  unrolled,
} from './mlo/index.ts';

// Nested optimisation: problems, who depends on whom, and the engine that takes their steps.

export {
  Capture,
  type CaptureOptions,
  type CaptureWork,
  type Edge,
  Engine,
  type EngineOptions,
  type Evaluation,
  Graph,
  Iteration,
  type Level,
  lowerToUpper,
  type Observe,
  Problem,
  type ProblemOptions,
  type Reading,
  type Step,
  unobserved,
  unrecorded as unrecordedStep,
  upperToLower,
} from './mlo/index.ts';

// The generator of images from masks, its searchable architecture, and its discriminator.

export {
  Architecture,
  type Candidate,
  candidates,
  generatorDepth,
  PatchDiscriminator,
  type PatchDiscriminatorOptions,
  type PerLevel,
  Pix2PixGenerator,
  type Pix2PixGeneratorOptions,
} from './models/index.ts';

// Segmentation models.

export {
  DeepLabV3,
  type DeepLabV3Options,
  ResUNet,
  type ResUNetCost,
  type ResUNetOptions,
  resUNetCost,
  resUNetDepth,
  ScriptSegmenter,
  SwinUNet,
  type SwinUNetOptions,
  UNet,
  type UNetOptions,
} from './models/index.ts';

// Augmentations as function values: `strong` is the whole, the rest are its parts.

export {
  type Affine,
  type Augmentation,
  allWarps,
  anyContrast,
  bias,
  blur,
  chain,
  combine,
  contrast,
  copyPaste,
  cropPad,
  curve,
  type Drawn,
  type DrawWarp,
  elastic,
  type Frame,
  flip,
  frameOf,
  gain,
  gamma,
  geometric,
  geometricMask,
  type ImageAugmentation,
  type ImagesLike,
  identity as identityMap,
  imageAugmentation,
  type MaskAugmentation,
  noise,
  type Padding,
  type Pair,
  photometric,
  rotate,
  rotation,
  samplingGrid,
  saturation,
  scale,
  scaling,
  shear,
  strong,
  translate,
  type Warp,
  warpImage,
  warpMask,
} from './augment/index.ts';

// Data sets in folders: inspect, manifest, splits, load.

export {
  type Case,
  type Coding,
  cropImage,
  type Division,
  type Duplicate,
  defaultValidationCount,
  type Fingerprint,
  filesOf as publicSetFiles,
  hasForeground,
  type Image,
  type Inspection,
  type IntensityRange,
  imagesIn,
  inspect,
  intensityRange,
  isImage,
  loadCases,
  type Manifest,
  manifestSchema,
  maxSide,
  minSide,
  type Prepared,
  type PrepareOptions,
  type Problem as DataProblem,
  type PublicSet,
  parseManifest,
  preparePublicSet,
  publicSets,
  readImage,
  readImageFiles,
  resizeImage,
  resizeMask,
  type Sample,
  type Size,
  type SourceImage,
  type Split,
  scaled,
  splitCases,
} from './data/index.ts';

// Scores of label images, their intervals and paired tests.

export {
  type BootstrapOptions,
  bootstrapMeans,
  type Calibration,
  type CalibrationBins,
  type CaseMetricsOptions,
  type CaseScore,
  type ClassMetrics,
  type Comparison,
  type Confusion,
  calibration,
  calibrationBins,
  caseMetrics,
  compare,
  confusion,
  dice,
  distanceUnit,
  type Grid,
  holm,
  type Interval,
  jaccard,
  type MetricName,
  meanOverClasses,
  median,
  metricNames,
  type Presence,
  precision,
  type ReliabilityBin,
  recall,
  regionMask,
  regionMetrics,
  type ScoredCase,
  type Scores,
  type SignedRankTest,
  type Summary,
  spearman,
  summarise,
  wilcoxonSignedRank,
} from './metrics/index.ts';

// The run folder: options and where each came from, paths, events.

export {
  type ConfigFile,
  type ConfigLayers,
  type EvaluationPaths,
  EventLog,
  evaluationPaths,
  eventData,
  type JsonObject,
  type JsonValue,
  MetricsCsv,
  packageVersion,
  type Resolved,
  type RunConfig,
  type RunEvent,
  RunFolder,
  type RunPaths,
  readConfigFile,
  readEvents,
  readRunConfig,
  resolveConfig,
  restoreConfig,
  runPaths,
  type Setting,
  type Settings,
  type StageName,
  TensorBoardLog,
  type TensorBoardOptions,
  type TrainConfig,
  type TrainEvents,
  type TrainEventType,
  trainConfigSchema,
  writeFileAtomic,
  writeFolderAtomic,
  writeJsonAtomic,
} from './run/index.ts';

// The paper's levels as problems, for a loop of one's own.

export type { Segmenter } from './segmenter/index.ts';
export {
  architectureProblem,
  type Discriminator,
  discriminatorProblem,
  generatorProblem,
  gensegEdges,
  type MaskToImage,
  type SegmentationBatch,
  type SyntheticMasks,
  segmentationProblem,
} from './train/index.ts';

// Generators of images from masks.

export { type BuiltGenerator, type ImageGenerator, pix2pix } from './train/index.ts';

// The proof that the loop is closed.

export { type Check, proveLoop, selfCheck } from './train/index.ts';

// Training itself: pairs as tensors, the session, the loop over steps, checkpoints, models as files.

export {
  type KeptBy,
  loadModel,
  type ModelInfo,
  meanDice,
  type Prediction,
  predict,
  predictAll,
  saveModel,
  type TrainedModel,
} from './segmenter/index.ts';
export {
  hasCheckpoint,
  loadCheckpoint,
  measureSteps,
  noProgress,
  PairSet,
  type Pairs,
  type Parts,
  type Progress,
  Session,
  type SessionOptions,
  type StepTimes,
  saveCheckpoint,
  Trainer,
  type TrainerOptions,
  type Updates,
  type Witness,
} from './train/index.ts';

// What can be trained, and how: methods, families of models, recipes and their presets, plans.

export type { Decision } from './run/index.ts';
export { type Family, families, familyNamed, script, unet } from './segmenter/index.ts';
export {
  augment,
  checkModel,
  checkSegmenter,
  fitBudget,
  genseg,
  type Method,
  makePlan,
  methodNamed,
  methods,
  type Plan,
  type PresetName,
  plain,
  presets,
  type Recipe,
  separate,
  sessionOptions,
} from './train/index.ts';

// How sure a model is of an image, whether it knows its kind, and whether a generator copies.

export {
  copied,
  type Domain,
  domainOf,
  featuresOf,
  imageFeatures,
  type Nearest,
  nearestAmong,
  nearestOf,
  novelty,
  type Probabilities,
  predictViews,
  regionUncertainty,
  type Uncertainty,
  uncertaintyOf,
} from './trust/index.ts';

// What the commands do, as functions on folders.

export { writeReport } from './report/index.ts';
export {
  type Cost,
  type EvaluateResult,
  evaluateRun,
  type Generated,
  type GeneratedPair,
  generatePairs,
  type Predicted,
  type PredictedClass,
  type PredictedImage,
  type PredictOptions,
  predictFiles,
  resume,
  selfcheck as selfcheckRun,
  type TrainResult,
  train,
  type Watcher,
} from './workflow/index.ts';
