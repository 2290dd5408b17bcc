import { expect, test } from 'vitest';
import { discFolder } from '../../test/command-line.ts';
import { png } from '../../test/data/fixtures.ts';
import { side } from '../../test/tiny.ts';
import { prepareData } from './data.ts';

const empty = png(new Uint8Array(side * side), { width: side });

/** What is said of six images of which so many show something. */
async function warningsFor(full: number, method = 'plain'): Promise<string[]> {
  const masks = Array.from({ length: 6 - full }, (_, i) => [`masks/disc-${full + i}.png`, empty]);
  const data = await discFolder('disc', 6, Object.fromEntries(masks));
  const choices = { data, labels: null, val: null, seed: 0, method, intensity: 'image' };
  return (await prepareData(choices as Parameters<typeof prepareData>[0])).warnings;
}

test('validation images of which none shows anything are warned of, where no draw gives others', async () => {
  const blind = expect.stringMatching(/all masks of the 1 validation images are empty.*label more/);
  expect(await warningsFor(1)).toContainEqual(blind);
  expect(await warningsFor(2)).not.toContainEqual(blind);
  expect(await warningsFor(1, 'val-as-train')).not.toContainEqual(blind); // it keeps the last weights
});
