import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/data/fixtures.ts';
import { ConfigError } from '../errors.ts';
import { argsOf, cellsOf, commandOf } from './cells.ts';
import { commandText } from './results.ts';
import { readSuite } from './suite.ts';

async function suiteOf(yaml: string) {
  const folder = await temporaryFolder();
  const file = join(folder, 'trial.yaml');
  writeFileSync(file, yaml);
  return { folder, read: () => readSuite(file, '/out') };
}

const whole = `
tasks:
  - { name: lungs, data: lungs, test: [elsewhere, shifted/part], unlabelled: /far, options: { size: 64 } }
  - { name: nuclei, data: divided, labels: 5, unlabelled: more }
methods: [augment, genseg, mcf]
labels: [9, 14]
draws: 2
models: [unet, own.pt]
variants:
  short: { iterations: 10 }
  wide: { preset: standard, size: 256 }
options: { precision: fp32, profile: true }
derived:
  shifted: { shift: lungs }
  divided: { divide: lungs, pool: 20 }
`;

test('paths are beside the suite file, in a derived folder, or absolute', async () => {
  const { folder, read } = await suiteOf(whole);
  const { name, tasks, models, derived, subject, seeds } = read();
  expect([name, subject, seeds]).toEqual(['trial', 'genseg', [0, 1]]);
  expect(
    tasks.map(({ data, test, unlabelled, labels }) => [data, test, unlabelled, labels]),
  ).toEqual([
    [join(folder, 'lungs'), [join(folder, 'elsewhere'), '/out/data/shifted/part'], '/far', [9, 14]],
    ['/out/data/divided', [], join(folder, 'more'), [5]],
  ]);
  expect(models).toEqual(['unet', join(folder, 'own.pt')]);
  expect([...derived]).toEqual([
    ['shifted', { kind: 'shift', from: join(folder, 'lungs') }],
    ['divided', { kind: 'divide', from: join(folder, 'lungs'), pool: 20, seed: 0 }],
  ]);
});

test('cells: every combination once, draws first, each a plain training', async () => {
  const { folder, read } = await suiteOf(whole);
  const cells = cellsOf(read());
  expect(cells).toHaveLength(2 * (2 + 1) * 2 * 2 * 3);
  expect(new Set(cells.map(({ id }) => id)).size).toBe(cells.length);
  expect(cells.slice(0, 36).every(({ seed }) => seed === 0)).toBe(true);
  expect(cells.slice(0, 3).map(({ id }) => id)).toEqual([
    'lungs-9-short-unet-augment-0',
    'lungs-9-short-unet-genseg-0',
    'lungs-9-short-unet-mcf-0',
  ]);
  const mcf = cells.find(({ id }) => id === 'nuclei-5-wide-own-mcf-1')!;
  expect(commandText(commandOf('/out', mcf, 3))).toBe(
    `genseg train /out/data/divided --method mcf --model ${folder}/own.pt --labels 5 --seed 1 ` +
      `--unlabelled ${folder}/more --precision fp32 --profile --preset standard --size 256 ` +
      '--out /out/runs/nuclei-5-wide-own-mcf-1 --threads 3 --fast-test',
  );
  expect(mcf.reads).toEqual(['/out/data/divided', join(folder, 'more'), join(folder, 'own.pt')]);
  expect(argsOf(cells[0])).not.toContain('--unlabelled');
});

const least = 'tasks: [{ name: a, data: a }]\nmethods: [plain]\nlabels: 5\ndraws: 1\n';

test('suites of one model each may share a folder: only of the default the ids say nothing', async () => {
  const idsOf = async (models: string) =>
    cellsOf((await suiteOf(`${least}models: ${models}`)).read()).map(({ id }) => id);
  expect(await idsOf('unet')).toEqual(['a-5-plain-0']);
  expect(await idsOf('[resunet]')).toEqual(['a-5-resunet-plain-0']);
  expect(await idsOf('nets/own.pt')).toEqual(['a-5-own-plain-0']);
  expect(await idsOf('[unet, resunet]')).toEqual(['a-5-unet-plain-0', 'a-5-resunet-plain-0']);
});

test('of the default model and one variant the ids say nothing; threads that a suite sets are those of its cells', async () => {
  const { read } = await suiteOf(`${least}options: { threads: 1 }`);
  const [cell] = cellsOf(read());
  expect(cell.id).toBe('a-5-plain-0');
  expect(argsOf(cell)).not.toContain('--threads');
  expect(commandOf('/out', cell, 8)).toContain('1');
  expect(read().subject).toBe('plain');
});

test.each([
  ['tasks: [', /cannot be read as YAML/],
  ['methods: [plain]', /tasks: .*docs\/reference\/suites\.md/],
  [`${least}metods: [plain]`, /[Uu]nrecognized key.*metods/],
  [
    least.replace('methods:', 'method:'),
    /the suite: unrecognized key method; did you mean methods\?/,
  ],
  [
    least.replace('data: a }', 'data: a, tests: b }'),
    /tasks\.0: unrecognized key tests; did you mean test\?/,
  ],
  [`${least}zzz: 1`, /unrecognized key zzz; keys are tasks, methods/],
  [least.replace('plain', 'best'), /methods\.0: expected some of genseg/],
  [
    least.replace('plain', 'dct'),
    /method dct needs unlabelled images; add unlabelled: to the task a/,
  ],
  [least.replace('labels: 5\n', ''), /task a has no labels/],
  [least.replace('draws: 1', 'draws: 0'), /draws/],
  [`${least}subject: genseg`, /the subject genseg is not among the methods/],
  [`${least}models: [vnet]`, /models: vnet is none of unet/],
  [`${least}options: { iteration: 5 }`, /iteration is not an option; did you mean iterations\?/],
  [`${least}options: { seed: 5 }`, /seed is not for options; the cells decide it/],
  [`${least}variants: { a: { size: 7 } }`, /size is 7, expected a whole number, 16 to/],
  [
    least.replace('[{ name: a, data: a }]', '[{ name: a, data: a }, { name: a, data: b }]'),
    /two tasks are called a/,
  ],
  [
    `${least}derived: { b: { shift: c/x }, c: { divide: a, pool: 5 } }`,
    /derived: b is made of the entry c, which must stand above it; move it there/,
  ],
  [
    least.replace('draws: 1', 'draws: [0, 1, 0]'),
    /two cells are called a-5-plain-0, .* each method/,
  ],
  [least.replace('labels: 5', 'labels: [5, 5]'), /two cells are called a-5-plain-0/],
  [least.replace('[plain]', '[plain, plain]'), /two cells are called a-5-plain-0/],
  [`${least}models: [x/net.pt, y/net.pt]`, /two cells are called a-5-net-plain-0, .*model files/],
])('refused: %s', async (yaml, message) => {
  const { read } = await suiteOf(yaml);
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(message);
});

test('every suite that is shipped can be read, and names data that are there', () => {
  const folder = join(import.meta.dirname, '../../../../suites');
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  expect(names).toEqual(
    expect.arrayContaining(['smoke.yaml', 'lungs.yaml', 'nuclei.yaml', 'full.yaml']),
  );
  for (const name of names) {
    const suite = readSuite(join(folder, name), '/out');
    expect(cellsOf(suite).length, name).toBeGreaterThan(0);
  }
});
