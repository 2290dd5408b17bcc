// The three forms of mixture.h of LibTorch's operators, for devices that its loops do not run on: a pass over memory for
// each kernel, where autograd's own derivatives of paddings, products and sums take several.
#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace mixture::composed {

/// Where the taps of a smaller kernel lie among 8 x 8.
inline at::Tensor middle(const at::Tensor& merged, int64_t size) {
  const int64_t border = (8 - size) / 2;
  return merged.narrow(2, border, size).narrow(3, border, size);
}

inline at::Tensor merge(const std::vector<at::Tensor>& kernels, const at::Tensor& shares, at::ScalarType type) {
  const auto sum = kernels.back() * shares[static_cast<int64_t>(kernels.size()) - 1];
  for (size_t i = 0; i + 1 < kernels.size(); i++)
    middle(sum, kernels[i].size(2)).addcmul_(kernels[i], shares[static_cast<int64_t>(i)]);
  return sum.to(type);
}

/// One kernel of a split.
inline at::Tensor part(const at::Tensor& shares, const at::Tensor& merged, int64_t index, int64_t size) {
  return (middle(merged, size).to(shares.scalar_type()) * shares[index]).contiguous();
}

inline at::Tensor dots(const std::vector<at::Tensor>& kernels, const at::Tensor& merged) {
  std::vector<at::Tensor> sums;
  for (const auto& k : kernels) sums.push_back((k * middle(merged, k.size(2))).sum());
  return at::stack(sums);
}

}  // namespace mixture::composed
