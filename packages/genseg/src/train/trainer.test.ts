import { noGrad, scope } from '@genseg/torch';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from '../../test/data/fixtures.ts';
import {
  checkLeaks,
  discs,
  stateHash,
  tinyRecipe,
  tinySession,
  tinyTrainer,
} from '../../test/tiny.ts';
import { TrainingError } from '../errors.ts';
import { Iteration } from '../mlo/index.ts';
import { type Module, segmentationLoss } from '../nn/index.ts';
import type { TrainEvents } from '../run/index.ts';
import type { KeptBy } from '../segmenter/model-file.ts';
import { meanDice } from '../segmenter/predict.ts';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { genseg, methods, plain, separate } from './method.ts';
import { noProgress, type Progress, type TrainerOptions } from './trainer.ts';

checkLeaks();

/** Called with each step, says whether to stop before it. */
const stopBefore = (stop: number) => {
  let step = 0;
  return () => step++ === stop;
};

test.each(methods.map((method) => [method.name, method] as const))(
  '%s: interrupted in every stage and continued, it ends as one that was not',
  async (_, method) => {
    const folder = await temporaryFolder();
    using whole = tinySession(method);
    const progress = noProgress();
    expect(await tinyTrainer(whole, { progress }).run()).toBe(true);
    const expected = stateHash(folder, whole.session, progress);

    // Stops after two steps, again and again: each process begins from the checkpoint alone.
    let finished = false;
    let last: Progress = noProgress();
    for (let life = 0; !finished; life++) {
      expect(life).toBeLessThan(6);
      using tiny = tinySession(method);
      if (life > 0) last = loadCheckpoint(folder, tiny.session.parts);
      finished = await tinyTrainer(tiny, {
        progress: last,
        interrupted: stopBefore(2),
        checkpoint: (now) => saveCheckpoint(folder, tiny.session.parts, now),
      }).run();
    }
    using end = tinySession(method);
    const reached = loadCheckpoint<Progress>(folder, end.session.parts);
    expect(reached).toEqual(progress);
    expect(stateHash(folder, end.session, reached)).toBe(expected);
  },
);

test('reports its stages, losses, validations and the architecture', async () => {
  using tiny = tinySession(genseg);
  const events: [string, number][] = [];
  const kept: number[] = [];
  const norms: number[][] = [];
  await tinyTrainer(tiny, {
    progressEvery: 3,
    emit: (type, step, data) => {
      events.push([type, step]);
      if ('levels' in data) norms.push(data.levels.map((level) => level.hypergradient));
    },
    keepBest: ({ best }) => kept.push(best!.done),
  }).run();
  const steps = (type: string) => events.filter(([name]) => name === type).map(([, step]) => step);
  expect(events[0]).toEqual(['stage', 0]);
  expect(steps('stage')).toEqual([0, 3]);
  expect(steps('progress')).toEqual([3, 6, 9]);
  expect(steps('validation')).toEqual([5, 7, 9]);
  expect(steps('architecture')).toEqual([5, 7, 9]); // of steps 2, 4 and 6
  expect(kept[0]).toBe(4); // not 2: the first third is no candidate
  for (const norm of norms.flat()) expect(norm).toBeGreaterThan(0);
});

test('many validation images are validated as they would be in one pass', async () => {
  using tiny = tinySession(plain);
  using many = discs('validation', 70);
  const told: { dice: number; loss: number }[] = [];
  await tinyTrainer(
    { ...tiny, validation: many },
    { emit: (_, __, data) => void ('dice' in data && told.push(data as (typeof told)[number])) },
  ).run();
  const { average, task } = tiny.session;
  scope(() =>
    noGrad(() => {
      const { image, mask } = many.all();
      const logits = average.eval().forward(image);
      expect(told.at(-1)!.dice).toBeCloseTo(meanDice(logits, mask, task), 6);
      expect(told.at(-1)!.loss).toBeCloseTo(segmentationLoss(logits, mask, { task }).item(), 5);
    }),
  );
});

