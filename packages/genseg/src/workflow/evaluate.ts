/** Scores a run's model on test sets and writes what was found into the run folder. */
import { rmSync } from 'node:fs';
import { type Case, loadCases, type Sample } from '../data/index.ts';
import { DataError } from '../errors.ts';
import {
  type CalibrationBins,
  calibration,
  calibrationBins,
  caseMetrics,
  regionMask,
  regionMetrics,
} from '../metrics/index.ts';
import {
  type CaseTrust,
  type EvaluatedCase,
  extremes,
  readSetResult,
  type SetResult,
  sameCases,
  writeEvaluation,
  writeSetTrust,
} from '../report/index.ts';
import { evaluationPaths, runPaths } from '../run/index.ts';
import { loadModel, segmentedNames, type TrainedModel } from '../segmenter/index.ts';
import { batchesAhead, imagesAtOnce } from './ahead.ts';
import { freeName, openTestSet, type TestSet } from './data.ts';
import { type Overlays, openOverlays } from './overlays.ts';
import { openRun } from './run-state.ts';
import { caseTrust, judge, readDomain } from './trust.ts';

/** Sets up to this size are drawn whole, so that a report can show one case in every run. */
const drawnWhole = 100;
/** Of larger sets so many are drawn from each end, the worst and the best. */
const drawnAtEachEnd = 20;

/**
 * @param root the run folder. @param options.fast scores alone, without what they may be trusted with.
 * @param interrupted asked before each case: whether to stop, with nothing written.
 * @returns the set's entry in the command line's JSON, null when interrupted.
 */
export async function evaluate(
  root: string,
  trained: TrainedModel,
  set: TestSet,
  {
    seed,
    fast = false,
    interrupted = () => false,
  }: { seed: number; fast?: boolean; interrupted?: () => boolean },
): Promise<SetResult | null> {
  const { regions } = trained.info;
  const classes = ['background', ...segmentedNames(trained.info)];
  const spaced = set.cases.every(({ spacing }) => spacing !== null);
  const drawnAtOnce = set.cases.length <= drawnWhole;
  const cases: EvaluatedCase[] = [];
  const trust: CaseTrust[] = [];
  const bins: CalibrationBins[][] = classes.slice(1).map(() => []); // by class or region
  const domain = readDomain(runPaths(root));
  const paths = evaluationPaths(root, set.name);
  using overlays = openOverlays(paths.overlays);
  const atOnce = fast ? imagesAtOnce(trained.info.size) : 1;
  for await (const batch of batchesAhead(set.cases, (one) => load(one, trained, set), atOnce)) {
    if (interrupted()) return null;
    for (const [i, judged] of judge(trained, shown(batch), { fast, domain }).entries()) {
      const [one, sample] = [set.cases[cases.length], batch[i]];
      const metrics = score(judged.mask, sample, trained, spaced ? one.spacing : null);
      cases.push({ ...keyOf(one), patient: one.group, classes: metrics });
      if (drawnAtOnce) overlays.add(sample, judged.mask);
      if (!judged.trust) continue;
      trust.push(caseTrust(one.id, judged.trust));
      for (const [k, plane] of judged.probabilities.entries()) {
        const part = regions?.[k].classes ?? [k + 1];
        const [truth, prediction] = [sample.mask!, judged.mask].map((all) => regionMask(all, part));
        bins[k].push(calibrationBins(plane, { truth, prediction, width: sample.width }, 1));
      }
    }
  }
  const unit = spaced ? 'mm' : 'px';
  const result = writeEvaluation(root, set.name, {
    cases,
    classes,
    unit,
    seed,
    origin: set.origin,
  });
  if (fast)
    rmSync(paths.trust, { force: true }); // of a former evaluation
  else {
    const named = bins.map((each, i) => [classes[i + 1], calibration(each)]);
    writeSetTrust(root, set.name, { cases: trust, calibration: Object.fromEntries(named) });
  }
  if (!drawnAtOnce) await drawExtremes(overlays, trained, set, result);
  overlays.finish();
  return result;
}

/** As results name a case. */
const keyOf = ({ id, images }: Case) => ({
  id,
  sha256: images.map(({ sha256 }) => sha256).join('+'),
});

async function load(one: Case, { info }: TrainedModel, { manifest }: TestSet): Promise<Sample> {
  return (await loadCases([one], manifest, { fingerprint: info.fingerprint }))[0];
}

const shown = (batch: readonly Sample[]) => batch.map((image) => ({ image, size: image }));

/** By class or region. @param spacing x and y in mm; null: px. */
function score(
  mask: Uint8Array,
  truth: Sample,
  { info: { classes, regions } }: TrainedModel,
  spacing: Case['spacing'],
): EvaluatedCase['classes'] {
  const grid = { shape: [truth.height, truth.width], spacing: spacing?.toReversed() }; // rows, columns
  if (!regions)
    return caseMetrics(mask, truth.mask!, grid, { classes: classes.map((_, i) => i).slice(1) });
  return regionMetrics(mask, truth.mask!, grid, {
    regions: regions.map((region) => region.classes),
  });
}

/** Predicts the cases to draw once more, rather than keeping all. */
async function drawExtremes(
  overlays: Overlays,
  trained: TrainedModel,
  set: TestSet,
  result: SetResult,
): Promise<void> {
  const { worst, best } = extremes(result.cases, drawnAtEachEnd);
  const drawn = new Set([...worst, ...best].map(({ id }) => id));
  const chosen = set.cases.filter(({ id }) => drawn.has(id));
  const atOnce = imagesAtOnce(trained.info.size);
  for await (const batch of batchesAhead(chosen, (one) => load(one, trained, set), atOnce)) {
    const judged = judge(trained, shown(batch), { fast: true, domain: null });
    for (const [i, { mask }] of judged.entries()) overlays.add(batch[i], mask);
  }
}

/** What `genseg evaluate` prints as JSON. */
export interface EvaluateResult {
  run: string;
  method: string;
  seed: number;
  iterations: number;
  seconds: number;
  sets: Record<string, SetResult>;
}

/** Whether a run holds results of another set under this name. What cannot be read is written anew. */
function isOther(root: string, name: string, { origin, cases }: TestSet): boolean {
  try {
    const former = readSetResult(root, name);
    if (!former || former.root === origin.root) return false;
    return !sameCases(former.cases, cases.map(keyOf));
  } catch (error) {
    if (error instanceof DataError) return false;
    throw error;
  }
}

/** Scores a trained run on another labelled data set. @param options.fast leaves out what the scores may be trusted with. */
export async function evaluateRun(
  root: string,
  folder: string,
  { fast = false, warn = () => {} }: { fast?: boolean; warn?: (text: string) => void } = {},
): Promise<EvaluateResult> {
  const started = performance.now();
  const paths = runPaths(root);
  const { plan, data } = openRun(paths);
  using trained = loadModel(paths.checkpoints.best, plan.device);
  const found = await openTestSet(folder, data);
  const isTaken = (name: string) => name === 'test' || isOther(root, name, found);
  const set = { ...found, name: freeName(found.name, isTaken) };
  for (const text of set.warnings) warn(text);
  if (set.name !== found.name)
    warn(`${found.name} is another set in this run; these scores are kept as ${set.name}`);
  const result = (await evaluate(root, trained, set, { seed: plan.seed, fast }))!;
  return {
    run: root,
    method: plan.method,
    seed: plan.seed,
    iterations: plan.recipe.segmentation.steps,
    seconds: (performance.now() - started) / 1000,
    sets: { [set.name]: result },
  };
}
