// Batch normalisation with a leaky ReLU f behind it, and derivatives up to the second in two passes over memory each.
// Per channel, over N values, with x' = (x - mean) r the normalised input, r = 1 / sqrt(variance + eps), <a> the mean
// of a, and g = f'(z) gy:
//
//   y  = f(z),  z = w x' + b
//   gx = w r (g - <g> - x' <g x'>)      gw = N <g x'>      gb = N <g>
//
// and for cotangents v of gx, a of gw, b of gb, with c = <v g> - <v> <g> - <v x'> <g x'>:
//
//   of gy: f'(z) (w r (v - <v> - x' <v x'>) + a x' + b)
//   of w:  N r c
//   of x:  -w r^2 (x' c + <g x'> (v - <v> - x' <v x'>) + <v x'> (g - <g> - x' <g x'>)) + a r (g - <g> - x' <g x'>)
//
// Where mean and variance are given (evaluation) they do not hang on x: the terms with <.> but <v g> fall away, and
// of x only a r g is left. Of LibTorch's operators the second is some thirty passes (norm_composed.h). Third derivatives are
// not offered.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "images.h"
#include "norm_composed.h"
#include "norm_kernels.h"

namespace norm {

using images::for_type;
using images::layout_of;
using images::values_of;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

/// What is not a tensor.
struct Options {
  double momentum, eps, slope;
  bool fixed;
};

/// In the layout of x, without gaps: channels-last or contiguous, which are those that `layout_of` knows.
inline at::Tensor laid_out(const at::Tensor& tensor, const at::Tensor& x) {
  constexpr auto last = at::MemoryFormat::ChannelsLast;
  const bool keep = x.dim() == 4 && x.suggest_memory_format() == last;
  return tensor.to(x.scalar_type()).contiguous(keep ? last : at::MemoryFormat::Contiguous);
}

inline Normalisation normalisation(const at::Tensor& x, const at::Tensor& w, const at::Tensor& b,
                                   const at::Tensor& mean, const at::Tensor& inverse, double slope, bool fixed) {
  Normalisation n{layout_of(x), values_of(mean), values_of(inverse), values_of(w), {}, values_of(b),
                  static_cast<float>(slope), fixed};
  n.scale = n.weight;
  for (size_t c = 0; c < n.scale.size(); c++) n.scale[c] *= n.inverse[c];
  return n;
}

struct Gradients : Function<Gradients> {
  static variable_list forward(AutogradContext* ctx, const at::Tensor& by_y, const at::Tensor& input,
                               const at::Tensor& w, const at::Tensor& b, const at::Tensor& mean,
                               const at::Tensor& inverse, double slope, bool fixed) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    ctx->save_for_backward({by_y, input, w, b, mean, inverse});
    ctx->saved_data["slope"] = slope;
    ctx->saved_data["fixed"] = fixed;
    ctx->set_materialize_grads(false);
    const auto x = laid_out(input, input), g = laid_out(by_y, x);
    const auto to_x = at::empty_like(x), to_w = at::empty_like(mean), to_b = at::empty_like(mean);
    const auto n = normalisation(x, w, b, mean, inverse, slope, fixed);
    for_type(x, [&](auto zero) {
      using T = decltype(zero);
      first_derivative(n, x.data_ptr<T>(), g.data_ptr<T>(), to_x.data_ptr<T>(), to_w.data_ptr<float>(),
                       to_b.data_ptr<float>());
    });
    return {to_x, to_w, to_b};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& cotangents) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "batch normalisation has two derivatives here; a third was asked for");
    variable_list result(8);
    if (!cotangents[0].defined() && !cotangents[1].defined() && !cotangents[2].defined()) return result;
    const auto saved = ctx->get_saved_variables();
    const auto x = laid_out(saved[1], saved[1]), g = laid_out(saved[0], x);
    const auto& mean = saved[4];
    const auto n = normalisation(x, saved[2], saved[3], mean, saved[5], ctx->saved_data["slope"].toDouble(),
                                 ctx->saved_data["fixed"].toBool());
    const auto v = cotangents[0].defined() ? laid_out(cotangents[0], x) : at::zeros_like(x);
    const auto channel = [](const at::Tensor& t) { return t.defined() ? t.to(at::kFloat).contiguous() : t; };
    const auto a = channel(cotangents[1]), b = channel(cotangents[2]);
    const auto to_g = at::empty_like(x), to_x = at::empty_like(x), to_w = at::empty_like(mean);
    const auto of = [](const at::Tensor& t) { return t.defined() ? t.data_ptr<float>() : nullptr; };
    for_type(x, [&](auto zero) {
      using T = decltype(zero);
      second_derivative(n, x.data_ptr<T>(), g.data_ptr<T>(), v.data_ptr<T>(), of(a), of(b), to_g.data_ptr<T>(),
                        to_x.data_ptr<T>(), of(to_w));
    });
    result[0] = to_g;
    result[1] = to_x;
    result[2] = to_w;
    result[3] = at::zeros_like(saved[3]);  // the bias decides where the activation's kink is, and no more
    return result;
  }
};

