import { expect, test } from 'vitest';
import { trainCommand } from './command.ts';

const setting = <T>(value: T, source = 'default') => ({ value, source });

test('the command has what was chosen, wherever it was chosen, and the seed', () => {
  const settings = {
    data: setting('/data/lungs', '--data'),
    out: setting('runs/lungs', '--out'),
    labels: setting(14, 'GENSEG_LABELS'),
    test: setting(['/data/a', '/data/b c'], '--test'),
    size: setting(256, 'size in config.json'),
    unrollSteps: setting(2, '--unroll-steps'),
    budget: setting(null, '--budget'),
    precision: setting('auto'),
    width: setting(16, 'preset fast'),
    seed: setting(0),
    json: setting(true, '--json'),
  };
  expect(trainCommand(settings)).toBe(
    'genseg train /data/lungs --out runs/lungs --labels 14 --test /data/a ' +
      "--test '/data/b c' --size 256 --unroll-steps 2 --seed 0",
  );
});

test('a shell takes every path for one word and runs nothing in it', () => {
  const settings = { data: setting(`it's $(here); rm -rf *`), seed: setting(1) };
  expect(trainCommand(settings)).toBe(`genseg train 'it'\\''s $(here); rm -rf *' --seed 1`);
});
