/** The examples, as a user runs them: by plain node, on what `npm run setup` built. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from './data/fixtures.ts';

const root = join(import.meta.dirname, '../../..');

/** What a Node program of this repository prints. It fails where the program does. */
async function runNode(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  return stdout;
}

test('learn-penalty: the engine finds the penalties that the closed form has as best', async () => {
  const output = await runNode('examples/hyperparameters/learn-penalty.mjs');
  const rows = new Map(
    [...output.matchAll(/^(.+?) {2,}([\d.]+) {3}([\d.]+), ([\d.]+)$/gm)].map(
      ([, name, ...numbers]) => [name, numbers.map(Number)],
    ),
  );
  const [best, ...bestPenalties] = rows.get('best of a grid')!;
  expect(rows.get('before')![0]).toBeGreaterThan(2 * best);
  for (const method of ['after, unrolled', 'after, neumann']) {
    const [error, ...penalties] = rows.get(method)!;
    expect(Math.abs(error / best - 1), `${method}: error beside the grid's`).toBeLessThan(0.01);
    // The error is flat around its minimum, so penalties are known to a factor only.
    for (const [i, penalty] of penalties.entries())
      expect(Math.abs(Math.log(penalty / bestPenalties[i])), method).toBeLessThan(Math.log(2));
  }
});

test('own-segmenter-or-loop: the page runs from top to bottom, and its loop reaches the architecture', async () => {
  const page = readFileSync(join(root, 'docs/how-to/own-segmenter-or-loop.md'), 'utf8');
  const blocks = [...page.matchAll(/^```js\n([\s\S]*?)^```/gm)].map(([, code]) => code);
  expect(blocks.length).toBeGreaterThan(4);
  const folder = await temporaryFolder();
  const program = blocks.join('\n').replaceAll('/tmp/', `${folder}/`);
  const output = await runNode('--input-type=module', '-e', program);
  expect(output.match(/^step \d+: validation Dice [01]\.\d{3}$/gm)).toHaveLength(2);
  // Upper steps are due in iterations 2 and 4 of the six, each with a hypergradient for all six levels.
  const loop = output.slice(output.search(/^0 [\d.]+ undefined$/m));
  const norms = [...loop.matchAll(/^\d [\d.]+ \[([^\]]*)\]/gm)].map(([, list]) =>
    list.split(',').map(Number),
  );
  expect(norms.map((levels) => levels.length)).toEqual([6, 6]);
  for (const norm of norms.flat()) expect(norm).toBeGreaterThan(0);
});