struct Normalise : Function<Normalise> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& input, const at::Tensor& w, const at::Tensor& b,
                            const c10::optional<at::Tensor>& running_mean, const c10::optional<at::Tensor>& running_var,
                            const Options& options) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    const auto& [momentum, eps, slope, fixed] = options;
    const auto x = laid_out(input, input);
    const auto float_options = x.options().dtype(at::kFloat).memory_format(c10::nullopt);
    const auto mean = at::empty({x.size(1)}, float_options), inverse = at::empty_like(mean);
    if (fixed) {
      mean.copy_(*running_mean);
      inverse.copy_(at::rsqrt(*running_var + eps));
    } else {
      channels::Statistics found;
      for_type(x, [&](auto zero) { found = channels::statistics(layout_of(x), x.data_ptr<decltype(zero)>()); });
      const auto moved = [&](const c10::optional<at::Tensor>& running, int64_t c, double value) {
        if (!running) return;
        auto& old = running->data_ptr<float>()[c * running->stride(0)];
        old = static_cast<float>((1 - momentum) * old + momentum * value);
      };
      const auto count = static_cast<double>(x.numel() / x.size(1));
      for (int64_t c = 0; c < x.size(1); c++) {
        mean.data_ptr<float>()[c] = static_cast<float>(found.mean[c]);
        inverse.data_ptr<float>()[c] = static_cast<float>(1 / std::sqrt(found.variance[c] + eps));
        moved(running_mean, c, found.mean[c]);
        moved(running_var, c, found.variance[c] * count / (count - 1));
      }
    }
    ctx->save_for_backward({input, w, b, mean, inverse});
    ctx->saved_data["slope"] = slope;
    ctx->saved_data["fixed"] = fixed;
    ctx->set_materialize_grads(false);
    const auto y = at::empty_like(x);
    const auto n = normalisation(x, w, b, mean, inverse, slope, fixed);
    for_type(x, [&](auto zero) {
      using T = decltype(zero);
      norm::forward(n, x.data_ptr<T>(), y.data_ptr<T>());
    });
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    // Edges are those of the tensors that were given: statistics, where there are some, have none that is asked for.
    variable_list result(6);
    if (!gradients[0].defined()) return result;
    const auto saved = ctx->get_saved_variables();
    const auto g = Gradients::apply(gradients[0], saved[0], saved[1], saved[2], saved[3], saved[4],
                                    ctx->saved_data["slope"].toDouble(), ctx->saved_data["fixed"].toBool());
    for (size_t i = 0; i < 3; i++) result[i] = g[i];
    return result;
  }
};

/// For what the kernels do not take.
inline at::Tensor composed_of_operators(const at::Tensor& x, const at::Tensor& w, const at::Tensor& b,
                                        const composed::Maybe& mean, const composed::Maybe& variance,
                                        const Options& options) {
  const composed::Setting setting{mean, variance, {}, {}, options.eps, options.fixed};
  const auto z = composed::Normalise::apply(x, w, b, setting, options.momentum);
  if (options.slope == 1) return z;
  return options.slope == 0 ? at::relu(z) : at::leaky_relu(z, options.slope);
}

/// normaliseBatch(input, weight, bias, running mean | undefined, running variance | undefined, in training, momentum,
/// eps, the activation's slope below 0)
inline napi_value batch_norm(js::Call& call) {
  call.where = "normaliseBatch";
  const auto& x = to_tensor(call.env, call[0]);
  const auto &w = to_tensor(call.env, call[1]), &b = to_tensor(call.env, call[2]);
  c10::optional<at::Tensor> mean, variance;
  if (call.has(3)) mean = to_tensor(call.env, call[3]);
  if (call.has(4)) variance = to_tensor(call.env, call[4]);
  const Options options{call.number(6), call.number(7), call.number(8), !call.boolean(5)};
  TORCH_CHECK(x.dim() >= 2 && x.numel() > 0, "expected input [N, C, ...] with elements, got ", x.sizes());
  const auto is_channel = [&](const at::Tensor& t) { return t.dim() == 1 && t.size(0) == x.size(1); };
  TORCH_CHECK(is_channel(w) && is_channel(b) && (!mean || is_channel(*mean)) && (!variance || is_channel(*variance)),
              "weight, bias and statistics must be [", x.size(1), "]");
  TORCH_CHECK(!options.fixed || (mean && variance), "without training, mean and variance must be given");
  const auto dtype = x.scalar_type();
  const auto is_float = [](const at::Tensor& t) { return t.is_cpu() && t.scalar_type() == at::kFloat; };
  const bool fits = x.is_cpu() && (dtype == at::kFloat || dtype == at::kBFloat16) && is_float(w) && is_float(b) &&
                    (!mean || is_float(*mean)) && (!variance || is_float(*variance));
  if (fits) return from_tensor(call.env, Normalise::apply(x, w, b, mean, variance, options));
  return from_tensor(call.env, composed_of_operators(x, w, b, mean, variance, options));
}

}  // namespace norm
