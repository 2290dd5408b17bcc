/** Small run folders as training leaves them, for the tests of the report. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest } from '../../src/data/index.ts';
import { caseMetrics } from '../../src/metrics/index.ts';
import { encodePng, grid, overlay } from '../../src/picture/index.ts';
import {
  overlayFile,
  type SetResult,
  writeAudit,
  writeEvaluation,
  writeSetTrust,
} from '../../src/report/index.ts';
import {
  EventLog,
  evaluationPaths,
  eventData,
  type JsonObject,
  RunFolder,
  type Settings,
  type TrainEvents,
  type TrainEventType,
  writeJsonAtomic,
} from '../../src/run/index.ts';
import { picture, square } from '../data/fixtures.ts';

export interface RunFixture {
  method?: 'plain' | 'augment' | 'separate' | 'genseg' | 'val-as-train';
  /** Number of test cases. */
  cases?: number;
  /** Foreground pixels, of 64, that the prediction misses in a case. */
  misses?: (caseIndex: number) => number;
  /** Class names, background first. */
  classes?: string[];
  /** Case ids by index. */
  idOf?: (caseIndex: number) => string;
  /** How far it came: it has its options only, failed its self-check, was stopped half way, was evaluated. */
  reached?: 'config' | 'selfcheck' | 'half' | 'end';
  sets?: string[];
  /** Name of the data set, which are all of the same images; default `lungs & more`. */
  data?: string;
  /** Cases in whose masks there is nothing, at the end. */
  empty?: number;
  /** Of the test cases' images, which are otherwise not known. */
  hashOf?: (caseIndex: number) => string;
  /** Of the test sets. */
  origin?: Pick<SetResult, 'root' | 'warnings' | 'seen'>;
  /** Cases of validation; default 1. */
  validation?: number;
  /** Numbers of the recipe that differ. */
  recipe?: { selectAfter?: number; segmentation?: Record<string, string | number> };
}

const size = { width: 16, height: 16 };

/** Writes a run and returns its folder. */
export function fixtureRun(root: string, fixture: RunFixture = {}): string {
  const { method = 'genseg', reached = 'end' } = fixture;
  using run = RunFolder.create(root, settingsOf(root, method));
  if (reached === 'config') return root;
  const { classes = ['background', 'lung'], idOf = (i) => `case-${i}`, cases = 12 } = fixture;
  const { validation = 1, recipe } = fixture;
  const testIds = Array.from({ length: cases }, (_, i) => idOf(i));
  const trainIds = ['t1', 't2', 't3', 't4'];
  writeJsonAtomic(
    run.paths.manifest,
    manifestOf(fixture.data ?? 'lungs & more', classes, [...trainIds, ...testIds]),
  );
  writeJsonAtomic(run.paths.splits, {
    train: trainIds.slice(0, trainIds.length - validation),
    validation: trainIds.slice(trainIds.length - validation),
    test: testIds,
  });
  writeJsonAtomic(run.paths.plan, {
    method,
    decisions: [
      { name: 'method', value: method, reason: `chosen as ${method}` },
      { name: 'image size', value: '16 px', reason: 'images are stretched to this square' },
    ],
    recipe: {
      batch: 4,
      selectAfter: recipe?.selectAfter ?? 2 / 3,
      segmentation: { width: 16, lr: 0.001, steps: 100, average: 0.95, ...recipe?.segmentation },
    },
  });
  writeJsonAtomic(run.paths.environment, {
    genseg: { version: '0.1.0', commit: 'abc123' },
    node: 'v20.19.0',
    os: 'Linux 6.1 x64',
    cpu: { model: 'Example CPU', cores: 2 },
    memoryBytes: 8 * 2 ** 30,
    engine: { libtorch: '2.9.0', threads: 2, cuda: [] },
  });

  using log = new EventLog(run.paths.events);
  const emit = <T extends TrainEventType>(type: T, step: number, data: TrainEvents[T]) =>
    log.append(type, step, eventData(data));
  const { paths } = run;
  if (reached === 'selfcheck') {
    const check = { name: 'exactness', passed: false, value: 'cosine 0.1', explanation: 'why' };
    emit('selfcheck', 0, { passed: false, checks: [check] });
    emit('end', 0, { reason: 'failed', message: 'the self-check failed: <exactness>', seconds: 5 });
    return root;
  }
  trainEvents(emit, method, reached === 'half' ? 50 : 100);
  if (method === 'genseg') {
    for (const step of [50, 100]) {
      const file = `step-${step}.png`;
      const image = tile(step);
      const rows = [[{ mask: truth, ...size }, image, tile(1)]];
      mkdirSync(paths.previews, { recursive: true });
      writeFileSync(join(paths.previews, file), encodePng(grid(rows)));
      emit('preview', step, { done: step, file });
    }
  }
  if (reached === 'half') {
    emit('end', 50, { reason: 'interrupted', message: 'stopped', seconds: 30 });
    return root;
  }
  emit('stage', 100, { name: 'evaluate', steps: 1 });
  if (method === 'genseg') {
    writeAudit(paths, {
      synthetic: [0.2, 1.1].map((distance, i) => ({
        ...{ maskOf: 't1', nearest: 't2', distance },
        ...{ copied: i === 0, dice: 0.9 },
      })),
      real: [{ id: 't1', nearest: 't2', distance: 0.8 }],
      leftOut: 3,
    });
    writeFileSync(paths.audit.pictures, encodePng(grid([[tile(1)]])));
  }
  const { sets = ['test'], misses = (i) => (i % 5) + (method === 'genseg' ? 4 : 10) } = fixture;
  const { hashOf, origin } = fixture;
  for (const set of sets) {
    const nothing = square({ on: 0 });
    const isEmpty = (i: number) => i >= cases - (fixture.empty ?? 0);
    const predictions = testIds.map((_, i) => (isEmpty(i) ? nothing : missing(misses(i))));
    const { mean, ci95 } = writeEvaluation(root, set, {
      cases: testIds.map((id, i) => ({
        id,
        ...(hashOf && { sha256: hashOf(i) }),
        classes: caseMetrics(
          predictions[i],
          isEmpty(i) ? nothing : truth,
          { shape: [16, 16] },
          {
            classes: classes.map((_, c) => c).slice(1),
          },
        ),
      })),
      classes,
      unit: 'px',
      seed: 0,
      ...(origin && { origin }),
    });
    writeSetTrust(root, set, {
      cases: testIds.map((id, i) => ({
        id,
        uncertainty: 0.1 + 0.05 * (i % 5),
        predictedDice: 0.95 - 0.02 * (i % 5),
        novelty: i === 0 ? 1.5 : 0.8,
      })),
      calibration: Object.fromEntries(
        classes
          .slice(1)
          .map((name) => [
            name,
            { ece: 0.05, bins: [{ count: 9, probability: 0.4, frequency: 0.45 }] },
          ]),
      ),
    });
    const { overlays } = evaluationPaths(root, set);
    mkdirSync(overlays);
    for (const [i, id] of testIds.entries()) {
      const drawn = overlay(tile(i), predictions[i], truth);
      writeFileSync(join(overlays, overlayFile(id)), encodePng(drawn));
    }
    const [low, high] = ci95.dice;
    emit('evaluation', 100, { set, dice: mean.dice, low, high, cases });
  }
  emit('end', 100, { reason: 'finished', message: 'finished', seconds: 192 });
  return root;
}

