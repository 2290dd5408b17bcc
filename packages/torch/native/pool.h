// The maximum of each 2 x 2 pixels with derivatives of every order: that of the maximum hands each gradient to the
// pixel that was the largest, which is linear, and its transpose gathers from there. Where the largest is kept in a
// byte, and not in LibTorch's eight. Its loops are for channels-last images; contiguous ones are left to LibTorch.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>

#include "images.h"

namespace pool {

using images::laid_out;
using simd::Floats;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

using Bytes = uint8_t __attribute__((vector_size(16)));

/// Calls visit(offset of an output's vector, offsets of its four inputs, lanes). A last odd row or column has no part.
template <class F>
void each_output(at::IntArrayRef size, const F& visit) {
  const int64_t channels = size[1], height = size[2], width = size[3], rows = height / 2, columns = width / 2;
  const int64_t grain = std::max<int64_t>(1, 16384 / (columns * channels));
  at::parallel_for(0, size[0] * rows, grain, [&](int64_t from, int64_t to) {
    simd::run([&]() SIMD_BODY {
      for (int64_t row = from; row < to; row++) {
        const int64_t above = (row / rows * height + row % rows * 2) * width * channels;
        for (int64_t column = 0; column < columns; column++) {
          const int64_t output = (row * columns + column) * channels, input = above + 2 * column * channels;
          const auto at = [&](int64_t c, auto lanes) SIMD_BODY {
            const int64_t first = input + c, third = first + width * channels;
            visit(output + c, std::array<int64_t, 4>{first, first + channels, third, third + channels}, lanes);
          };
          int64_t c = 0;
          for (; c + simd::lanes <= channels; c += simd::lanes) at(c, simd::Full{});
          if (c < channels) at(c, simd::Part{static_cast<int>(channels - c)});
        }
      }
    });
  });
}

/// The number, 0 to 3, of each lane's pixel.
template <class Lanes>
SIMD_INLINE simd::Words numbers(const uint8_t* from, Lanes lanes) {
  Bytes bytes{};
  std::memcpy(&bytes, from, lanes.count());
  return __builtin_convertvector(bytes, simd::Words);
}

inline at::Tensor empty(at::IntArrayRef size, const at::TensorOptions& options) {
  return at::empty(size, options.memory_format(at::MemoryFormat::ChannelsLast));
}

/// Of ties the first. What is not a number, or infinite both ways, is no number and has no place of its own.
inline std::pair<at::Tensor, at::Tensor> largest(const at::Tensor& x) {
  const std::vector<int64_t> size{x.size(0), x.size(1), x.size(2) / 2, x.size(3) / 2};
  const auto y = empty(size, x.options()), places = empty(size, x.options().dtype(at::kByte));
  auto* to_place = places.data_ptr<uint8_t>();
  images::for_type(x, [&](auto zero) {
    using T = decltype(zero);
    const T* from = x.data_ptr<T>();
    T* to = y.data_ptr<T>();
    each_output(x.sizes(), [&](int64_t output, const std::array<int64_t, 4>& inputs, auto lanes) SIMD_BODY {
      // Each comparison chooses at once, and once: any other is made lane by lane by GCC 12.
      Floats best = simd::load(from + inputs[0], lanes), sum = best;
      for (int k = 1; k < 4; k++) {
        const Floats value = simd::load(from + inputs[k], lanes);
        best = value > best ? value : best;
        sum += value;
      }
      best = sum == sum ? best : sum;
      simd::Words place{};
      for (uint32_t k = 4; k-- > 0;) {
        const Floats value = simd::load(from + inputs[k], lanes);
        place = value == best ? simd::Words{} + k : place;
      }
      simd::store(to + output, best, lanes);
      const Bytes bytes = __builtin_convertvector(place, Bytes);
      std::memcpy(to_place + output, &bytes, lanes.count());
    });
  });
  return {y, places};
}

/// From outputs to the pixels they came from, zero at the others.
inline at::Tensor scatter(const at::Tensor& given, const at::Tensor& places, at::IntArrayRef size) {
  const auto g = laid_out(given), x = empty(size, g.options());
  if (size[2] % 2 || size[3] % 2) x.zero_();
  const auto* place = places.data_ptr<uint8_t>();
  images::for_type(g, [&](auto zero) {
    using T = decltype(zero);
    const T* from = g.data_ptr<T>();
    T* to = x.data_ptr<T>();
    each_output(size, [&](int64_t output, const std::array<int64_t, 4>& inputs, auto lanes) SIMD_BODY {
      const Floats value = simd::load(from + output, lanes);
      const auto number = numbers(place + output, lanes);
      for (uint32_t k = 0; k < 4; k++) simd::store(to + inputs[k], number == k ? value : Floats{}, lanes);
    });
  });
  return x;
}

/// Its transpose.
inline at::Tensor gather(const at::Tensor& given, const at::Tensor& places) {
  const auto x = laid_out(given), y = empty(places.sizes(), x.options());
  const auto* place = places.data_ptr<uint8_t>();
  images::for_type(x, [&](auto zero) {
    using T = decltype(zero);
    const T* from = x.data_ptr<T>();
    T* to = y.data_ptr<T>();
    each_output(x.sizes(), [&](int64_t output, const std::array<int64_t, 4>& inputs, auto lanes) SIMD_BODY {
      const auto number = numbers(place + output, lanes);
      Floats value{};
      for (uint32_t k = 0; k < 4; k++) value = number == k ? simd::load(from + inputs[k], lanes) : value;
      simd::store(to + output, value, lanes);
    });
  });
  return y;
}

/// Each one's derivative is the other.
template <bool scattering>
struct Move : Function<Move<scattering>> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& t, const at::Tensor& places,
                            const std::vector<int64_t>& size) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    ctx->save_for_backward({places});
    ctx->saved_data["size"] = size;
    ctx->set_materialize_grads(false);
    return scattering ? scatter(t, places, size) : gather(t, places);
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    if (!gradients[0].defined()) return variable_list(3);
    const auto places = ctx->get_saved_variables()[0];
    return {Move<!scattering>::apply(gradients[0], places, ctx->saved_data["size"].toIntVector()), {}, {}};
  }
};

struct Largest : Function<Largest> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& given) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    const auto [y, places] = largest(laid_out(given));
    ctx->save_for_backward({places});
    ctx->saved_data["size"] = given.sizes().vec();
    ctx->set_materialize_grads(false);
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    if (!gradients[0].defined()) return variable_list(1);
    const auto places = ctx->get_saved_variables()[0];
    return {Move<true>::apply(gradients[0], places, ctx->saved_data["size"].toIntVector())};
  }
};

/// halveByMaximum(input)
inline napi_value halve(js::Call& call) {
  call.where = "halveByMaximum";
  const auto& x = to_tensor(call.env, call[0]);
  TORCH_CHECK(x.dim() == 4 && x.numel() > 0 && x.size(2) > 1 && x.size(3) > 1,
              "expected input [N, C, H, W] of two rows and columns at least, got ", x.sizes());
  const bool fits = images::has_loops(x) && images::channels_last();
  return from_tensor(call.env, fits ? Largest::apply(x) : at::max_pool2d(x, {2, 2}));
}

}  // namespace pool
