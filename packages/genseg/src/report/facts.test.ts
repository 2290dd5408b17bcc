import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/data/fixtures.ts';
import { fixtureRun, type RunFixture } from '../../test/report/fixtures.ts';
import { writeClaim } from './claim.ts';
import { writeModelCard } from './model-card.ts';

/** What the checklist and the card of a run say. */
async function texts(
  fixture: RunFixture,
): Promise<{ claim: (item: string) => string; card: string }> {
  const root = fixtureRun(join(await temporaryFolder(), 'run'), fixture);
  writeClaim(root);
  writeModelCard(root);
  const text = readFileSync(join(root, 'CLAIM.md'), 'utf8');
  const claim = (item: string) =>
    text
      .split('\n')
      .find((line) => line.includes(`| ${item} |`))!
      .split(' | ')[2]
      .replace(' |', '');
  return { claim, card: readFileSync(join(root, 'MODEL_CARD.md'), 'utf8') };
}

test('the best weights of the last third are kept, averaged, as in preset fast', async () => {
  const { claim, card } = await texts({});
  const kept =
    'those with the best Dice on 1 validation image, of the ones after step 66; they are of step 100';
  expect(claim('Choice of the final model')).toBe(`The weights are ${kept}.`);
  const average = 'a moving average over training steps (decay 0.95)';
  expect(claim('Ensembles')).toBe(`None; the weights are ${average}.`);
  expect(card).toContain(`in \`checkpoints/\`, ${kept}.`);
  expect(card).toContain(`- They are ${average}.`);
});

test('val-as-train keeps the last weights, and nothing chose them', async () => {
  const { claim, card } = await texts({ method: 'val-as-train', validation: 0 });
  const kept = 'the last, since there were no validation images to choose by';
  expect(claim('Choice of the final model')).toBe(`The weights are ${kept}.`);
  expect(claim('Training')).toContain('Method val-as-train: chosen as val-as-train.');
  expect(card).toContain(kept);
  expect(card).toContain('4 trained the model, none chose the weights,');
  expect(`${claim('Choice of the final model')} ${card}`).not.toMatch(
    /best (validation )?Dice|the best on/,
  );
});

test('preset paper averages nothing, and chooses among all steps', async () => {
  const segmentation = { average: 0, optimizer: 'rmsprop', lr: 1e-5, schedule: 'constant' };
  const { claim, card } = await texts({ recipe: { selectAfter: 0, segmentation } });
  expect(claim('Ensembles')).toBe(
    'None; the weights are those of one training step, not averaged.',
  );
  expect(claim('Choice of the final model')).not.toContain('after step');
  expect(claim('Training')).toMatch(
    /^Segmentation model: 100 steps, optimiser rmsprop, learning rate 0.00001 \(constant\)\./,
  );
  expect(card).not.toContain('moving average');
});

test('a run that was ended before there was a choice says so', async () => {
  const { claim } = await texts({ reached: 'half' });
  expect(claim('Choice of the final model')).toBe(
    'The weights are those of step 50, at which the run was ended before there was a choice.',
  );
});