const settingsOf = (root: string, method: string): Settings<JsonObject> => ({
  data: { value: '/data/lungs & more', source: '--data' },
  out: { value: root, source: '--out' },
  method: { value: method, source: '--method' },
  labels: { value: 4, source: 'GENSEG_LABELS' },
  val: { value: null, source: 'default' },
  test: { value: ['/data/other'], source: '--test' },
  size: { value: 16, source: 'default' },
  preset: { value: 'fast', source: 'default' },
  seed: { value: 7, source: 'default' },
  json: { value: true, source: '--json' },
});

function manifestOf(data: string, classes: string[], ids: string[]): Manifest {
  return {
    version: 1,
    root: `/data/${data}`,
    layout: 'two folders, images and masks',
    classes,
    coding: null,
    fingerprint: {
      channels: 1,
      bits: 8,
      width: [16, 16, 16],
      height: [16, 16, 16],
      intensity: { per: 'image', low: [0], high: [255] },
    },
    cases: ids.map((id) => ({
      id,
      images: [{ path: `${id}.png`, sha256: Buffer.from(data).toString('hex').padEnd(64, '0') }],
      masks: [],
      ...size,
      channels: 1,
      bits: 8,
      spacing: null,
      patient: id,
      group: id,
      split: null,
      labels: null,
      inferred: [],
    })),
    inferred: [],
  };
}

type Emit = <T extends TrainEventType>(type: T, step: number, data: TrainEvents[T]) => void;

function trainEvents(emit: Emit, method: string, steps: number): void {
  emit('start', 0, { method, seed: 7, labels: 4, stages: [{ name: 'train', steps: 100 }] });
  if (method === 'genseg') {
    emit('selfcheck', 0, {
      passed: true,
      checks: [
        {
          name: 'path',
          passed: true,
          value: '3 levels',
          explanation: 'differentiable from <loss> to alpha',
        },
      ],
    });
  }
  emit('stage', 0, { name: 'train', steps: 100 });
  for (let done = 10; done <= steps; done += 10) {
    const losses = { segmentation: 10 / done, ...(method === 'genseg' && { generator: 5 }) };
    emit('progress', done, { stage: 'train', done, steps: 100, losses, secondsLeft: 100 - done });
    emit('validation', done, { done, dice: 0.9 - 1 / done, loss: 0.2, best: true });
    if (method !== 'genseg') continue;
    const share = 1 / 3 + done / 1000;
    const levels = ['encoder 1', 'decoder 1'].map((name) => ({
      name,
      weights: [share, 1 / 3, 2 / 3 - share],
      hypergradient: 0.01,
      moved: done / 100,
    }));
    emit('architecture', done, { done, levels, candidates: ['4 x 4', '6 x 6', '8 x 8'] });
  }
}

const truth = square({ on: 1 });

/** The true mask without its first pixels. */
function missing(count: number): Uint8Array {
  let left = count;
  return truth.map((v) => (v === 1 && left-- > 0 ? 0 : v));
}

const tile = (seed: number) => ({
  image: Float32Array.from(picture(seed), (v) => v / 255),
  ...size,
});
