import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { discFiles } from '../../test/command-line.ts';
import { dataSet, temporaryFolder } from '../../test/data/fixtures.ts';
import { inspect, loadCases } from '../data/index.ts';
import { makeDerived } from './derive.ts';
import { contentHashes } from './inputs.ts';
import type { Derivation, Suite } from './suite.ts';

const make = (out: string, derived: Record<string, Derivation>) =>
  makeDerived(
    { derived: new Map(Object.entries(derived)) } as unknown as Suite,
    out,
    contentHashes(),
  );

/** Twelve discs of six patients, the last four for testing. */
const files = () => {
  const discs = Object.entries(discFiles('disc', 12)).map(([path, bytes]) => {
    const number = Number(/-(\d+)/.exec(path)![1]);
    return [`${number < 8 ? 'train' : 'test'}/${path}`, bytes];
  });
  const rows = Array.from({ length: 12 }, (_, i) => `disc-${i},p${i >> 1}`);
  return dataSet({
    ...Object.fromEntries(discs),
    'data.csv': ['image,patient', ...rows].join('\n'),
  });
};

test('a pool is divided anew by patient, from files that stay where they are', async () => {
  const [from, out] = [await files(), await temporaryFolder()];
  await make(out, { anew: { kind: 'divide', from, pool: 5, seed: 1 } });
  const { cases } = (await inspect(join(out, 'data', 'anew'))).manifest;
  const of = (split: string) => cases.filter((one) => one.split === split);
  expect([cases.length, of('train').length, of('test').length]).toEqual([12, 4, 8]);
  const patients = (split: string) => new Set(of(split).map(({ patient }) => patient));
  expect([...patients('train')].filter((patient) => patients('test').has(patient))).toEqual([]);
  expect(patients('train').size).toBe(2);

  const other = await temporaryFolder();
  await make(other, { anew: { kind: 'divide', from, pool: 5, seed: 1 } });
  const splits = (folder: string) => readFileSync(join(folder, 'data/anew/splits.json'), 'utf8');
  expect(splits(other)).toBe(splits(out));
});

test('a pool that leaves nothing to test on is refused', async () => {
  const [from, out] = [await files(), await temporaryFolder()];
  const made = make(out, { anew: { kind: 'divide', from, pool: 12, seed: 0 } });
  await expect(made).rejects.toThrow(/pool of 12 leaves none of its 12 labelled images/);
});

test('a shift changes the test images alone: less contrast, brighter darks, the same masks', async () => {
  const [from, out] = [await files(), await temporaryFolder()];
  await make(out, { shifted: { kind: 'shift', from } });
  const shifted = (await inspect(join(out, 'data', 'shifted'))).manifest;
  const original = (await inspect(from)).manifest;
  for (const { fingerprint } of [original, shifted]) fingerprint.intensity.per = 'dataset';
  const tests = original.cases.filter(({ split }) => split === 'test');
  expect(shifted.cases.map(({ id, patient }) => [id, patient])).toEqual(
    tests.map(({ id, patient }) => [id, patient]),
  );
  const [before, after] = [
    await loadCases(tests, original),
    await loadCases(shifted.cases, shifted),
  ];
  const spread = (x: Float32Array) => Math.max(...x) - Math.min(...x);
  before.forEach((sample, i) => {
    expect([...after[i].mask!]).toEqual([...sample.mask!]);
    expect(spread(after[i].image)).toBeLessThan(0.85 * spread(sample.image));
    expect(Math.min(...after[i].image)).toBeGreaterThan(Math.min(...sample.image));
  });
});

test('what is there is not made again, what was half made is', async () => {
  const [from, out] = [await files(), await temporaryFolder()];
  const derived = { shifted: { kind: 'shift', from } as const };
  await make(out, derived);
  const file = join(out, 'data/shifted/data.csv');
  const at = statSync(file).mtimeMs;
  await make(out, derived);
  expect(statSync(file).mtimeMs).toBe(at);
  rmSync(join(out, 'data/shifted'), { recursive: true });
  await make(out, derived);
  expect(statSync(file).mtimeMs).toBeGreaterThan(at);
});

test('what was made otherwise, or of data that changed, is made anew; its cells see no trace of how', async () => {
  const [from, out] = [await files(), await temporaryFolder()];
  const folder = join(out, 'data', 'anew');
  const divide = (pool: number, seed = 1) =>
    make(out, { anew: { kind: 'divide', from, pool, seed } });
  const train = () => {
    const { train } = JSON.parse(readFileSync(join(folder, 'splits.json'), 'utf8'));
    return train as string[];
  };
  await divide(5);
  const first = await contentHashes()(folder);
  expect(train()).toHaveLength(4);
  await divide(9);
  expect(train()).toHaveLength(8);
  expect(await contentHashes()(folder)).not.toBe(first);
  await divide(5);
  expect(await contentHashes()(folder)).toBe(first);
  await divide(5, 2);
  expect(await contentHashes()(folder)).not.toBe(first);

  const shift = () => make(out, { shifted: { kind: 'shift', from } });
  const shifted = (id: string) => existsSync(join(out, 'data', 'shifted', 'images', `${id}.png`));
  await shift();
  expect(shifted('disc-11')).toBe(true);
  for (const kind of ['images', 'masks']) rmSync(join(from, 'test', kind, 'disc-11.png'));
  await shift();
  expect([shifted('disc-10'), shifted('disc-11')]).toEqual([true, false]);
});

test('a shift that had other numbers is made anew', async () => {
  const [from, out] = [await files(), await temporaryFolder()];
  const folder = join(out, 'data', 'shifted');
  const shift = () => make(out, { shifted: { kind: 'shift', from } });
  await shift();
  const origin = readFileSync(join(folder, '.derived.json'), 'utf8');
  const older = JSON.stringify({ ...JSON.parse(origin), how: { noise: 1 } });
  writeFileSync(join(folder, '.derived.json'), older);
  rmSync(join(folder, 'images', 'disc-11.png'));
  await shift();
  expect(existsSync(join(folder, 'images', 'disc-11.png'))).toBe(true);
  expect(readFileSync(join(folder, '.derived.json'), 'utf8')).toBe(origin);
});

test('what cannot be made again stays as it was', async () => {
  const [from, out] = [await files(), await temporaryFolder()];
  await make(out, { shifted: { kind: 'shift', from } });
  rmSync(from, { recursive: true });
  await expect(make(out, { shifted: { kind: 'shift', from } })).rejects.toThrow('does not exist');
  expect(existsSync(join(out, 'data', 'shifted', 'data.csv'))).toBe(true);
});

test('of derived data others can be made', async () => {
  const [from, out] = [await files(), await temporaryFolder()];
  const derived = (pool: number): Record<string, Derivation> => ({
    anew: { kind: 'divide', from, pool, seed: 1 },
    shifted: { kind: 'shift', from: join(out, 'data', 'anew') },
  });
  await make(out, derived(5));
  const count = async () => (await inspect(join(out, 'data', 'shifted'))).manifest.cases.length;
  expect(await count()).toBe(8);
  await make(out, derived(9));
  expect(await count()).toBe(4);
});
