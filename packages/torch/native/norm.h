// Batch normalisation whose second derivative is two passes over memory. Per channel, over N values, with
// x' = (x - mean) r the normalised input, r = 1 / sqrt(variance + eps), and <a> the mean of a:
//
//   y  = w x' + b
//   gx = w r (g - <g> - x' <g x'>)      gw = N <g x'>      gb = N <g>
//
// and for cotangents v of gx, a of gw, b of gb, with c = <v g> - <v> <g> - <v x'> <g x'>:
//
//   of g:  w r (v - <v> - x' <v x'>) + a x' + b
//   of w:  N r c
//   of x:  -w r^2 (x' c + <g x'> (v - <v> - x' <v x'>) + <v x'> (g - <g> - x' <g x'>)) + a r (g - <g> - x' <g x'>)
//
// LibTorch composes it of some thirty passes. Third derivatives are not offered.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "handles.h"

namespace norm {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

/// The five means that the formulas need.
struct Means {
  double v = 0, g = 0, vx = 0, gx = 0, vg = 0;
};

template <class T>
void second_derivative(const T* x, const T* g, const T* v, T* to_g, T* to_x, int64_t images, int64_t channels,
                       int64_t pixels, const float* weight, const float* mean, const float* inverse, const float* a,
                       const float* b, float* to_w) {
  at::parallel_for(0, channels, 1, [&](int64_t from, int64_t to) {
    for (int64_t c = from; c < to; c++) {
      const float m = mean[c], r = inverse[c];
      Means sum;
      for (int64_t n = 0; n < images; n++) {
        const int64_t start = (n * channels + c) * pixels;
        // In pieces, so that float32 sums, which vectorise, stay exact enough.
        for (int64_t piece = 0; piece < pixels; piece += 1024) {
          float sv = 0, sg = 0, svx = 0, sgx = 0, svg = 0;
          const int64_t end = std::min(pixels, piece + 1024);
#pragma omp simd reduction(+ : sv, sg, svx, sgx, svg)
          for (int64_t i = start + piece; i < start + end; i++) {
            const float xi = (static_cast<float>(x[i]) - m) * r, gi = g[i], vi = v[i];
            sv += vi;
            sg += gi;
            svx += vi * xi;
            sgx += gi * xi;
            svg += vi * gi;
          }
          sum.v += sv;
          sum.g += sg;
          sum.vx += svx;
          sum.gx += sgx;
          sum.vg += svg;
        }
      }
      const double count = static_cast<double>(images) * pixels;
      const double mv = sum.v / count, mg = sum.g / count, mvx = sum.vx / count, mgx = sum.gx / count;
      const double covariance = sum.vg / count - mv * mg - mvx * mgx;
      const double w = weight[c], wr = w * r, wrr = wr * r, ar = a ? static_cast<double>(a[c]) * r : 0;
      to_w[c] = static_cast<float>(count * r * covariance);
      // Both results are affine in v, g and x'.
      const float gv = wr, gx = (a ? a[c] : 0) - wr * mvx, g1 = (b ? b[c] : 0) - wr * mv;
      const float xv = -wrr * mgx, xg = ar - wrr * mvx, xx = -wrr * (covariance - 2 * mgx * mvx) - ar * mgx,
                  x1 = wrr * (mgx * mv + mvx * mg) - ar * mg;
      for (int64_t n = 0; n < images; n++) {
        const int64_t start = (n * channels + c) * pixels;
#pragma omp simd
        for (int64_t i = start; i < start + pixels; i++) {
          const float xi = (static_cast<float>(x[i]) - m) * r, gi = g[i], vi = v[i];
          to_g[i] = static_cast<T>(gv * vi + gx * xi + g1);
          to_x[i] = static_cast<T>(xv * vi + xg * gi + xx * xi + x1);
        }
      }
    }
  });
}

struct Gradients : Function<Gradients> {
  static variable_list forward(AutogradContext* ctx, const at::Tensor& g, const at::Tensor& x, const at::Tensor& w,
                               const at::Tensor& mean, const at::Tensor& inverse, double eps) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    ctx->save_for_backward({g, x, w, mean, inverse});
    ctx->set_materialize_grads(false);
    const auto [to_x, to_w, to_b] =
        at::native_batch_norm_backward(g, x, w, {}, {}, mean, inverse, true, eps, {true, true, true});
    return {to_x, to_w, to_b};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& cotangents) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "batch normalisation has two derivatives here; a third was asked for");
    variable_list result(6);
    if (!cotangents[0].defined() && !cotangents[1].defined() && !cotangents[2].defined()) return result;
    const auto saved = ctx->get_saved_variables();
    const auto g = saved[0].contiguous(), x = saved[1].contiguous();
    const auto &w = saved[2], &mean = saved[3], &inverse = saved[4];
    const auto v = cotangents[0].defined() ? cotangents[0].to(x.scalar_type()).contiguous() : at::zeros_like(x);
    const auto channel = [](const at::Tensor& t) { return t.defined() ? t.to(at::kFloat).contiguous() : t; };
    const auto a = channel(cotangents[1]), b = channel(cotangents[2]);
    const auto to_g = at::empty_like(x), to_x = at::empty_like(x), to_w = at::empty_like(w);
    const auto of = [](const at::Tensor& t) { return t.defined() ? t.data_ptr<float>() : nullptr; };
    const auto pixels = x.numel() / (x.size(0) * x.size(1));
    const auto run = [&](auto zero) {
      using T = decltype(zero);
      second_derivative(x.data_ptr<T>(), g.data_ptr<T>(), v.data_ptr<T>(), to_g.data_ptr<T>(), to_x.data_ptr<T>(),
                        x.size(0), x.size(1), pixels, of(w), of(mean), of(inverse), of(a), of(b), of(to_w));
    };
    if (x.scalar_type() == at::kFloat) run(float());
    else run(at::BFloat16());
    result[0] = to_g;
    result[1] = to_x;
    result[2] = to_w;
    return result;
  }
};

