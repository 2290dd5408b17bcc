import { expect, test } from 'vitest';
import { discFolder } from '../../test/command-line.ts';
import { ConfigError } from '../errors.ts';
import type { Cell } from './cells.ts';
import type { Suite } from './suite.ts';
import { refuseUntested } from './untested.ts';

/** Checks a task `discs` of 6 images with so many labelled. */
async function check(labels: number, data: string, tests: string[] = []): Promise<void> {
  const task = {
    name: 'discs',
    data,
    test: tests,
    unlabelled: null,
    labels: [labels],
    options: {},
  };
  const cells = [{ task: 'discs', labels, seed: 0 }] as unknown as Cell[];
  await refuseUntested({ tasks: [task] } as unknown as Suite, cells);
}

test('a task that draws all its images is refused, unless it names a test set', async () => {
  const data = await discFolder('disc', 6);
  await expect(check(6, data)).rejects.toThrow(ConfigError);
  await expect(check(6, data)).rejects.toThrow(
    `task discs: 6 labelled images leave none of ${data} to test on; ask for fewer labels`,
  );
  await check(5, data);
  await check(6, data, ['elsewhere']);
});

test('more labels than there are, and folders without images, are for the trainings to refuse', async () => {
  await check(7, await discFolder('disc', 6));
  await check(6, import.meta.dirname);
});
