/** Parts of models: which there are, their learning rates, and what frozen ones leave alone. */
import { Generator, scope } from '@genseg/torch';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../test/data/fixtures.ts';
import { checkLeaks, stateHash, tinyPlan, tinySession } from '../../test/tiny.ts';
import { ConfigError } from '../errors.ts';
import { BatchNorm2d, type Module } from '../nn/index.ts';
import { checkModel } from '../train/check-model.ts';
import { genseg, plain } from '../train/method.ts';
import { type Family, families, resunet, unet } from './family.ts';
import { parseStageRates, staged } from './stages.ts';

checkLeaks();

const built = (family: Family, body: (model: Module) => void): void =>
  scope(() => {
    using generator = new Generator(0);
    const options = { width: 4, size: 32, generator, dropoutGenerator: generator };
    using model = family.build(1, 1, { ...options, device: 'cpu' });
    body(model);
  });

test.each(families)('$name: every parameter is in one part', (family) => {
  built(family, (model) => {
    for (const name of model.namedParameters().keys()) {
      const parts = Object.entries(family.stages!).filter(([, prefixes]) =>
        prefixes.some((prefix) => name.startsWith(`${prefix}.`)),
      );
      expect([name, parts.length]).toEqual([name, 1]);
    }
  });
});

const isEncoder = (name: string) => /^(inc|down)/.test(name);

test('a frozen part has no optimiser state; its weights and statistics stay, to the last bit', () => {
  using tiny = tinySession(genseg, { family: staged(unet, { encoder: 0 }) });
  const { session } = tiny;
  const { segmenter } = session;
  expect([...segmenter.namedParameters().keys()].filter(isEncoder)).toEqual([]);
  expect(session.parts.optimizers.segmenter.parameters).toEqual(segmenter.parameters());
  const values = () =>
    new Map([...segmenter.stateDict()].map(([name, value]) => [name, value.toArray()] as const));
  const before = values();
  session.engine!.iteration = 1; // an upper step is due
  const { hypergradientNorms } = session.trainStep();
  for (const norm of hypergradientNorms!) expect(norm).toBeGreaterThan(0);
  for (const [name, value] of values()) {
    if (isEncoder(name)) expect([name, value]).toEqual([name, before.get(name)]);
    else if (name.endsWith('weight')) expect(value, name).not.toEqual(before.get(name));
  }
  segmenter.train();
  for (const [name, module] of segmenter.modules())
    if (module instanceof BatchNorm2d)
      expect([name, module.training]).toEqual([name, !isEncoder(name)]);
});

test('frozen, or at rate 0, instance-normalised layers give the same losses and hypergradients', () => {
  const isFrozen = (name: string) => name.startsWith('encoder.');
  const trained = (family: Family) => {
    using tiny = tinySession(genseg, { family });
    tiny.session.pretrainStep();
    tiny.session.engine!.iteration = 1;
    return [0, 1].flatMap(() => {
      const { losses, hypergradientNorms = [] } = tiny.session.trainStep();
      return [...losses.values(), ...hypergradientNorms];
    });
  };
  const frozen = trained(staged(resunet, { encoder: 0 }));
  const still = trained({ ...resunet, rateOf: (name) => (isFrozen(name) ? 0 : 1) });
  const free = trained(resunet);
  expect(frozen).toHaveLength(still.length);
  frozen.forEach((value, i) => {
    expect(Math.abs(value / still[i] - 1)).toBeLessThan(1e-4);
  });
  expect(frozen).not.toEqual(free);
});

test('a rate belongs to the part, that of the longest name to what is in two', () => {
  const rates = parseStageRates(['encoder=0.1', 'down2=0', 'up1.conv=3']);
  using tiny = tinySession(plain, { family: staged(unet, rates) });
  const { segmenter, parts } = tiny.session;
  const names = [...segmenter.namedParameters().keys()];
  const factors = new Map(names.map((name, i) => [name, parts.optimizers.segmenter.factors[i]]));
  expect(factors.get('inc.double_conv.0.weight')).toBe(0.1);
  expect(factors.get('down1.maxpool_conv.1.double_conv.0.weight')).toBe(0.1);
  expect(names.filter((name) => name.startsWith('down2.'))).toEqual([]);
  expect(factors.get('up1.conv.double_conv.0.weight')).toBe(3);
  expect(factors.get('up1.up.weight')).toBe(1);
  expect(factors.get('outc.conv.bias')).toBe(1);
});

test('with a frozen part the same seed gives the same bits', async () => {
  const folder = await temporaryFolder();
  const hash = () => {
    using tiny = tinySession(genseg, { family: staged(unet, { encoder: 0, decoder: 0.5 }) });
    for (let i = 0; i < 2; i++) tiny.session.trainStep();
    return stateHash(folder, tiny.session);
  };
  expect(hash()).toBe(hash());
});

test('a part that is not there is refused with those that are', () => {
  const check = (stageRates: Record<string, number>) => checkModel(tinyPlan({ stageRates }));
  expect(() => check({ backbone: 0 })).toThrow(ConfigError);
  expect(() => check({ backbone: 0 })).toThrow(
    /--stage-lr backbone: unet has no such part; its parts are encoder, decoder/,
  );
  expect(() => check({ encoder: 0, decoder: 0 })).toThrow(/it has no parameters to train/);
});
