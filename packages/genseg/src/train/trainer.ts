/**
 * The loop over steps: stages, validation, checkpoints, events. A run that is stopped at any moment and
 * trained on from its checkpoint takes the same steps as one that was not.
 */
import { scope, type Tensor } from '@genseg/torch';
import { TrainingError } from '../errors.ts';
import type { Iteration } from '../mlo/index.ts';
import { constant, cosine, updateAverage } from '../optim/index.ts';
import type { StageName, TrainEvents, TrainEventType } from '../run/index.ts';
import type { KeptBy } from '../segmenter/index.ts';
import { pix2pix } from './image-generator.ts';
import type { PairSet } from './pairs.ts';
import type { Session, Updates } from './session.ts';
import { validate } from './validate.ts';

/** How far a run is; the checkpoint's JSON part. */
export interface Progress {
  pretrain: number;
  train: number;
  best: KeptBy | null;
  /** alpha per level when training began, to tell how far it has moved. */
  alphaStart: number[][];
  /** Of the steps since the last progress event, by problem. */
  losses: Record<string, { sum: number; count: number }>;
  /** The budget that was used. */
  updates: Updates;
}

export const noProgress = (): Progress => ({
  pretrain: 0,
  train: 0,
  best: null,
  alphaStart: [],
  losses: {},
  updates: {},
});

export interface TrainerOptions {
  emit<T extends TrainEventType>(type: T, step: number, data: TrainEvents[T]): void;
  /** Stores everything, to go on from. */
  checkpoint(progress: Progress): void;
  /** Stores the averaged segmenter: the best so far on validation. */
  keepBest(progress: Progress): void;
  /** By which validation the weights were kept that are stored now; null: by none, or there are none. */
  kept?(): KeptBy | null;
  /** Draws pictures of the present synthetic pairs; returns the file. */
  preview?(done: number): string | null;
  /** Asked between steps. */
  interrupted(): boolean;
  /** Seconds between checkpoints; default 30. */
  checkpointEvery?: number;
  /** Steps between progress events; default 10. */
  progressEvery?: number;
}

const allFinite = (value: Tensor): boolean => Boolean(value.isfinite().all().item());

export class Trainer {
  readonly session: Session;
  readonly #validation: PairSet;
  readonly #options: TrainerOptions;
  #progress: Progress;
  /** Whether there is a checkpoint, of this process or the one before. */
  #stored: boolean;
  #lastCheckpoint = performance.now();
  /** The latest step, whose losses may still be under way, and which it was. */
  #unread: { at: number; taken: Iteration } | null = null;
  /** When the present stage went on, and from which step. */
  #clock: { at: number; done: number };

  constructor(session: Session, validation: PairSet, progress: Progress, options: TrainerOptions) {
    this.session = session;
    this.#validation = validation;
    session.updates = progress.updates;
    this.#progress = progress;
    this.#stored = progress.pretrain + progress.train > 0;
    this.#options = options;
    this.#clock = { at: performance.now(), done: 0 };
  }

