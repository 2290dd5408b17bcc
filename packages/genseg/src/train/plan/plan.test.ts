import { environment } from '@genseg/torch';
import { expect, test } from 'vitest';
import { tinyPlan } from '../../../test/tiny.ts';
import type { Manifest } from '../../data/index.ts';
import { trainConfigSchema } from '../../run/index.ts';
import { presets } from '../recipe.ts';
import { secondsOf, withSteps } from './budget.ts';
import { fitBudget, makePlan, type Plan } from './plan.ts';

const times = { pretrain: 1, train: 3, upper: 0, validation: 0 };

test('a budget decides the steps of all stages, and the plan says so', () => {
  const steps = { name: 'segmentation steps', value: 6, reason: 'preset fast' };
  const other = { name: 'image size', value: '32 px', reason: 'as asked' };
  const plan = tinyPlan({ decisions: [steps, other] }); // 3 steps of pre-training, 6 of training
  const fitted = fitBudget(plan, 210, times); // 21 s as planned: ten times as many
  expect(fitted.recipe.segmentation.steps).toBe(60);
  expect(fitted.recipe.gan.pretrainSteps).toBe(30);
  expect(fitted.decisions).toEqual([
    { ...steps, value: 60, reason: 'as many as fit into 210 s by measured steps' },
    other,
  ]);
  expect(plan.recipe.segmentation.steps).toBe(6);
});

test.each(['fast', 'standard'] as const)(
  '%s: the learning rate rises in a twentieth of any number of steps',
  (preset) => {
    for (let steps = 1; steps <= 1000; steps++)
      expect(withSteps(presets[preset].recipe, steps).segmentation.warmup).toBe(
        Math.ceil(steps / 20),
      );
  },
);

function planned(options: object, engine = environment()): Plan {
  const manifest = { fingerprint: { channels: 1 }, classes: ['background', 'cell'] } as Manifest;
  const division = { train: [], validation: [], test: [], unused: [] };
  const config = trainConfigSchema.parse({ data: '.', out: '.', device: 'cpu', ...options });
  return makePlan(config, { manifest, division }, engine);
}

test("the image layout is as asked, else the processor's, and the plan says which", () => {
  const engine = environment();
  const layoutOf = (options: object, avx512 = true) => {
    const processor = { cpu: { ...engine.cpu, avx512 }, cuda: [{ free: 1e9, total: 1e9 }] };
    const { imageLayout, decisions } = planned(options, { ...engine, ...processor });
    return [imageLayout, decisions.find(({ name }) => name === 'image layout')?.reason];
  };
  const other = engine.imageLayout === 'contiguous' ? 'channels-last' : 'contiguous';
  expect(layoutOf({ imageLayout: other })).toEqual([other, 'as asked']);
  const own = engine.imageLayout;
  expect(layoutOf({})).toEqual([own, 'the faster one with AVX-512, as a rule']);
  expect(layoutOf({}, false)).toEqual([own, 'the faster one without AVX-512, as a rule']);
  expect(layoutOf({ device: 'cuda' })[1]).toBeUndefined();
  expect(() => planned({ imageLayout: 'nhwc' })).toThrow(/auto, contiguous, channels-last/);
});

test('CUDA graphs are used where asked for, and refused where there are none', () => {
  const engine = environment();
  const gpu = { ...engine, cudaGraphs: true, cuda: [{ free: 1e9, total: 1e9 }] };
  const asked = { cudaGraphs: true, device: 'cuda' };
  const { cudaGraphs, decisions } = planned(asked, gpu);
  expect(cudaGraphs).toBe(true);
  expect(decisions).toContainEqual({ name: 'CUDA graphs', value: 'on', reason: 'as asked' });
  expect(planned({ device: 'cuda' }, gpu).cudaGraphs).toBe(false);
  expect(() => planned({ ...asked, device: 'cpu' }, gpu)).toThrow(
    /^CUDA graphs were asked for \(--cuda-graphs, .*\), but this training is on the CPU \(as asked\); leave them out$/,
  );
  expect(() => planned(asked, { ...gpu, cudaGraphs: false })).toThrow(/this build cannot capture/);
  for (const device of ['cuda', 'cpu'])
    expect(() => planned({ ...asked, device, method: 'dct' }, gpu)).toThrow(/steps of dct draw/);
});

test("a family's own learning rate is a share of the preset's, but from pretrained weights", () => {
  const rateOf = (plan: Plan) => plan.recipe.segmentation.lr;
  const swin = planned({ model: 'swin-unet' });
  const { lr } = presets.fast.recipe.segmentation;
  expect([rateOf(planned({})), rateOf(swin)]).toEqual([lr, lr / 2]);
  expect(swin.decisions).toContainEqual({
    name: 'learning rate',
    value: lr / 2,
    reason: expect.stringMatching(/^0\.5 of the preset's: from random weights/),
  });
  expect(rateOf(planned({ model: 'swin-unet', weights: 'own.safetensors' }))).toBe(lr);
});

test('a budget below one step is one step', () => {
  const { recipe } = fitBudget(tinyPlan(), 0.1, times);
  expect([recipe.segmentation.steps, recipe.gan.pretrainSteps]).toEqual([1, 1]);
});

test.each([20, 40, 60, 100, 400, 4000])(
  'upper steps and validations are part of a budget of %d s',
  (seconds) => {
    const slow = { pretrain: 1, train: 1, upper: 20, validation: 5 };
    const { recipe } = tinyPlan();
    const fitted = fitBudget(tinyPlan(), seconds, slow).recipe;
    const { steps } = fitted.segmentation;
    if (steps > 1) expect(secondsOf(fitted, slow)).toBeLessThanOrEqual(seconds);
    for (let n = steps + 1; n <= seconds; n++)
      expect(secondsOf(withSteps(recipe, n), slow)).toBeGreaterThan(seconds);
  },
);