test('ended early without validation images, the present weights are the model', async () => {
  using tiny = tinySession(plain);
  using none = discs('none', 0);
  const kept: (Progress['best'] | undefined)[] = [];
  const trainer = tinyTrainer(
    { ...tiny, validation: none },
    { keepBest: ({ best }) => kept.push(best), interrupted: stopBefore(2) },
  );
  expect(() => trainer.finish()).toThrow(/nothing to keep/);
  expect(await trainer.run()).toBe(false);
  trainer.finish();
  expect(kept).toEqual([null]);
});

/** A store of the best weights, which holds only by what they were kept; filled before the training begins. */
const storeOf = (first: KeptBy | null) => {
  let kept = first;
  return {
    keepBest: ({ best }: Progress) => {
      kept = best;
    },
    kept: () => kept,
  };
};
const unsurpassed: KeptBy = { done: 4, dice: 2, loss: 0.1 };

test('ended early, weights that were kept after the last checkpoint are told as the best', async () => {
  using tiny = tinySession(plain);
  const told: unknown[] = [];
  const progress = noProgress();
  const trainer = tinyTrainer(tiny, {
    ...storeOf(unsurpassed),
    progress,
    emit: (type, step, data) => void (type === 'validation' && told.push({ step, ...data })),
    interrupted: stopBefore(2),
  });
  expect(await trainer.run()).toBe(false);
  told.length = 0;
  trainer.finish();
  trainer.finish();
  expect(told).toEqual([{ step: 4, ...unsurpassed, best: true }]);
  expect(progress.best).toEqual(unsurpassed);
});

test('weights kept before a kill are the best at the end only where none have replaced them', async () => {
  const live = async (best: KeptBy | null, first: KeptBy | null) => {
    using tiny = tinySession(plain);
    const progress = { ...noProgress(), best };
    const told: TrainEvents['validation'][] = [];
    const store = storeOf(first);
    const emit: TrainerOptions['emit'] = (_, __, data) => void ('loss' in data && told.push(data));
    expect(await tinyTrainer(tiny, { ...store, progress, emit }).run()).toBe(true);
    expect(store.kept()).toEqual(progress.best);
    return told;
  };
  const whole = await live(null, null);
  expect(await live(null, unsurpassed)).toEqual(whole); // of a step that was repeated
  const before = { done: 1, dice: 1.5, loss: 0.2 }; // more than any of these steps reaches
  const others = whole.map((one) => ({ ...one, best: false }));
  expect(await live(before, unsurpassed)).toEqual([...others, { ...unsurpassed, best: true }]);
});

test('validates the moving average, which a decay of 0 makes the weights themselves', async () => {
  const recipe = {
    ...tinyRecipe,
    segmentation: { ...tinyRecipe.segmentation, average: 0 },
  };
  using tiny = tinySession(plain, { recipe });
  await tinyTrainer(tiny).run();
  const values = (model: typeof tiny.session.segmenter) =>
    [...model.stateDict().values()].map((value) => value.toArray());
  expect(values(tiny.session.average)).toEqual(values(tiny.session.segmenter));
});

test('stores a checkpoint when its time has come, at the end of a stage, and when stopped', async () => {
  const stored = async (options: { checkpointEvery: number; interrupted?: () => boolean }) => {
    using tiny = tinySession(separate);
    const done: [number, number][] = [];
    const checkpoint = ({ pretrain, train }: Progress) => done.push([pretrain, train]);
    await tinyTrainer(tiny, { checkpoint, ...options }).run();
    return done;
  };
  expect(await stored({ checkpointEvery: 3600 })).toEqual([
    [3, 0],
    [3, 6],
  ]);
  expect(await stored({ checkpointEvery: 3600, interrupted: stopBefore(2) })).toEqual([[2, 0]]);
  expect((await stored({ checkpointEvery: 0 })).slice(0, 3)).toEqual([
    [1, 0],
    [2, 0],
    [3, 0],
  ]);
});

