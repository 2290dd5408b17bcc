import { expect, test } from 'vitest';
import { ConfigError } from '../errors.ts';
import { resolveConfig, restoreConfig } from './config.ts';
import { trainConfigSchema } from './train-config.ts';
import type { JsonObject, Settings } from './types.ts';

const flags = { data: 'lungs', out: 'runs/lungs' };
const resolve = (more: Record<string, unknown> = {}) =>
  resolveConfig(trainConfigSchema, { flags: { ...flags, ...more } });

test('data and out suffice', () => {
  expect(resolve().config).toEqual({
    data: 'lungs',
    out: 'runs/lungs',
    method: 'genseg',
    model: 'unet',
    weights: null,
    stageLr: [],
    classWeights: 'none',
    intensity: 'image',
    labels: null,
    val: null,
    test: [],
    size: 128,
    preset: 'fast',
    iterations: null,
    budget: null,
    checkpointEvery: 30,
    seed: 0,
    device: 'auto',
    precision: 'auto',
    imageLayout: 'auto',
    cudaGraphs: false,
    threads: null,
    unlabelled: null,
    profile: false,
    fastTest: false,
    json: false,
  });
});

test('text from the environment becomes numbers, booleans and lists', () => {
  const environment = {
    GENSEG_LABELS: '14',
    GENSEG_SEED: ' 9007199254740991 ',
    GENSEG_JSON: 'true',
    GENSEG_TEST: 'a,b',
  };
  expect(resolveConfig(trainConfigSchema, { flags, environment }).config).toMatchObject({
    labels: 14,
    seed: Number.MAX_SAFE_INTEGER,
    json: true,
    test: ['a,b'],
  });
});

test('parts of the model and their rates, once or several times', () => {
  expect(resolve({ stageLr: 'encoder=0.1' }).config.stageLr).toEqual(['encoder=0.1']);
  const several = ['encoder=0', 'down1.conv=.5', 'decoder=2'];
  expect(resolve({ stageLr: several }).config.stageLr).toEqual(several);
  for (const wrong of ['encoder', 'encoder=', '=1', 'encoder=-1', 'encoder=fast'])
    expect(() => resolve({ stageLr: [wrong] })).toThrow(
      /expected a part of the model and its share/,
    );
});

test.each([
  ['90s', 90],
  ['5m', 300],
  ['1.5h', 5400],
  ['45', 45],
  [12.5, 12.5],
])('a budget of %s is %d seconds', (budget, seconds) => {
  expect(resolve({ budget }).config.budget).toBe(seconds);
});

test.each([
  [{ budget: '5 minutes' }, '--budget is "5 minutes", expected a time such as 90s, 5m or 2h'],
  [{ budget: '0s' }, '--budget is "0s", expected a time'],
  [{ size: 15 }, '--size is 15, expected a whole number, 16 to 4096'],
  [{ size: '12e1' }, '--size is "12e1", expected a whole number'],
  [{ labels: 2.5 }, '--labels is 2.5, expected a whole number, 2 or more'],
  [{ labels: '' }, '--labels is "", expected a whole number'],
  [{ seed: -1 }, '--seed is -1, expected a whole number, 0 or more'],
  [{ method: 'gan' }, '--method is "gan", expected one of genseg, separate, augment, plain'],
  [{ device: 'gpu' }, '--device is "gpu", expected one of auto, cpu, cuda'],
  [{ json: 'yes' }, '--json is "yes", expected true or false'],
  [{ test: ['a', ''] }, '--test is ["a",""], expected folders with images and masks'],
  [{ labels: 5, val: 5 }, '--val is 5, expected fewer validation cases than labels'],
  [{ data: '' }, '--data is "", expected a folder with images and masks'],
])('refuses %o', (more, message) => {
  expect(() => resolve(more)).toThrow(ConfigError);
  expect(() => resolve(more)).toThrow(message);
});

test('resolved options survive config.json', () => {
  const { config, settings } = resolve({ budget: '5m', test: ['a', 'b'], val: 2 });
  const written: Settings<JsonObject> = settings; // what RunFolder.create takes
  expect(restoreConfig(trainConfigSchema, JSON.parse(JSON.stringify(written)))).toEqual(config);
});

test('every option is documented', () => {
  for (const [name, option] of Object.entries(trainConfigSchema.shape)) {
    expect(option.description, name).toBeTruthy();
  }
});
