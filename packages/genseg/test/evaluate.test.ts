/** Scores of a run on other data sets: where they are kept, and what is said of images that it has seen. */
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { discFolder, genseg, jsonOf, quick, readJson } from './command-line.ts';
import { temporaryFolder } from './data/fixtures.ts';

test('sets of one name are kept side by side, the same images replace their scores', async () => {
  const [data, elsewhere] = [await discFolder('disc', 8), await discFolder('other', 3)];
  const folder = await temporaryFolder();
  const [run, name] = [join(folder, 'run'), elsewhere.split('/').at(-1)!];
  const options = ['--labels', '5', '--test', elsewhere, ...quick('plain', 2)];
  const trained = await genseg('train', data, '--out', run, ...options);
  expect(trained.code, trained.stderr).toBe(0);
  const setsOf = async (set: string) => {
    const ended = await genseg('evaluate', run, set, '--fast', '--json');
    return { names: Object.keys(jsonOf(ended).sets as object), stderr: ended.stderr };
  };

  const [namesake, moved] = ['namesake', 'moved'].map((at) => join(folder, at, name));
  cpSync(await discFolder('other', 4), namesake, { recursive: true });
  cpSync(elsewhere, moved, { recursive: true });
  for (const again of ['first', 'second']) {
    const { names, stderr } = await setsOf(namesake);
    expect([again, names]).toEqual([again, [`${name}-2`]]);
    expect(stderr).toContain(
      `${name} is another set in this run; these scores are kept as ${name}-2`,
    );
  }
  expect((await setsOf(moved)).names).toEqual([name]);
  expect(readdirSync(join(run, 'eval')).sort()).toEqual([name, `${name}-2`, 'test'].sort());

  const { names } = await setsOf(data);
  expect(readJson(run, 'eval', names[0], 'summary.json').genseg).toMatchObject({
    ...{ root: data, seen: 5 },
    warnings: [expect.stringMatching(/^5 of the 8 test images were trained or validated on/)],
  });
});
