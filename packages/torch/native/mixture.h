// Weighted sums of kernels of 4 x 4, 6 x 6 and 8 x 8 taps that share a centre, with derivatives of every order. With P
// the padding of a kernel with zeros to 8 x 8, and P' its transpose, the form <C, sum_i a_i P_i k_i> is linear in each
// of its arguments, so that its three derivatives are each other's:
//
//   merge  K  = sum_i a_i P_i k_i       split  k_i = a_i P_i' C       dots  a_i = <P_i k_i, C>
//
// Each is one pass over memory, where padding, products and sums apart are some eight. K and C are float32, or bfloat16
// for convolutions in that type, which saves the passes that would convert them; the rest is float32.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>
#include <limits>

#include "autograd.h"
#include "handles.h"
#include "images.h"
#include "mixture_composed.h"
#include "simd.h"

namespace mixture {

using simd::Floats;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

constexpr int count = 3, taps = 64, vectors = taps / simd::lanes;
constexpr std::array<int, count> sizes{4, 6, 8};

/// Moves a kernel's rows between where they lie without gaps and their places among 8 x 8.
template <int size, bool spreading>
SIMD_INLINE void move_rows(std::conditional_t<spreading, const float, float>* dense, float* block) {
  constexpr int border = (8 - size) / 2;
  for (int y = 0; y < size; y++) {
    float* place = block + (y + border) * 8 + border;
    if constexpr (spreading) std::memcpy(place, dense + y * size, size * sizeof(float));
    else std::memcpy(dense + y * size, place, size * sizeof(float));
  }
}

/// The taps of one pair of channels, each kernel's among zeros, to which `spread` does not write.
struct Blocks {
  alignas(64) float of[count][taps] = {};