struct Normalise : Function<Normalise> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& w, const at::Tensor& b,
                            const c10::optional<at::Tensor>& running_mean, const c10::optional<at::Tensor>& running_var,
                            double momentum, double eps) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    const auto [y, mean, inverse] = at::native_batch_norm(x, w, b, running_mean, running_var, true, momentum, eps);
    ctx->save_for_backward({x, w, mean, inverse});
    ctx->saved_data["eps"] = eps;
    ctx->set_materialize_grads(false);
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    // Edges are those of the tensors that were given: statistics, where there are some, have none that is asked for.
    variable_list result(7);
    if (!gradients[0].defined()) return result;
    const auto saved = ctx->get_saved_variables();
    const auto g = Gradients::apply(gradients[0], saved[0], saved[1], saved[2], saved[3], ctx->saved_data["eps"].toDouble());
    for (size_t i = 0; i < 3; i++) result[i] = g[i];
    return result;
  }
};

/// batchNorm(input, weight, bias, running mean | undefined, running variance | undefined, momentum, eps), in training
inline napi_value batch_norm(js::Call& call) {
  call.where = "normaliseBatch";
  const auto& x = to_tensor(call.env, call[0]);
  const auto &w = to_tensor(call.env, call[1]), &b = to_tensor(call.env, call[2]);
  c10::optional<at::Tensor> mean, variance;
  if (call.has(3)) mean = to_tensor(call.env, call[3]);
  if (call.has(4)) variance = to_tensor(call.env, call[4]);
  const auto momentum = call.number(5), eps = call.number(6);
  TORCH_CHECK(x.dim() >= 2 && x.numel() > 0, "expected input [N, C, ...] with elements, got ", x.sizes());
  const auto is_channel = [&](const at::Tensor& t) { return t.dim() == 1 && t.size(0) == x.size(1); };
  TORCH_CHECK(is_channel(w) && is_channel(b) && (!mean || is_channel(*mean)) && (!variance || is_channel(*variance)),
              "weight, bias and statistics must be [", x.size(1), "]");
  const auto dtype = x.scalar_type();
  const auto is_float = [](const at::Tensor& t) { return t.is_cpu() && t.scalar_type() == at::kFloat; };
  const bool fits = x.is_cpu() && (dtype == at::kFloat || dtype == at::kBFloat16) && is_float(w) && is_float(b) &&
                    (!mean || is_float(*mean)) && (!variance || is_float(*variance));
  if (fits) return from_tensor(call.env, Normalise::apply(x, w, b, mean, variance, momentum, eps));
  return from_tensor(call.env, at::batch_norm(x, w, b, mean, variance, true, momentum, eps, true));
}

}  // namespace norm
