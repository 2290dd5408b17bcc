/**
 * The encoder: ResNet-50 (He et al. 2016, "Deep Residual Learning for Image Recognition", table 1) in the
 * layout and with the key names of torchvision, which strides in a block's 3x3 convolution. The last two
 * stages dilate where the classifier halves (Chen et al. 2017, sect. 3.1): features are 1/8 of the image.
 */
import { type Generator, maxPool2d, relu, scope, type Tensor } from '@genseg/torch';
import { BatchNorm2d, Conv2d, kaimingNormalByFanOut, Module, Sequential } from '../../nn/index.ts';

/** The channels that a block gives are so many times those of its 3x3 convolution. */
const expansion = 4;

interface BlockOptions {
  stride: number;
  dilation: number;
  generator: Generator;
}

/** x + F(x) with F of three convolutions: 1x1 to fewer channels, 3x3, 1x1 to more. */
class Bottleneck extends Module {
  readonly #reduce: (x: Tensor) => Tensor;
  readonly #filter: (x: Tensor) => Tensor;
  readonly #expand: (x: Tensor) => Tensor;
  readonly #downsample: Sequential | null;

  /** @param middle channels of the 3x3 convolution; what leaves has four times as many. */
  constructor(inChannels: number, middle: number, { stride, dilation, generator }: BlockOptions) {
    super();
    const outChannels = expansion * middle;
    const plain = { bias: false, init: kaimingNormalByFanOut, generator };
    const normalised = (place: number, conv: Conv2d, channels: number) => {
      this.child(`conv${place}`, conv);
      const norm = this.child(`bn${place}`, new BatchNorm2d(channels));
      this.succession(conv, norm);
      return (x: Tensor) => norm.forward(conv.forward(x));
    };
    const spaced = { ...plain, stride, dilation, padding: dilation };

    this.#reduce = normalised(1, new Conv2d(inChannels, middle, 1, plain), middle);
    this.#filter = normalised(2, new Conv2d(middle, middle, 3, spaced), middle);
    this.#expand = normalised(3, new Conv2d(middle, outChannels, 1, plain), outChannels);
    this.#downsample =
      stride === 1 && inChannels === outChannels
        ? null
        : this.child(
            'downsample',
            new Sequential([
              new Conv2d(inChannels, outChannels, 1, { ...plain, stride }),
              new BatchNorm2d(outChannels),
            ]),
          );
  }

  forward(input: Tensor): Tensor {
    return scope(() => {
      const residual = this.#expand(relu(this.#filter(relu(this.#reduce(input)))));
      return relu(residual.add(this.#downsample ? this.#downsample.forward(input) : input));
    });
  }
}

/** `middle` is in units of the width; the first block strides, and has a dilation of its own. */
const stages = [
  { blocks: 3, middle: 1, stride: 1, firstDilation: 1, dilation: 1 },
  { blocks: 4, middle: 2, stride: 2, firstDilation: 1, dilation: 1 },
  { blocks: 6, middle: 4, stride: 1, firstDilation: 1, dilation: 2 },
  { blocks: 3, middle: 8, stride: 1, firstDilation: 2, dilation: 4 },
];

/** Images [N, channels, H, W] to features of the last two stages. */
export class ResNetEncoder extends Module {
  /** Channels of the last stage but one, and of the last. */
  readonly outChannels: { shallow: number; deep: number };
  readonly #conv: Conv2d;
  readonly #norm: BatchNorm2d;
  readonly #stages: Sequential[];

  constructor(channels: number, width: number, generator: Generator) {
    super();
    const stem = { stride: 2, padding: 3, bias: false, init: kaimingNormalByFanOut, generator };
    this.#conv = this.child('conv1', new Conv2d(channels, width, 7, stem));
    this.#norm = this.child('bn1', new BatchNorm2d(width));
    this.succession(this.#conv, this.#norm);
    let inChannels = width;
    this.#stages = stages.map(({ blocks, middle, stride, firstDilation, dilation }, i) => {
      const made = Array.from({ length: blocks }, (_, k) => {
        const options = k === 0 ? { stride, dilation: firstDilation } : { stride: 1, dilation };
        const block = new Bottleneck(inChannels, middle * width, { ...options, generator });
        inChannels = expansion * middle * width;
        return block;
      });
      return this.child(`layer${i + 1}`, new Sequential(made));
    });
    const [, , third, fourth] = stages;
    this.outChannels = {
      shallow: expansion * third.middle * width,
      deep: expansion * fourth.middle * width,
    };
  }

  /** @returns both [N, outChannels, ceil(H / 8), ceil(W / 8)]. */
  forward(image: Tensor): { shallow: Tensor; deep: Tensor } {
    return scope(() => {
      const stem = relu(this.#norm.forward(this.#conv.forward(image))); // [N, width, H / 2, W / 2]
      const quarter = maxPool2d(stem, 3, { stride: 2, padding: 1 });
      const [first, second, third, fourth] = this.#stages;
      const shallow = third.forward(second.forward(first.forward(quarter)));
      return { shallow, deep: fourth.forward(shallow) };
    });
  }
}
