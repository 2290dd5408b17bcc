/** Attention, made of operators that can be differentiated twice: LibTorch's fused ones cannot. */
import { scope, type Tensor } from '@genseg/torch';

/**
 * softmax(Q K^T / sqrt(d) + B) V, Vaswani et al. 2017, eq. 1, with a bias B as in Liu et al. 2021, eq. 4.
 * Query, key and value are [..., tokens, d], and so is what is returned.
 * @param options.bias broadcast with [..., tokens, tokens].
 * @param options.blocked true where a query (row) must not see a key (column), broadcast as the bias;
 *   every query must see some key.
 */
export function attention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: { bias?: Tensor; blocked?: Tensor | null } = {},
): Tensor {
  const { bias, blocked = null } = options;
  return scope(() => {
    const d = query.shape[query.dim - 1];
    const products = query.mul(d ** -0.5).matmul(key.transpose(-2, -1));
    const scores = bias ? products.add(bias) : products;
    const seen = blocked ? scores.maskedFill(blocked, Number.NEGATIVE_INFINITY) : scores;
    return seen.softmax(-1).matmul(value);
  });
}