test.each([
  ['plain', plain, 5],
  ['genseg', genseg, 4],
] as const)(
  '%s: a loss that is no number stops the training and leaves the last checkpoint',
  async (_, method, at) => {
    const folder = await temporaryFolder();
    using tiny = tinySession(method);
    const { session } = tiny;
    const hashes: string[] = [];
    const checkpoint = (progress: Progress) => {
      saveCheckpoint(folder, session.parts, progress);
      hashes.push(stateHash(folder, session, progress));
      if (hashes.length < 5) return;
      noGrad(() => session.segmenter.parameters()[0].value.fill_(Number.NaN));
    };
    const training = tinyTrainer(tiny, { checkpoint, checkpointEvery: 0 }).run();
    await expect(training).rejects.toThrow(TrainingError);
    await expect(training).rejects.toThrow(`the segmentation loss became NaN at step ${at}; `);
    expect(hashes).toHaveLength(5);
    using again = tinySession(method);
    const progress = loadCheckpoint<Progress>(folder, again.session.parts);
    expect(progress.pretrain + progress.train).toBe(at);
    expect(stateHash(folder, again.session, progress)).toBe(hashes[4]);
  },
);

test('a step is taken before the losses of the one before are read, and none is left unread', async () => {
  using tiny = tinySession(plain);
  const { session } = tiny;
  const log: string[] = [];
  const trainStep = session.trainStep.bind(session);
  vi.spyOn(session, 'trainStep').mockImplementation(() => {
    log.push('step');
    const { losses } = trainStep();
    const read = () => {
      log.push('read');
      return losses.get('segmentation')!;
    };
    return new Iteration(new Map([['segmentation', read]]));
  });
  await tinyTrainer(tiny, { progressEvery: 3 }).run();
  // Validations are at the second step and every second from there.
  const [late, early] = ['step step read read', 'step read'];
  expect(log.join(' ')).toBe([late, early, early, late].join(' '));
});

const spoil = (module: Module) => noGrad(() => module.parameters()[0].value.fill_(Number.NaN));

test('weights that are no numbers are never stored, also where no loss has told yet', async () => {
  using tiny = tinySession(plain);
  const stored: number[] = [];
  const training = tinyTrainer(tiny, {
    checkpoint: ({ train }) => stored.push(train),
    interrupted: () => {
      spoil(tiny.session.segmenter);
      return true;
    },
  }).run();
  await expect(training).rejects.toThrow(
    /inc\.double_conv\.0\.weight of the segmenter is no longer finite; there is no checkpoint yet:/,
  );
  expect(stored).toEqual([]);
});

test('an average that is no number stops the training before it is kept', async () => {
  using tiny = tinySession(plain);
  const kept: number[] = [];
  const stopAtTwo = stopBefore(2);
  const training = tinyTrainer(tiny, {
    keepBest: ({ train }) => kept.push(train),
    interrupted: () => {
      if (stopAtTwo()) spoil(tiny.session.average);
      return false;
    },
  }).run();
  await expect(training).rejects.toThrow(/the validation loss became NaN at step 4; /);
  expect(kept).toEqual([]);
});

test.each(methods.map((method) => [method.name, method] as const))(
  '%s: no validation case takes part in an update of a lower level, over a whole run',
  async (_, method) => {
    const seen = new Map<string, Set<string>>();
    using tiny = tinySession(method, {
      witness: (problem, ids) => seen.set(problem, new Set([...(seen.get(problem) ?? []), ...ids])),
    });
    await tinyTrainer(tiny).run();
    const { train, validation, unlabelled } = tiny;
    const trained = [...train.ids, ...(unlabelled?.ids ?? [])];
    const lower = method.synthesises
      ? ['discriminator', 'generator', 'segmentation']
      : ['segmentation'];
    const upper = method.feedback ? ['architecture'] : [];
    expect([...seen.keys()].sort()).toEqual([...lower, ...upper].sort());
    const strangers = (name: string, own: readonly string[]) =>
      [...seen.get(name)!].filter((id) => !own.includes(id));
    for (const name of lower) expect(strangers(name, trained)).toEqual([]);
    for (const name of upper) expect(strangers(name, validation.ids)).toEqual([]);
  },
);