  SIMD_INLINE void spread(const std::array<const float*, count>& kernels, int64_t pair) {
    move_rows<4, true>(kernels[0] + pair * 16, of[0]);
    move_rows<6, true>(kernels[1] + pair * 36, of[1]);
    move_rows<8, true>(kernels[2] + pair * 64, of[2]);
  }
  SIMD_INLINE void gather(const std::array<float*, count>& kernels, int64_t pair) {
    move_rows<4, false>(kernels[0] + pair * 16, of[0]);
    move_rows<6, false>(kernels[1] + pair * 36, of[1]);
    move_rows<8, false>(kernels[2] + pair * 64, of[2]);
  }
};

/// Calls visit(blocks, i) for so many pieces of so many pairs of channels each, in several threads.
template <class F>
void each_piece(int64_t pieces, int64_t pairs, const F& visit) {
  at::parallel_for(0, pieces, 256 / pairs, [&](int64_t from, int64_t to) {
    simd::run([&]() SIMD_BODY {
      Blocks blocks;
      for (int64_t i = from; i < to; i++) visit(blocks, i);
    });
  });
}

template <class T = const float>
std::array<T*, count> pointers(const variable_list& kernels) {
  return {kernels[0].data_ptr<float>(), kernels[1].data_ptr<float>(), kernels[2].data_ptr<float>()};
}

inline variable_list dense(const variable_list& tensors) {
  variable_list result;
  for (const auto& t : tensors) result.push_back(t.contiguous());
  return result;
}

inline at::Tensor merge(const variable_list& given, const at::Tensor& shares, at::ScalarType type) {
  if (!shares.is_cpu()) return composed::merge(given, shares, type);
  const auto kernels = dense(given);
  const auto result = at::empty_like(kernels[2], type);
  const auto from = pointers(kernels);
  const auto numbers = shares.contiguous();
  const float* a = numbers.data_ptr<float>();
  images::for_type(result, [&](auto zero) {
    auto* to = result.data_ptr<decltype(zero)>();
    each_piece(result.numel() / taps, 1, [&](Blocks& blocks, int64_t pair) SIMD_BODY {
      blocks.spread(from, pair);
      for (int v = 0; v < vectors; v++) {
        const int at = v * simd::lanes;
        Floats sum = simd::rounded(simd::load(blocks.of[0] + at) * a[0]);
        sum = simd::load(blocks.of[1] + at) * a[1] + sum;
        sum = simd::load(blocks.of[2] + at) * a[2] + sum;
        simd::store(to + pair * taps + at, sum);
      }
    });
  });
  return result;
}

inline variable_list split(const at::Tensor& shares, const at::Tensor& merged) {
  variable_list result;
  if (!shares.is_cpu()) {
    for (int i = 0; i < count; i++) result.push_back(composed::part(shares, merged, i, sizes[i]));
    return result;
  }
  const auto given = merged.contiguous();
  for (const int size : sizes) {
    auto shape = given.sizes().vec();
    shape[shape.size() - 2] = shape[shape.size() - 1] = size;
    result.push_back(at::empty(shape, shares.options()));
  }
  const auto to = pointers<float>(result);
  const auto numbers = shares.contiguous();
  const float* a = numbers.data_ptr<float>();
  images::for_type(given, [&](auto zero) {
    const auto* from = given.data_ptr<decltype(zero)>();
    each_piece(given.numel() / taps, 1, [&](Blocks& blocks, int64_t pair) SIMD_BODY {
      for (int v = 0; v < vectors; v++) {
        const Floats values = simd::load(from + pair * taps + v * simd::lanes);
        for (int i = 0; i < count; i++) simd::store(blocks.of[i] + v * simd::lanes, values * a[i]);
      }
      blocks.gather(to, pair);
    });
  });
  return result;
}

/// One kernel of a split, alone.
template <int index>
at::Tensor part(const at::Tensor& shares, const at::Tensor& merged) {
  constexpr int size = sizes[index];
  const auto given = merged.contiguous();
  auto shape = given.sizes().vec();
  shape[shape.size() - 2] = shape[shape.size() - 1] = size;
  const auto result = at::empty(shape, shares.options());
  float* to = result.data_ptr<float>();
  const float share = shares[index].item<float>();
  images::for_type(given, [&](auto zero) {
    const auto* from = given.data_ptr<decltype(zero)>();
    each_piece(given.numel() / taps, 1, [&](Blocks& blocks, int64_t pair) SIMD_BODY {
      for (int at = 0; at < taps; at += simd::lanes)
        simd::store(blocks.of[index] + at, simd::load(from + pair * taps + at) * share);
      move_rows<size, false>(to + pair * size * size, blocks.of[index]);
    });
  });
  return result;
}

/// Sums in pieces that hang on the shape alone: the same bits for any number of threads.
inline at::Tensor dots(const variable_list& given, const at::Tensor& merged) {
  if (!merged.is_cpu()) return composed::dots(given, merged);
  constexpr int64_t piece = 64;
  const auto kernels = dense(given);
  const auto with = merged.contiguous();
  const auto from = pointers(kernels);
  const int64_t pairs = with.numel() / taps, pieces = (pairs + piece - 1) / piece;
  std::vector<std::array<double, count>> parts(pieces);
  images::for_type(with, [&](auto zero) {
    const auto* values = with.data_ptr<decltype(zero)>();
    each_piece(pieces, piece, [&](Blocks& blocks, int64_t index) SIMD_BODY {
      Floats sums[count] = {};
      for (int64_t pair = index * piece; pair < std::min(pairs, (index + 1) * piece); pair++) {
        blocks.spread(from, pair);
        for (int at = 0; at < taps; at += simd::lanes) {
          const Floats value = simd::load(values + pair * taps + at);
          for (int i = 0; i < count; i++) sums[i] += simd::load(blocks.of[i] + at) * value;
        }
      }
      for (int i = 0; i < count; i++)
        for (int lane = 0; lane < simd::lanes; lane++) parts[index][i] += sums[i][lane];
    });
  });
  const auto result = at::empty({count}, kernels[0].options());
  for (int i = 0; i < count; i++) {
    double sum = 0;
    for (const auto& part : parts) sum += part[i];
    result.data_ptr<float>()[i] = static_cast<float>(sum);
  }
  return result;
}

struct Merge : Function<Merge> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& k4, const at::Tensor& k6, const at::Tensor& k8,
                            const at::Tensor& shares, at::ScalarType type) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    ctx->save_for_backward({k4, k6, k8, shares});
    return merge({k4, k6, k8}, shares, type);
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& gradients);
};

struct Split : Function<Split> {
  static variable_list forward(AutogradContext* ctx, const at::Tensor& shares, const at::Tensor& merged) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    ctx->save_for_backward({shares, merged});
    return split(shares, merged);
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& gradients);
};

struct Dots : Function<Dots> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& k4, const at::Tensor& k6, const at::Tensor& k8,
                            const at::Tensor& merged) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    ctx->save_for_backward({k4, k6, k8, merged});
    return dots({k4, k6, k8}, merged);
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& gradients);
};

