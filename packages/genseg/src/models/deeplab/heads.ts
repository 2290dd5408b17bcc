/** From features to logits of their size, with torchvision's key names. */
import { cat, type Generator, relu, scope, type Tensor } from '@genseg/torch';
import { BatchNorm2d, Conv2d, Dropout, Module, Sequential, type Stage } from '../../nn/index.ts';

export interface HeadOptions {
  /** Channels inside. */
  channels: number;
  /** Draws the first weights. */
  generator: Generator;
  /** Draws the dropout. */
  dropoutGenerator: Generator;
}

/** A convolution that keeps the size, batch normalisation, ReLU. */
function convNormRelu(
  inChannels: number,
  outChannels: number,
  options: { kernel: 1 | 3; dilation?: number; generator: Generator },
): Stage[] {
  const { kernel, dilation = 1, generator } = options;
  const padding = kernel === 1 ? 0 : dilation;
  const conv = { padding, dilation, bias: false, generator };
  return [new Conv2d(inChannels, outChannels, kernel, conv), new BatchNorm2d(outChannels), relu];
}

/** The rates of Chen et al. 2017, sect. 3.3, for features of 1/8 of the image. */
const rates = [12, 24, 36];

/**
 * Chen et al. 2017, sect. 3.3 and fig. 5: the features through a 1x1 and three atrous 3x3 convolutions
 * and as their mean over the image, side by side, projected to the channels of one.
 */
class AtrousSpatialPyramidPooling extends Module {
  readonly #branches: Sequential[];
  readonly #imageLevel: Sequential;
  readonly #project: Sequential;

  constructor(inChannels: number, options: HeadOptions) {
    const { channels, generator, dropoutGenerator } = options;
    super();
    const point = { kernel: 1, generator } as const;
    this.#branches = [
      new Sequential(convNormRelu(inChannels, channels, point)),
      ...rates.map(
        (dilation) =>
          new Sequential(convNormRelu(inChannels, channels, { kernel: 3, dilation, generator })),
      ),
    ].map((branch, i) => this.child(`convs.${i}`, branch));
    this.#imageLevel = this.child(
      `convs.${this.#branches.length}`,
      new Sequential([
        (x) => x.mean([2, 3], { keepdim: true }),
        ...convNormRelu(inChannels, channels, point),
      ]),
    );
    const joined = channels * (this.#branches.length + 1);
    this.#project = this.child(
      'project',
      new Sequential([
        ...convNormRelu(joined, channels, point),
        new Dropout(0.5, dropoutGenerator),
      ]),
    );
  }

  forward(features: Tensor): Tensor {
    return scope(() => {
      const [, , height, width] = features.shape;
      // To enlarge one pixel is to repeat it, by any interpolation.
      const image = this.#imageLevel.forward(features).expand([-1, -1, height, width]);
      const branches = this.#branches.map((branch) => branch.forward(features));
      return this.#project.forward(cat([...branches, image], { dim: 1 }));
    });
  }
}

/** The head of DeepLabV3: the pyramid, a 3x3 convolution, and a 1x1 to the planes. */
export const deepLabHead = (
  inChannels: number,
  planes: number,
  options: HeadOptions,
): Sequential => {
  const { channels, generator } = options;
  return new Sequential([
    new AtrousSpatialPyramidPooling(inChannels, options),
    ...convNormRelu(channels, channels, { kernel: 3, generator }),
    new Conv2d(channels, planes, 1, { generator }),
  ]);
};

/** The head of Long et al. 2015, "Fully Convolutional Networks", as torchvision sets it on the third stage. */
export const auxiliaryHead = (
  inChannels: number,
  planes: number,
  { channels, generator, dropoutGenerator }: HeadOptions,
): Sequential =>
  new Sequential([
    ...convNormRelu(inChannels, channels, { kernel: 3, generator }),
    new Dropout(0.1, dropoutGenerator),
    new Conv2d(channels, planes, 1, { generator }),
  ]);
