/** What is done before a training is the same for one that only is to be estimated. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { discFolder } from '../../test/command-line.ts';
import { temporaryFolder } from '../../test/data/fixtures.ts';
import { checkLeaks } from '../../test/tiny.ts';
import { ConfigError } from '../errors.ts';
import { resolveConfig, trainConfigSchema } from '../run/index.ts';
import { separate } from '../train/index.ts';
import { estimateSeconds } from './estimate.ts';
import { train } from './train.ts';

checkLeaks();

const run = async (options: Record<string, unknown>) => {
  const out = join(await temporaryFolder(), 'run');
  const flags = {
    ...{ data: await discFolder('disc', 8), out, threads: 1, precision: 'fp32' },
    imageLayout: 'contiguous',
    ...{ size: 32, iterations: 2, ...options },
  };
  const { config, settings } = resolveConfig(trainConfigSchema, { flags });
  const events: string[] = [];
  const watcher = {
    event: ({ type }: { type: string }) => void events.push(type),
    warn() {},
    interrupted: () => events.includes('stage'),
  };
  return { config, events, begin: () => train(config, settings as never, watcher) };
};

test('an estimate refuses the model that the training would refuse', async () => {
  const model = join(import.meta.dirname, '../../test/golden/unfit.pt');
  const { config, begin } = await run({ method: 'plain', model });
  for (const body of [begin, () => estimateSeconds(config)]) {
    await expect(body).rejects.toThrow(ConfigError);
    await expect(body).rejects.toThrow(/--model .*unfit\.pt: .* not depend on second\.weight/);
  }
});

test('whichever method has feedback gets its proof before the first step', async ({
  onTestFinished,
}) => {
  const { feedback } = separate;
  onTestFinished(() => void Object.assign(separate, { feedback }));
  Object.assign(separate, { feedback: true });
  const { events, begin } = await run({ method: separate.name });
  expect(await begin()).toBe(null);
  expect(events.slice(0, 3)).toEqual(['start', 'selfcheck', 'stage']);
});
