import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { readConfigFile, resolveConfig, restoreConfig } from './config.ts';

const number = z.coerce.number({ error: 'expected a number' });
const schema = z.object({
  data: z.string({ error: 'expected a folder' }),
  preset: z.enum(['fast', 'paper'], { error: 'expected one of fast, paper' }).default('fast'),
  a: number.default(0),
  b: number.default(0),
  c: number.default(0),
  d: number.default(0),
  unrollSteps: number.default(1),
});
const presets = { fast: { a: 1, b: 1, c: 1, d: 1 }, paper: { a: 10 } };
const flags = { data: 'lungs' };

test('each place overrides the ones before, and every value tells its source', () => {
  const { config, settings } = resolveConfig(schema, {
    presets,
    file: { path: 'genseg.json', values: { b: 2, c: 2, d: 2 } },
    environment: { GENSEG_C: '3', GENSEG_D: '3', PATH: '/bin' },
    flags: { data: 'lungs', d: '4', a: undefined },
  });
  expect(config).toMatchObject({ a: 1, b: 2, c: 3, d: 4 });
  expect(settings).toEqual({
    data: { value: 'lungs', source: '--data' },
    preset: { value: 'fast', source: 'default' },
    a: { value: 1, source: 'preset fast' },
    b: { value: 2, source: 'b in genseg.json' },
    c: { value: 3, source: 'GENSEG_C' },
    d: { value: 4, source: '--d' },
    unrollSteps: { value: 1, source: 'default' },
  });
});

test.each([
  ['the file', { file: { path: 'f', values: { preset: 'paper' } }, flags }],
  ['the environment', { environment: { GENSEG_PRESET: 'paper' }, flags }],
  ['a flag', { environment: { GENSEG_PRESET: 'fast' }, flags: { ...flags, preset: 'paper' } }],
  ['a default of the machine', { defaults: { preset: 'paper' as const }, flags }],
])('the preset may be chosen by %s', (_, layers) => {
  const { config, settings } = resolveConfig(schema, { presets, ...layers });
  expect(config).toMatchObject({ preset: 'paper', a: 10, b: 0 });
  expect(settings.a.source).toBe('preset paper');
});

test('defaults of the machine stand above those of the schema and below the preset', () => {
  const layers = { presets, defaults: { a: 5, unrollSteps: 5 }, flags };
  expect(resolveConfig(schema, layers).config).toMatchObject({ a: 1, unrollSteps: 5 });
});

test('names are spelled as each place does', () => {
  const environment = { GENSEG_UNROLL_STEPS: '7' };
  const { settings } = resolveConfig(schema, { environment, flags });
  expect(settings.unrollSteps).toEqual({ value: 7, source: 'GENSEG_UNROLL_STEPS' });
  expect(() => resolveConfig(schema, { flags: { ...flags, unrolSteps: 1 } })).toThrow(
    '--unrol-steps is not an option; did you mean --unroll-steps?',
  );
});

test('an empty variable is not set', () => {
  const environment = { GENSEG_A: '', GENSEG_NONSENSE: '' };
  expect(resolveConfig(schema, { environment, flags }).settings.a.source).toBe('default');
});

test.each([
  [
    { file: { path: 'genseg.json', values: { dta: 'x' } } },
    'dta in genseg.json is not an option; did you mean data in genseg.json?',
  ],
  [
    { environment: { GENSEG_PRESTE: 'x' } },
    'GENSEG_PRESTE is not an option; did you mean GENSEG_PRESET?',
  ],
  [
    { flags: { learningRate: 1 } },
    '--learning-rate is not an option; options are data, preset, a, b, c, d, unrollSteps',
  ],
  [{ environment: { GENSEG_A: 'much' }, flags }, 'GENSEG_A is "much", expected a number'],
  [
    { presets, file: { path: 'f.json', values: { preset: 'quick' } }, flags },
    'preset in f.json is "quick", expected one of fast, paper',
  ],
  [
    {},
    'data is missing, expected a folder; set it on the command line, as GENSEG_DATA or in a config file',
  ],
])('refuses %o', (layers, message) => {
  expect(() => resolveConfig(schema, layers)).toThrow(new ConfigError(message));
});

test('the settings of a run give its options again, and are checked again', () => {
  const { config, settings } = resolveConfig(schema, { presets, flags });
  const stored = JSON.parse(JSON.stringify(settings));
  expect(restoreConfig(schema, stored)).toEqual(config);
  stored.a.value = 'much';
  expect(() => restoreConfig(schema, stored)).toThrow('preset fast is "much", expected a number');
});

const folder = mkdtempSync(join(tmpdir(), 'genseg-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['missing.json', undefined, /missing\.json cannot be read as JSON: ENOENT/],
  ['bad.json', '{ size: 1 }', /bad\.json cannot be read as JSON: /],
  ['list.json', '[1]', /list\.json must hold one JSON object/],
])('a config file that is %s is refused', (name, content, message) => {
  const path = join(folder, name);
  if (content) writeFileSync(path, content);
  expect(() => readConfigFile(path)).toThrow(ConfigError);
  expect(() => readConfigFile(path)).toThrow(message);
});

test('a config file is an object of options', () => {
  const path = join(folder, 'good.json');
  writeFileSync(path, '{ "a": 3 }');
  expect(readConfigFile(path)).toEqual({ path, values: { a: 3 } });
});
