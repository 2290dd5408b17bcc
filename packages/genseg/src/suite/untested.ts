/** Cells that would be trained for nothing: no image is left to test them on. */
import { inspect, splitCases } from '../data/index.ts';
import { ConfigError, DataError } from '../errors.ts';
import type { Cell } from './cells.ts';
import type { Suite } from './suite.ts';

/** @throws ConfigError for the first. What is wrong with data is left to their trainings to say. */
export async function refuseUntested({ tasks }: Suite, cells: readonly Cell[]): Promise<void> {
  for (const { name, data, test, options } of tasks) {
    const own = cells.filter(({ task }) => task === name);
    if (test.length > 0 || own.length === 0) continue;
    const inspected = await unlessBad(() => inspect(data));
    if (!inspected) continue;
    const { manifest } = inspected;
    const val = typeof options.val === 'number' ? { val: options.val } : {};
    for (const { labels, seed } of own) {
      const division = await unlessBad(() => splitCases(manifest, { labels, seed, ...val }));
      if (division?.test.length === 0)
        throw new ConfigError(
          `task ${name}: ${labels} labelled images leave none of ${data} to test on; ask for fewer labels, or name a test set (test: <data>)`,
        );
    }
  }
}

async function unlessBad<T>(make: () => T | Promise<T>): Promise<T | null> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
}
