/**
 * The Swin Transformer block, Liu et al. 2021, eq. 3, with the key names of the official code:
 *
 *   z^ = W-MSA(LN(z)) + z
 *   z  = MLP(LN(z^)) + z^
 *
 * where the windows of W-MSA are shifted in every second block. Maps of tokens are [N, H, W, C].
 */
import { type Generator, gelu, scope, type Tensor } from '@genseg/torch';
import {
  attention,
  type Buffer,
  constant,
  LayerNorm,
  Linear,
  Module,
  type Parameter,
  StochasticDepth,
  truncatedNormal,
} from '../../nn/index.ts';
import {
  blockedPairs,
  merge,
  partition,
  relativePositionIndex,
  type WindowGrid,
  windowGrid,
} from './windows.ts';

const init = truncatedNormal({ std: 0.02 });

/** Linear with the first weights of the official code. */
export const linear = (
  inFeatures: number,
  outFeatures: number,
  options: { bias?: boolean; generator: Generator },
): Linear => new Linear(inFeatures, outFeatures, { init, biasInit: constant(0), ...options });

/** Multi-head attention within windows, with a bias for each relative position and head: eq. 4. */
class WindowAttention extends Module {
  readonly #heads: number;
  readonly #window: number;
  readonly #table: Parameter; // [(2 window - 1)^2, heads]
  readonly #index: Buffer;
  readonly #qkv: Linear;
  readonly #proj: Linear;

  constructor(
    channels: number,
    { heads, window, generator }: { heads: number; window: number; generator: Generator },
  ) {
    super();
    this.#heads = heads;
    this.#window = window;
    const positions = (2 * window - 1) ** 2;
    this.#table = scope(() =>
      this.parameter('relative_position_bias_table', init([positions, heads], 1, generator)),
    );
    this.#index = scope(() =>
      this.buffer('relative_position_index', relativePositionIndex(window)),
    );
    this.#qkv = this.child('qkv', linear(channels, 3 * channels, { generator }));
    this.#proj = this.child('proj', linear(channels, channels, { generator }));
  }

  /** @param windows [N, windows, tokens, C]; what is returned has that shape. */
  forward(windows: Tensor, grid: WindowGrid): Tensor {
    const [n, number, tokens, channels] = windows.shape;
    return scope(() => {
      const [query, key, value] = this.#qkv
        .forward(windows)
        .reshape([n, number, tokens, 3, this.#heads, channels / this.#heads])
        .permute([3, 0, 1, 4, 2, 5]) // [3, N, windows, heads, tokens, C / heads]
        .unbind();
      const seen = attention(query, key, value, {
        bias: this.#bias(grid),
        blocked: blockedPairs(grid, windows.device),
      });
      return this.#proj.forward(seen.transpose(2, 3).reshape(windows.shape));
    });
  }

  /** [heads, tokens, tokens]; a window smaller than the table's is one corner of the whole window. */
  #bias({ rows, columns }: WindowGrid): Tensor {
    const w = this.#window;
    const tokens = rows.window * columns.window;
    return this.#table.value
      .index([this.#index.value])
      .permute([2, 0, 1])
      .reshape([this.#heads, w, w, w, w])
      .narrow(1, 0, rows.window)
      .narrow(2, 0, columns.window)
      .narrow(3, 0, rows.window)
      .narrow(4, 0, columns.window)
      .reshape([this.#heads, tokens, tokens]);
  }
}

/** Two layers with a GELU between, for each token by itself. */
class Mlp extends Module {
  readonly #widen: Linear;
  readonly #narrow: Linear;

  constructor(channels: number, hidden: number, generator: Generator) {
    super();
    this.#widen = this.child('fc1', linear(channels, hidden, { generator }));
    this.#narrow = this.child('fc2', linear(hidden, channels, { generator }));
  }

  forward(input: Tensor): Tensor {
    return scope(() => this.#narrow.forward(gelu(this.#widen.forward(input))));
  }
}

export interface BlockOptions {
  heads: number;
  /** Side of a window in tokens. */
  window: number;
  /** Whether the windows are shifted by half their side. */
  shifted: boolean;
  /** Probability that a sample skips what the block adds, in training. */
  dropPath: number;
  /** Draws the first weights. */
  generator: Generator;
  /** Draws what is skipped. */
  dropoutGenerator: Generator;
}

/** One block, from [N, H, W, C] to the same. */
export class SwinBlock extends Module {
  readonly #grid: (height: number, width: number) => WindowGrid;
  readonly #norm1: LayerNorm;
  readonly #attention: WindowAttention;
  readonly #norm2: LayerNorm;
  readonly #mlp: Mlp;
  readonly #dropPath: StochasticDepth;

  constructor(channels: number, options: BlockOptions) {
    const { heads, window, shifted, dropPath, generator, dropoutGenerator } = options;
    super();
    this.#grid = (height, width) => windowGrid(height, width, { window, shifted });
    this.#norm1 = this.child('norm1', new LayerNorm(channels));
    this.#attention = this.child(
      'attn',
      new WindowAttention(channels, { heads, window, generator }),
    );
    this.#norm2 = this.child('norm2', new LayerNorm(channels));
    this.#mlp = this.child('mlp', new Mlp(channels, 4 * channels, generator));
    this.#dropPath = this.child('drop_path', new StochasticDepth(dropPath, dropoutGenerator));
  }

  forward(map: Tensor): Tensor {
    const [, height, width] = map.shape;
    const grid = this.#grid(height, width);
    return scope(() => {
      const windows = partition(this.#norm1.forward(map), grid);
      const attended = merge(this.#attention.forward(windows, grid), grid);
      const between = map.add(this.#dropPath.forward(attended));
      const changed = this.#mlp.forward(this.#norm2.forward(between));
      return between.add(this.#dropPath.forward(changed));
    });
  }
}
