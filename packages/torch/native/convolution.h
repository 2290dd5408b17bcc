// Convolution and its transpose with gradients of every order by the kernels of the first. A convolution F, its
// gradient D by the data and its gradient W by the weight are bilinear, and each one's derivatives are the others:
//
//   y = F(x, w)      dx = D(g, w)    dw = W(g, x)
//   x = D(g, w)      dg = F(c, w)    dw = W(g, c)      (the transposed convolution)
//   w = W(g, x)      dg = F(x, v)    dx = D(g, v)
//
// LibTorch's own second derivative takes whole images for kernels, which its CPU kernels do hundreds of times
// slower, and in bfloat16 it fails (1.13); its transposed convolution misses oneDNN, which has D.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <array>

#include "autograd.h"
#include "guards.h"
#include "handles.h"
#include "images.h"
#include "product.h"

namespace convolution {

using images::laid_out;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

/// Of both axes; images are [N, C, H, W], the weight of F is [out, in, k, k].
struct Window {
  int64_t stride, padding, dilation;
};

/// What lies below autograd and autocast, whose work is done by the functions here.
struct Kernels {
  at::AutoDispatchBelowADInplaceOrView below_autograd;
  c10::impl::ExcludeDispatchKeyGuard no_autocast{c10::autocast_dispatch_keyset};
};

inline int64_t pixels_of(const at::Tensor& image) { return image.size(0) * image.size(2) * image.size(3); }

/// A weight in the order in which the kernels take it for so many pixels of y, so that those of the derivatives need not
/// turn it again.
inline at::Tensor turned(const at::Tensor& w, int64_t pixels) {
  if (product::suits(w, pixels, w.sizes())) return w.contiguous();
  const auto wanted = images::layout_for(w);
  return wanted ? w.contiguous(*wanted) : w;
}

/// Pixels of y along an axis.
inline int64_t pixels_along(int64_t axis, at::IntArrayRef x, at::IntArrayRef w, const Window& window) {
  const auto& [s, p, d] = window;
  return (x[axis] + 2 * p - d * (w[axis] - 1) - 1) / s + 1;
}

inline at::Tensor run_forward(const at::Tensor& x, const at::Tensor& w, const c10::optional<at::Tensor>& bias,
                              const Window& window) {
  const Kernels kernels;
  const auto& [s, p, d] = window;
  const std::array<int64_t, 4> y{x.size(0), w.size(0), pixels_along(2, x.sizes(), w.sizes(), window),
                                 pixels_along(3, x.sizes(), w.sizes(), window)};
  if (product::suits(x, y[0] * y[2] * y[3], w.sizes()))
    return laid_out(product::forward(x, w, bias, {x.sizes(), y, w.sizes(), s, p, d}));
  return laid_out(at::convolution(laid_out(x), w, bias, {s, s}, {p, p}, {d, d}, false, {0, 0}, 1));
}

inline at::Tensor run_data(const at::Tensor& given, const at::Tensor& w, at::IntArrayRef size, const Window& window) {
  const Kernels kernels;
  const auto& [s, p, d] = window;
  if (product::suits(given, pixels_of(given), w.sizes()))
    return laid_out(product::data(given, w, {size, given.sizes(), w.sizes(), s, p, d}));
  const auto g = laid_out(given);
  // Of x and w only shape and memory format are read.
  const auto x = at::empty(size, g.options().memory_format(g.suggest_memory_format()));
  return laid_out(std::get<0>(at::convolution_backward(g, x, w, c10::nullopt, {s, s}, {p, p}, {d, d}, false, {0, 0}, 1,
                                                       {true, false, false})));
}

/// In the layout of parameters, whatever that of the images.
inline at::Tensor run_weight(const at::Tensor& given, const at::Tensor& image, at::IntArrayRef size,
                             const Window& window) {
  const Kernels kernels;
  const auto& [s, p, d] = window;
  if (product::suits(given, pixels_of(given), size))
    return product::weight(given, image, size, {image.sizes(), given.sizes(), size, s, p, d});
  const auto g = laid_out(given), x = laid_out(image);
  const auto w = at::empty(size, x.options().memory_format(x.suggest_memory_format()));
  return std::get<1>(at::convolution_backward(g, x, w, c10::nullopt, {s, s}, {p, p}, {d, d}, false, {0, 0}, 1,
                                              {false, true, false}))
      .contiguous();
}

inline void save(AutogradContext* ctx, const at::Tensor& a, const at::Tensor& b, const Window& window) {
  ctx->save_for_backward({a, b});
  ctx->saved_data["window"] = std::vector<int64_t>{window.stride, window.padding, window.dilation};
  ctx->set_materialize_grads(false);
}

inline bool has_bias(AutogradContext* ctx) { return ctx->saved_data.count("bias") > 0; }

inline Window window_of(AutogradContext* ctx) {
  const auto saved = ctx->saved_data["window"].toIntVector();
  return {saved[0], saved[1], saved[2]};
}

const c10::optional<at::Tensor> none;

struct Forward : Function<Forward> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& w,
                            const c10::optional<at::Tensor>& bias, const Window& window) {
    save(ctx, x, w, window);
    if (bias) ctx->saved_data["bias"] = true;
    return run_forward(x, w, bias, window);
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& gradients);
};

struct Data : Function<Data> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& g, const at::Tensor& w,
                            const c10::optional<at::Tensor>& bias, const std::vector<int64_t>& size,
                            const Window& window) {
    save(ctx, g, w, window);
    const auto x = run_data(g, w, size, window);
    if (!bias) return x;
    ctx->saved_data["bias"] = true;
    images::add_bias(x, *bias);
    return x;
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& gradients);
};