  /** @returns whether it came to the end. @throws TrainingError when a loss is no longer finite. */
  async run(): Promise<boolean> {
    const { recipe } = this.session.options;
    if (
      this.session.synthesis &&
      !(await this.#stage('pretrain', recipe.gan.pretrainSteps, () => this.#pretrainStep()))
    )
      return false;
    if (!(await this.#stage('train', recipe.segmentation.steps, () => this.#trainStep())))
      return false;
    return true;
  }

  /**
   * Ends training where it is: the best weights so far are the model, or the present ones where none were eligible
   * yet. @throws TrainingError before the first step of the segmentation model.
   */
  finish(): void {
    this.#recall();
    const { train, best } = this.#progress;
    if (best !== null) return;
    if (train === 0)
      throw new TrainingError(
        'the segmentation model has not been trained for a step yet, so there is nothing to keep; resume without --finish',
      );
    if (this.#validation.count === 0) {
      this.#options.keepBest(this.#progress); // there is nothing to choose by
      return;
    }
    const { dice, loss } = validate(this.session, this.#validation);
    this.#progress.best = { dice, loss, done: train };
    this.#options.emit('validation', this.#step, { done: train, dice, loss, best: true });
    this.#options.keepBest(this.#progress);
  }

  /**
   * Weights that were kept after the last checkpoint of a process that was killed, and that no later ones have
   * replaced, are the best. Not asked before the end: steps that are repeated exactly replace them.
   */
  #recall(): void {
    const kept = this.#options.kept?.() ?? null;
    if (kept === null || kept.done === this.#progress.best?.done) return;
    this.#progress.best = kept;
    this.#options.emit('validation', this.#progress.pretrain + kept.done, { ...kept, best: true });
  }

  get #step(): number {
    return this.#progress.pretrain + this.#progress.train;
  }

  async #stage(name: 'pretrain' | 'train', steps: number, advance: () => void): Promise<boolean> {
    const { emit, interrupted, checkpointEvery = 30, progressEvery = 10 } = this.#options;
    if (this.#progress[name] >= steps) return true;
    if (this.#progress[name] === 0) this.#begin(name, steps);
    this.#clock = { at: performance.now(), done: this.#progress[name] };
    while (this.#progress[name] < steps) {
      await new Promise(setImmediate); // lets signals in
      if (interrupted()) {
        this.#checkpoint();
        return false;
      }
      this.session.observe(name, advance);
      this.#progress[name]++;
      const done = this.#progress[name];
      if (done % progressEvery === 0 || done === steps)
        emit('progress', this.#step, this.#report(name, steps));
      if (name === 'train') this.#afterTrainStep(done, steps);
      if (performance.now() - this.#lastCheckpoint > checkpointEvery * 1000) this.#checkpoint();
    }
    this.#store();
    return true;
  }

  #begin(name: StageName, steps: number): void {
    this.#options.emit('stage', this.#step, { name, steps });
    if (name !== 'train' || !this.session.synthesis) return;
    const { architecture } = this.session.synthesis;
    this.#progress.alphaStart = architecture.parameters().map((level) => level.value.toArray());
  }

  /** Stores a checkpoint, but never one that a step has spoilt after its loss was known. */
  #store(): void {
    this.#readLosses();
    for (const [name, module] of Object.entries(this.session.parts.modules)) {
      const spoilt = scope(() => [...module.stateDict()].find(([, value]) => !allFinite(value)));
      if (spoilt) this.#stop(`${spoilt[0]} of the ${name} is no longer finite`);
    }
    this.#options.checkpoint(this.#progress);
    this.#stored = true;
  }

  /** @throws TrainingError */
  #stop(problem: string): never {
    const kept = this.#stored ? 'the last good checkpoint is kept' : 'there is no checkpoint yet';
    throw new TrainingError(
      `${problem}; ${kept}: start again with --precision fp32, another --preset or --seed`,
    );
  }

  #checkpoint(): void {
    this.#store();
    this.#lastCheckpoint = performance.now();
    this.#options.emit('checkpoint', this.#step, { done: this.#progress.train });
  }

  #pretrainStep(): void {
    this.#took(this.session.pretrainStep());
  }

  #trainStep(): void {
    const { engine, segmentation, segmenter, average, options } = this.session;
    const { steps, lr, schedule, ...recipe } = options.recipe.segmentation;
    const warmup = Math.min(recipe.warmup, steps - 1);
    const factor = schedule === 'cosine' ? cosine(steps, { warmup }) : constant();
    segmentation.optimizer.lr = lr * factor(this.#progress.train);
    if (engine) engine.iteration = this.#progress.train;
    const taken = this.session.trainStep();
    this.#took(taken);
    const { hypergradientNorms } = taken;
    if (hypergradientNorms) this.#reportArchitecture(hypergradientNorms);
    const { average: decay } = options.recipe.segmentation;
    updateAverage(average, segmenter, { step: this.#progress.train, decay });
  }

  /** Losses are read one step late, when a GPU has the next one to go on with. */
  #took(taken: Iteration): void {
    this.#readLosses();
    this.#unread = { at: this.#step, taken };
  }

  /** @throws TrainingError for one that is not finite. */
  #readLosses(): void {
    if (!this.#unread) return;
    const { at, taken } = this.#unread;
    this.#unread = null;
    const { losses } = this.#progress;
    for (const [name, loss] of taken.losses) {
      if (!Number.isFinite(loss)) this.#stop(`the ${name} loss became ${loss} at step ${at}`);
      const { sum, count } = losses[name] ?? { sum: 0, count: 0 };
      losses[name] = { sum: sum + loss, count: count + 1 };
    }
  }

  #report(stage: StageName, steps: number): TrainEvents['progress'] {
    this.#readLosses();
    const done = this.#progress[stage as 'train' | 'pretrain'];
    const losses = Object.fromEntries(
      Object.entries(this.#progress.losses).map(([name, { sum, count }]) => [name, sum / count]),
    );
    this.#progress.losses = {};
    const secondsPerStep = (performance.now() - this.#clock.at) / 1000 / (done - this.#clock.done);
    return { stage, done, steps, losses, secondsLeft: secondsPerStep * (steps - done) };
  }

  #reportArchitecture(norms: readonly number[]): void {
    const { architecture } = this.session.synthesis!;
    const { imageGenerator = pix2pix } = this.session.options;
    const levels = [...architecture.namedParameters()].map(([name, level], i) => {
      const alpha = level.value.toArray();
      const start = this.#progress.alphaStart[i];
      return {
        name,
        weights: scope(() => level.value.softmax(0).toArray()),
        hypergradient: norms[i],
        moved: Math.hypot(...alpha.map((a, j) => a - start[j])),
      };
    });
    // Of the step that is being taken: a log that is cut after the last whole step must not keep it.
    this.#options.emit('architecture', this.#step + 1, {
      done: this.#progress.train + 1,
      levels,
      candidates: [...imageGenerator.candidates],
    });
  }

  #afterTrainStep(done: number, steps: number): void {
    const { emit, keepBest, preview } = this.#options;
    const { validateEvery, selectAfter } = this.session.options.recipe;
    if (done % validateEvery !== 0 && done !== steps) return;
    if (this.#validation.count === 0) {
      if (done === steps) keepBest(this.#progress); // there is nothing to choose by
      return;
    }
    this.#readLosses();
    const { dice, loss } = this.session.observe('validation', () =>
      validate(this.session, this.#validation),
    );
    if (!Number.isFinite(loss))
      this.#stop(`the validation loss became ${loss} at step ${this.#step}`);
    const eligible = done === steps || done > steps * selectAfter;
    const best = eligible && (this.#progress.best === null || dice > this.#progress.best.dice);
    if (best) this.#progress.best = { dice, loss, done };
    emit('validation', this.#step, { done, dice, loss, best });
    if (best) keepBest(this.#progress);
    if (done === steps) this.#recall();
    const file =
      preview && (done % (validateEvery * 5) === 0 || done === steps) ? preview(done) : null;
    if (file) emit('preview', this.#step, { done, file });
  }
}
