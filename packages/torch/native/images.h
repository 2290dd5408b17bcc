// The layout that images have between our kernels, and linear operations that keep it, in derivatives of every order:
// a number added to each channel, its transpose, and joining and splitting by channels. LibTorch's own change the
// layout in their derivatives, and what meets images of both layouts is many times slower.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "channels.h"
#include "handles.h"

namespace images {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

/// What the loops of channels.h run on.
inline bool has_loops(const at::Tensor& t) {
  return t.is_cpu() && (t.scalar_type() == at::kFloat || t.scalar_type() == at::kBFloat16);
}

/// Of the whole process. With AVX-512 oneDNN's kernels run on channels-last images as they are, and reorder others
/// before and after; without, those that take such images are the slower ones.
inline at::MemoryFormat& layout() {
  static auto format = simd::has_avx512() ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  return format;
}

inline bool channels_last() { return layout() == at::MemoryFormat::ChannelsLast; }

/// The layout in which kernels take this; null where it is all the same to them. On CUDA the units for products in 16 bits
/// take channels-last images, into which cuDNN brings others before and after.
inline c10::optional<at::MemoryFormat> layout_for(const at::Tensor& t) {
  if (has_loops(t)) return layout();
  const bool halves = t.scalar_type() == at::kBFloat16 || t.scalar_type() == at::kHalf;
  if (t.is_cuda() && halves && t.dim() == 4) return at::MemoryFormat::ChannelsLast;
  return c10::nullopt;
}

/// In that layout, in strides too where one channel or one pixel leaves a choice.
inline at::Tensor laid_out(const at::Tensor& image) {
  const auto wanted = layout_for(image);
  if (!wanted || (image.suggest_memory_format() == *wanted && image.is_contiguous(*wanted))) return image;
  return at::empty(image.sizes(), image.options().memory_format(*wanted)).copy_(image);
}

/// Of an image without gaps.
inline channels::Layout layout_of(const at::Tensor& x) {
  const int64_t count = x.size(0), channels = x.size(1), pixels = x.numel() / (count * channels);
  const bool last = x.suggest_memory_format() == at::MemoryFormat::ChannelsLast;
  return last ? channels::Layout{1, channels, count * pixels, true} : channels::Layout{count, channels, pixels, false};
}

/// Runs `body` with a value of the tensor's element type.
template <class F>
void for_type(const at::Tensor& x, const F& body) {
  if (x.scalar_type() == at::kFloat) body(float());
  else body(at::BFloat16());
}

inline channels::Values values_of(const at::Tensor& t) {
  const auto dense = t.to(at::kFloat).contiguous();
  return {dense.data_ptr<float>(), dense.data_ptr<float>() + dense.numel()};
}

/// Adds bias[c] to each value of channel c, or puts it there.
inline void set_bias(const at::Tensor& image, const at::Tensor& bias, bool add) {
  const auto values = values_of(bias);
  const auto layout = layout_of(image);
  for_type(image, [&](auto zero) {
    auto* data = image.data_ptr<decltype(zero)>();
    layout.all_runs([&](const channels::Run& run) SIMD_BODY {
      const auto of_run = layout.of(values, run);
      run.each([&](int64_t i, auto lanes) SIMD_BODY {
        simd::store(data + i, add ? simd::load(data + i, lanes) + of_run : of_run, lanes);
      });
    });
  });
}

inline void add_bias(const at::Tensor& image, const at::Tensor& bias) {
  if (has_loops(image)) set_bias(image, bias, true);
  else image.add_(bias.view({1, -1, 1, 1}));
}

/// [N, C, H, W] to [C].
inline at::Tensor sum_pixels(const at::Tensor& given) {
  if (!has_loops(given)) return given.sum({0, 2, 3});
  const auto image = laid_out(given);
  const auto result = at::empty({image.size(1)}, image.options().memory_format(c10::nullopt));
  for_type(image, [&](auto zero) {
    using T = decltype(zero);
    const auto* data = image.data_ptr<T>();
    const auto [sums] = layout_of(image).sums<1>([&](const channels::Run&) SIMD_BODY {
      return [=](simd::Floats* sums, int64_t i, auto lanes) SIMD_BODY { sums[0] += simd::load(data + i, lanes); };
    });
    for (size_t c = 0; c < sums.size(); c++) result.data_ptr<T>()[c] = static_cast<float>(sums[c]);
  });
  return result;
}

/// [C] to [N, C, H, W], the transpose of `sum_pixels`.
inline at::Tensor spread(const at::Tensor& values, at::IntArrayRef size) {
  if (!has_loops(values)) return values.view({1, -1, 1, 1}).expand(size);
  const auto image = at::empty(size, values.options().memory_format(layout()));
  set_bias(image, values, false);
  return image;
}

/// Each one's derivative is the other.
template <bool summing>
struct Pixels : Function<Pixels<summing>> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& t, const std::vector<int64_t>& size) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    ctx->saved_data["size"] = size;
    ctx->set_materialize_grads(false);
    return summing ? sum_pixels(t) : spread(t, size);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    if (!gradients[0].defined()) return variable_list(2);
    return {Pixels<!summing>::apply(gradients[0], ctx->saved_data["size"].toIntVector()), {}};
  }
};

inline at::Tensor sum_of_channels(const at::Tensor& g) { return Pixels<true>::apply(g, g.sizes().vec()); }

struct Split : Function<Split> {
  static variable_list forward(AutogradContext* ctx, const at::Tensor& both, int64_t first);
  static variable_list backward(AutogradContext* ctx, const variable_list& gradients);
};

struct Join : Function<Join> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& a, const at::Tensor& b) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    ctx->saved_data["first"] = a.size(1);
    ctx->set_materialize_grads(false);
    return at::cat({laid_out(a), laid_out(b)}, 1);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    if (!gradients[0].defined()) return variable_list(2);
    return Split::apply(gradients[0], ctx->saved_data["first"].toInt());
  }
};

inline variable_list Split::forward(AutogradContext*, const at::Tensor& both, int64_t first) {
  at::AutoDispatchBelowADInplaceOrView below_autograd;
  return {laid_out(both.narrow(1, 0, first)), laid_out(both.narrow(1, first, both.size(1) - first))};
}

/// Gradients that are missing come as zeros.
inline variable_list Split::backward(AutogradContext*, const variable_list& gradients) {
  return {Join::apply(gradients[0], gradients[1]), {}};
}

/// setImageLayout(channels-last, or else contiguous)
inline napi_value set_layout(js::Call& call) {
  call.where = "configure";
  layout() = call.boolean(0) ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
  return js::undefined(call.env);
}

/// joinChannels(a, b)
inline napi_value join(js::Call& call) {
  call.where = "joinChannels";
  const auto &a = to_tensor(call.env, call[0]), &b = to_tensor(call.env, call[1]);
  const bool loops = has_loops(a) && has_loops(b);
  const bool away = !a.is_cpu() && a.device() == b.device();
  const bool fits = (loops || away) && a.scalar_type() == b.scalar_type() && a.dim() == 4 && b.dim() == 4 &&
                    a.numel() > 0 && b.numel() > 0;
  return from_tensor(call.env, fits ? Join::apply(a, b) : at::cat({a, b}, 1));
}

}  // namespace images