struct Weight : Function<Weight> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& g, const at::Tensor& x,
                            const std::vector<int64_t>& size, const Window& window) {
    save(ctx, g, x, window);
    return run_weight(g, x, size, window);
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& gradients);
};

inline variable_list Forward::backward(AutogradContext* ctx, const variable_list& gradients) {
  const auto& g = gradients[0];
  variable_list result(4);
  if (!g.defined()) return result;
  const auto saved = ctx->get_saved_variables();
  const auto &x = saved[0], &w = saved[1];
  const auto window = window_of(ctx);
  if (ctx->needs_input_grad(0)) result[0] = Data::apply(g, w, none, x.sizes().vec(), window);
  if (ctx->needs_input_grad(1)) result[1] = Weight::apply(g, x, w.sizes().vec(), window);
  // The edge of a bias is there only where a bias was given.
  if (has_bias(ctx) && ctx->needs_input_grad(2)) result[2] = images::sum_of_channels(g);
  return result;
}

inline variable_list Data::backward(AutogradContext* ctx, const variable_list& gradients) {
  const auto& c = gradients[0];
  variable_list result(5);
  if (!c.defined()) return result;
  const auto saved = ctx->get_saved_variables();
  const auto &g = saved[0], &w = saved[1];
  const auto window = window_of(ctx);
  if (ctx->needs_input_grad(0)) result[0] = Forward::apply(c, w, none, window);
  if (ctx->needs_input_grad(1)) result[1] = Weight::apply(g, c, w.sizes().vec(), window);
  if (has_bias(ctx) && ctx->needs_input_grad(2)) result[2] = images::sum_of_channels(c);
  return result;
}

inline variable_list Weight::backward(AutogradContext* ctx, const variable_list& gradients) {
  variable_list result(4);
  if (!gradients[0].defined()) return result;
  const auto saved = ctx->get_saved_variables();
  const auto &g = saved[0], &x = saved[1];
  const auto v = turned(gradients[0], pixels_of(g));
  const auto window = window_of(ctx);
  if (ctx->needs_input_grad(0)) result[0] = Forward::apply(x, v, none, window);
  if (ctx->needs_input_grad(1)) result[1] = Data::apply(g, v, none, x.sizes().vec(), window);
  return result;
}

inline at::Tensor autocast(const at::Tensor& tensor) {
  const auto device = tensor.device().type();
  const bool castable = tensor.is_floating_point() && tensor.scalar_type() != at::kDouble;
  if (!castable || !autograd::autocast_enabled(device)) return tensor;
  return at::autocast::cached_cast(autograd::autocast_dtype(device), tensor, device);
}

/// convolve(input, weight, bias | undefined, stride, padding, dilation, transposed)
inline napi_value convolve(js::Call& call) {
  const bool transposed = call.boolean(6);
  call.where = transposed ? "convolveTransposed" : "convolve";
  const auto x = autocast(to_tensor(call.env, call[0]));
  const auto w = autocast(to_tensor(call.env, call[1]));
  c10::optional<at::Tensor> bias;
  if (call.has(2)) bias = autocast(to_tensor(call.env, call[2]));
  const Window window{call.integer(3), call.integer(4), call.integer(5)};
  const auto& [stride, padding, dilation] = window;
  for (const auto value : {stride, padding, dilation}) guards::check_window(value);
  TORCH_CHECK(stride > 0 && dilation > 0 && padding >= 0, "stride and dilation must be above 0, padding not below it");
  TORCH_CHECK(x.dim() == 4 && w.dim() == 4, "expected input [N, C, H, W] and a weight of 4 dimensions, got ",
              x.sizes(), " and ", w.sizes());
  const auto channels = w.size(transposed ? 0 : 1), outputs = w.size(transposed ? 1 : 0);
  TORCH_CHECK(x.size(1) == channels, "the input has ", x.size(1), " channels, the weight takes ", channels);
  TORCH_CHECK(!bias || (bias->dim() == 1 && bias->size(0) == outputs), "the bias must be [", outputs, "]");
  const auto alike = [&](const at::Tensor& t) { return t.scalar_type() == x.scalar_type() && t.device() == x.device(); };
  TORCH_CHECK(x.is_floating_point() && alike(w) && (!bias || alike(*bias)),
              "input, weight and bias must have one floating-point type and one device");
  TORCH_CHECK(x.numel() > 0 && w.numel() > 0, "an empty input or weight");
  std::vector<int64_t> size{x.size(0), outputs};
  for (const int64_t axis : {2, 3}) {
    const auto reach = dilation * (w.size(axis) - 1) + 1;
    size.push_back(transposed ? (x.size(axis) - 1) * stride - 2 * padding + reach
                              : (x.size(axis) + 2 * padding - reach) / stride + 1);
    const auto room = transposed ? size.back() : x.size(axis) + 2 * padding - reach + 1;
    TORCH_CHECK(room > 0, "the kernel of ", w.size(axis), " does not fit an input of ", x.size(axis));
  }
  if (transposed) return from_tensor(call.env, Data::apply(x, turned(w, pixels_of(x)), bias, size, window));
  const int64_t pixels = size[0] * size[2] * size[3];
  return from_tensor(call.env, Forward::apply(x, turned(w, pixels), bias, window));
}

}  // namespace convolution
