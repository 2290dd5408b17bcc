/** The sum of convolutions that share stride and centre is one convolution. */
import { constantPadNd, mixKernels, type Tensor } from '@genseg/torch';

/**
 * One kernel that does what the weighted sum of all does: convolution is linear in its kernel, and a
 * smaller kernel is a larger one with zeros around it. Exact up to the type of an `autocast`, and differentiable in both arguments.
 *
 * @param kernels [., ., k, k] with k ascending, all odd or all even; a kernel of size k goes with padding
 *   k / 2 + c, the same c for all, in a transposed convolution as in an ordinary one.
 * @param shares one number for each, [kernels].
 * @returns [., ., k, k] for the largest k; it takes the largest kernel's padding.
 */
export const mergeKernels = (kernels: readonly Tensor[], shares: Tensor): Tensor =>
  mixKernels(kernels, shares) ?? composed(kernels, shares.unbind());

function composed(kernels: readonly Tensor[], shares: readonly Tensor[]): Tensor {
  const first = kernels[0].mul(shares[0]);
  return kernels.slice(1).reduce((sum, kernel, i) => {
    const border = (kernel.shape[3] - sum.shape[3]) / 2;
    return constantPadNd(sum, [border, border, border, border]).addcmul(kernel, shares[i + 1]);
  }, first);
}
