import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/data/fixtures.ts';
import { checkLeaks, stateHash, tinyRecipe, tinySession, tinyTrainer } from '../../test/tiny.ts';
import { DataError } from '../errors.ts';
import { hasCheckpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { genseg, plain } from './method.ts';
import { noProgress } from './trainer.ts';

checkLeaks();

test('a loaded state is the stored one to the last bit, and goes on as it would have', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'last');
  using first = tinySession(genseg);
  const progress = noProgress();
  await tinyTrainer(first, { progress }).run();
  saveCheckpoint(path, first.session.parts, progress);
  const stored = stateHash(folder, first.session, progress);

  using second = tinySession(genseg, { seed: 7 });
  expect(stateHash(folder, second.session, progress)).not.toBe(stored);
  expect(loadCheckpoint(path, second.session.parts)).toEqual(progress);
  expect(stateHash(folder, second.session, progress)).toBe(stored);

  for (const { session } of [first, second]) {
    // What the trainer says at each step: the rate, and an iteration at which all levels step.
    session.segmentation.optimizer.lr = 1e-3;
    session.engine!.iteration = 1;
    session.pretrainStep();
    session.trainStep();
  }
  expect(stateHash(folder, second.session)).toBe(stateHash(folder, first.session));
});

test('a checkpoint replaces the one before it', async () => {
  const path = join(await temporaryFolder(), 'last');
  using tiny = tinySession(plain);
  expect(hasCheckpoint(path)).toBe(false);
  for (const train of [1, 2]) {
    saveCheckpoint(path, tiny.session.parts, { ...noProgress(), train });
    expect(hasCheckpoint(path)).toBe(true);
    expect(loadCheckpoint(path, tiny.session.parts)).toMatchObject({ train });
  }
});

test('one that is being replaced is read, and left to its writer', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'last');
  using tiny = tinySession(plain);
  saveCheckpoint(path, tiny.session.parts, noProgress());
  mkdirSync(`${path}.new`); // half written
  expect(hasCheckpoint(path)).toBe(true);
  loadCheckpoint(path, tiny.session.parts);
  expect(readdirSync(folder).sort()).toEqual(['last', 'last.new']);

  renameSync(`${path}.new`, `${path}.old`); // between the renames
  renameSync(path, `${path}.new`);
  expect(hasCheckpoint(path)).toBe(true);
  loadCheckpoint(path, tiny.session.parts);
  expect(readdirSync(folder).sort()).toEqual(['last.new', 'last.old']);
});

test('refuses a state of another shape', async () => {
  const path = join(await temporaryFolder(), 'last');
  using tiny = tinySession(plain);
  saveCheckpoint(path, tiny.session.parts, noProgress());
  const wider = {
    ...tinyRecipe,
    segmentation: { ...tinyRecipe.segmentation, width: 6 },
  };
  using other = tinySession(plain, { recipe: wider });
  expect(() => loadCheckpoint(path, other.session.parts)).toThrow(DataError);
  expect(() => loadCheckpoint(path, other.session.parts)).toThrow('start a new run');
});
