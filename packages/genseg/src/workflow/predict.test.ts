import { expect, test } from 'vitest';
import { ConfigError } from '../errors.ts';
import { predictFiles } from './predict.ts';

test.each(['one', { tile: null }, { tile: 64 }] as const)(
  'maps of uncertainty need six views: refused of %o',
  async (view) => {
    const predicted = predictFiles('nowhere', [], { out: 'masks', view, write: ['uncertainty'] });
    await expect(predicted).rejects.toThrow(ConfigError);
    await expect(predicted).rejects.toThrow("leave it out, or take view: 'six'");
  },
);