/// Sets the kernels' gradients, if any of them is asked for.
inline void set_split(AutogradContext* ctx, variable_list& result, const at::Tensor& shares, const at::Tensor& merged) {
  if (!ctx->needs_input_grad(0) && !ctx->needs_input_grad(1) && !ctx->needs_input_grad(2)) return;
  const auto kernels = Split::apply(shares, merged);
  std::copy(kernels.begin(), kernels.end(), result.begin());
}

inline variable_list Merge::backward(AutogradContext* ctx, const variable_list& gradients) {
  const auto k = ctx->get_saved_variables();
  variable_list result(5);
  set_split(ctx, result, k[3], gradients[0]);
  if (ctx->needs_input_grad(3)) result[3] = Dots::apply(k[0], k[1], k[2], gradients[0]);
  return result;
}

inline variable_list Split::backward(AutogradContext* ctx, const variable_list& k) {
  const auto saved = ctx->get_saved_variables();
  variable_list result(2);
  if (ctx->needs_input_grad(0)) result[0] = Dots::apply(k[0], k[1], k[2], saved[1]);
  if (ctx->needs_input_grad(1)) result[1] = Merge::apply(k[0], k[1], k[2], saved[0], saved[1].scalar_type());
  return result;
}

inline variable_list Dots::backward(AutogradContext* ctx, const variable_list& gradients) {
  const auto k = ctx->get_saved_variables();
  variable_list result(4);
  set_split(ctx, result, gradients[0], k[3]);
  if (ctx->needs_input_grad(3)) result[3] = Merge::apply(k[0], k[1], k[2], gradients[0], k[3].scalar_type());
  return result;
}

// A recorded gradient of the kernels has 1.8 times as many numbers as the gradient of the merged one, which its graph keeps
// and which it can be made from again.

/// The split that gave a tensor; null for others.
inline torch::autograd::CppNode<Split>* split_of(const at::Tensor& t) {
  return dynamic_cast<torch::autograd::CppNode<Split>*>(t.grad_fn().get());
}

/// withoutValues(tensor): its shape and graph, with NaN in the memory of one number; null where it is no split's, and on
/// other devices, where making it again takes launches for each kernel.
inline napi_value without_values(js::Call& call) {
  call.where = "withoutValues";
  const auto& given = to_tensor(call.env, call[0]);
  if (!given.is_cpu() || !split_of(given)) return js::null(call.env);
  at::Tensor result;
  {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    result = at::full({}, std::numeric_limits<float>::quiet_NaN(), given.options()).expand(given.sizes());
  }
  torch::autograd::impl::set_gradient_edge(result, torch::autograd::impl::gradient_edge(given));
  return from_tensor(call.env, result);
}

/// remakeValues(tensor): what the tensor's split gave it, without a graph.
inline napi_value remake_values(js::Call& call) {
  call.where = "remakeValues";
  const auto& given = to_tensor(call.env, call[0]);
  auto* const node = split_of(given);
  TORCH_CHECK(node, "this tensor's graph does not keep what it was made from: withoutValues gives null for it");
  at::AutoDispatchBelowADInplaceOrView below_autograd;
  const auto saved = node->ctx_.get_saved_variables();
  constexpr std::array parts{part<0>, part<1>, part<2>};
  return from_tensor(call.env, parts[given.output_nr()](saved[0], saved[1]));
}

/// mixKernels(kernels, shares): null where they are not the kernels that this is for. Under autocast in its type.
inline napi_value mix(js::Call& call) {
  call.where = "mixKernels";
  const auto kernels = to_tensors(call.env, call[0]);
  const auto& shares = to_tensor(call.env, call[1]);
  const auto fits = [&](const at::Tensor& t) { return t.scalar_type() == at::kFloat && t.device() == shares.device(); };
  bool all = kernels.size() == count && fits(shares) && shares.dim() == 1 && shares.size(0) == count;
  for (size_t i = 0; all && i < count; i++) {
    const auto& k = kernels[i];
    all = fits(k) && k.dim() == 4 && k.size(2) == sizes[i] && k.size(3) == sizes[i] && k.numel() > 0 &&
          k.size(0) == kernels[0].size(0) && k.size(1) == kernels[0].size(1);
  }
  if (!all) return js::null(call.env);
  const auto device = shares.device().type();
  const bool lower = (device == at::kCPU || device == at::kCUDA) && autograd::autocast_enabled(device);
  const auto type = lower ? autograd::autocast_dtype(device) : at::kFloat;
  return from_tensor(call.env, Merge::apply(kernels[0], kernels[1], kernels[2], shares, type));
}

}  // namespace mixture
