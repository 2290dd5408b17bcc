/** The cells of a suite as what their commands come to. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/data/fixtures.ts';
import { trainConfigSchema } from '../run/index.ts';
import { cellsOf, readSuite } from '../suite/index.ts';
import { configOf, estimateCells } from './bench.ts';

const yaml = `
tasks:
  - { name: lungs, data: lungs, test: [elsewhere, far], unlabelled: more, options: { size: 64 } }
methods: [plain, mcf]
labels: [9, 14]
draws: 2
models: [unet, own.pt]
variants:
  short: { checkpointEvery: 5m, profile: false, stageLr: encoder=0.1 }
  wide: { preset: standard, profile: true, threads: 2 }
`;

async function cells() {
  const folder = await temporaryFolder();
  const file = join(folder, 'trial.yaml');
  writeFileSync(file, yaml);
  return { folder, all: cellsOf(readSuite(file, '/out')) };
}

test('the configuration of a cell is that of its options', async () => {
  const { folder, all } = await cells();
  const [short, wide] = ['lungs-9-short-unet-plain-0', 'lungs-14-wide-own-mcf-1'].map((id) =>
    configOf(all.find((cell) => cell.id === id)!, 3),
  );
  const defaults = trainConfigSchema.parse({ data: 'data', out: 'out' });
  const shared = {
    ...{ data: join(folder, 'lungs'), out: '-', size: 64 },
    test: [join(folder, 'elsewhere'), join(folder, 'far')],
  };
  expect(short).toEqual({
    ...{ ...defaults, ...shared, method: 'plain', labels: 9, threads: 3 },
    ...{ checkpointEvery: 300, stageLr: ['encoder=0.1'] },
  });
  expect(wide).toEqual({
    ...{ ...defaults, ...shared, method: 'mcf', labels: 14, seed: 1, threads: 2 },
    ...{ model: join(folder, 'own.pt'), unlabelled: join(folder, 'more') },
    ...{ preset: 'standard', profile: true },
  });
});

test('one cell of each kind is measured, and counts for all of them', async () => {
  const { folder, all } = await cells();
  const told: string[] = [];
  const { total, each } = await estimateCells(all, {
    threads: 1,
    measuring: (kind) => told.push(kind),
    secondsOf: async ({ method, labels }) => (method === 'mcf' ? 10 : 1) * labels!,
  });
  const own = join(folder, 'own.pt');
  expect(told).toEqual(
    ['short', 'wide'].flatMap((variant) =>
      ['', `${own} `].flatMap((model) =>
        ['plain', 'mcf'].map((method) => `lungs ${variant} ${model}${method}`),
      ),
    ),
  );
  expect([...each.keys()]).toEqual(told);
  expect(total).toBe(4 * (9 + 90) * 4); // 2 labels x 2 draws of each of 2 variants x 2 models
});
