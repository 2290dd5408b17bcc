/** What every model must do, by a table: run in other layouts and precisions, and leave nothing behind. */
import {
  autocast,
  cat,
  Generator,
  grad,
  liveTensors,
  rand,
  scope,
  type Tensor,
} from '@genseg/torch';
import { expect, test } from 'vitest';
import { wave } from '../../test/numeric.ts';
import { Dropout, fullPrecision, type Module, substitute, valuesOf } from '../nn/index.ts';
import {
  Architecture,
  DeepLabV3,
  PatchDiscriminator,
  Pix2PixGenerator,
  ResUNet,
  SwinUNet,
  UNet,
} from './index.ts';

/** A model of two input channels. */
type Make = (generator: Generator) => { modules: Module[]; forward(x: Tensor): Tensor };

const models: [string, Make][] = [
  ...[false, true].map((bilinear): [string, Make] => [
    `U-Net, bilinear ${bilinear}`,
    (generator) => {
      const net = new UNet(2, 1, { width: 4, bilinear, generator });
      return { modules: [net], forward: (x) => net.forward(x) };
    },
  ]),
  [
    'DeepLabV3',
    (generator) => {
      const options = { width: 4, generator, dropoutGenerator: generator };
      const net = new DeepLabV3(2, 1, options);
      for (const [, module] of net.modules()) if (module instanceof Dropout) module.eval();
      // What torchvision draws at first enlarges rounding a thousandfold in training: each block adds its
      // own, and the means of two images of noise are alike. Small residuals and unlike images do not.
      scope(() => {
        for (const [name, { value }] of net.namedParameters())
          if (name.endsWith('bn3.weight')) value.detach().fill_(0.1);
      });
      const unlike = (x: Tensor) => cat([x, x.neg(), x.square(), x.mul(0.2)]);
      return { modules: [net], forward: (x) => net.forward(unlike(x)) };
    },
  ],
  [
    'residual U-Net',
    (generator) => {
      const net = new ResUNet(2, 1, { width: 4, size: 32, generator });
      // Residuals that begin at zero would hide what their convolutions do.
      scope(() => {
        for (const [name, { value }] of net.namedParameters())
          if (name.endsWith('conv2.norm.weight')) value.detach().fill_(0.5);
      });
      // The lower resolutions as well, because every parameter must have a part.
      const forward = (x: Tensor) => cat(net.forwardDeep(x).map((y) => y.reshape([-1])));
      return { modules: [net], forward };
    },
  ],
  [
    'Swin-UNet',
    (generator) => {
      const options = { width: 8, window: 3, dropPath: 0, generator, dropoutGenerator: generator };
      const net = new SwinUNet(2, 1, options);
      return { modules: [net], forward: (x) => net.forward(x) };
    },
  ],
  [
    'generator',
    (generator) => {
      const architecture = new Architecture(5, { generator });
      const options = { width: 4, generator, dropoutGenerator: generator };
      const net = new Pix2PixGenerator(2, 3, architecture, options);
      return { modules: [architecture, net], forward: (x) => net.forward(x) };
    },
  ],
  [
    'discriminator',
    (generator) => {
      const net = new PatchDiscriminator(2, 2, { width: 4, generator });
      return { modules: [net], forward: (x) => net.forward(x, x.square()) };
    },
  ],
];

const frozen = <T>(modules: readonly Module[], body: () => T): T =>
  modules.reduce((inner, module) => () => module.withFrozenStatistics(inner), body)();

test.each(models)('%s agrees in channels-last and in bfloat16', (_, make) => {
  const before = liveTensors();
  using generator = new Generator(0);
  const { modules, forward } = make(generator);
  scope(() => {
    const parameters = modules.flatMap((module) => module.parameters());
    const weights = valuesOf(parameters);
    const x = rand([2, 2, 35, 37], { generator });

    const run = (input: Tensor, values: readonly Tensor[]) =>
      substitute(parameters, values, () => {
        const output = frozen(modules, () => forward(input));
        const loss = fullPrecision(output).mul(wave(output.shape, 2)).sum();
        return [output, ...grad(loss, values)];
      });
    const norm = (tensor: Tensor) => tensor.square().sum().sqrt().item();
    // Biases before instance normalisation have a gradient of zero, but for rounding; no other is that small.
    const distance = (a: Tensor, b: Tensor) => norm(a.sub(b)) / Math.max(norm(b), 1e-3);

    // In float64, because float32's rounding flips ReLUs here and there.
    const double = (tensor: Tensor) => tensor.detach().to({ dtype: 'float64' });
    const doubles = weights.map((weight) => double(weight).requiresGrad_());
    const exact = run(double(x), doubles);
    const channelsLast = double(x).contiguous({ memoryFormat: 'channelsLast' });
    run(channelsLast, doubles).forEach((got, i) => {
      expect(distance(got, exact[i])).toBeLessThan(1e-9);
    });

    const [output, ...gradients] = autocast(() => run(x, weights));
    expect(distance(output, exact[0])).toBeLessThan(0.15); // three digits, through twenty layers
    for (const gradient of gradients) {
      expect(gradient.dtype).toBe('float32');
      expect(gradient.isfinite().all().item()).toBe(true);
    }
  });
  for (const module of modules) module.dispose();
  generator.dispose();
  expect(liveTensors()).toBe(before);
});
