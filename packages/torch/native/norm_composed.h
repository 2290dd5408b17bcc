// Batch normalisation of LibTorch's operators, for types and devices that the kernels of norm_kernels.h do not take. Values
// and the first derivative are those of LibTorch's own kernels, also where cuDNN has some (not timed on a GPU). The second,
// by the formulas in norm.h, is some thirty operators, where LibTorch's is over a hundred: on a GPU each is a launch.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <utility>
#include <vector>

namespace norm::composed {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;
using Maybe = c10::optional<at::Tensor>;

/// Everything but images, which autograd looks after: statistics that were found or given, and options.
struct Setting {
  Maybe running_mean, running_variance;
  at::Tensor mean, inverse;  // of the batch; undefined where the running ones normalise
  double eps;
  bool fixed;
};

inline Maybe maybe(const at::Tensor& t) { return t.defined() ? Maybe(t) : c10::nullopt; }

struct Gradients : Function<Gradients> {
  static variable_list forward(AutogradContext* ctx, const at::Tensor& g, const at::Tensor& x, const at::Tensor& w,
                               const Setting& s) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    const auto [to_x, to_w, to_b] = at::native_batch_norm_backward(
        g, x, w, s.running_mean, s.running_variance, s.mean, s.inverse, !s.fixed, s.eps, {true, true, true});
    const auto mean = s.fixed ? *s.running_mean : s.mean;
    const auto inverse = s.fixed ? (*s.running_variance + s.eps).rsqrt() : s.inverse;
    ctx->save_for_backward({g, x, w, mean, inverse, to_w.detach(), to_b.detach()});
    ctx->saved_data["fixed"] = s.fixed;
    ctx->set_materialize_grads(false);
    return {to_x, to_w, to_b};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& cotangents) {
    TORCH_CHECK(!at::GradMode::is_enabled(), "batch normalisation has two derivatives here; a third was asked for");
    variable_list result(4);
    const auto &v = cotangents[0], &a = cotangents[1], &b = cotangents[2];
    if (!v.defined() && !a.defined() && !b.defined()) return result;
    const auto saved = ctx->get_saved_variables();
    const auto &g = saved[0], &x = saved[1], &w = saved[2], &inverse = saved[4];
    const bool fixed = ctx->saved_data["fixed"].toBool();
    std::vector<int64_t> shape(x.dim(), 1), pixels;
    shape[1] = x.size(1);
    for (int64_t d = 0; d < x.dim(); d++)
      if (d != 1) pixels.push_back(d);
    const auto image = [&](const at::Tensor& channels) { return channels.view(shape); };
    // In the type of the statistics: sums of bfloat16 would be rounded to it.
    const auto wide = [&](const at::Tensor& image) { return image.to(inverse.scalar_type()); };
    const auto sum = [&](const at::Tensor& image) { return image.sum(pixels, false, inverse.scalar_type()); };
    const double count = static_cast<double>(x.numel() / x.size(1));

    const auto x1 = (x - image(saved[3])) * image(inverse);  // x'
    const auto &r = inverse, &sum_gx = saved[5], &sum_g = saved[6];
    // Coefficients of v, x' and 1 in the derivative by g; of v, g, x' and 1 in that by x.
    at::Tensor gv, gx = a, g1 = b, xv, xg, xx, xc;
    if (a.defined()) xg = a * r;
    if (v.defined()) gv = w * r;
    if (v.defined() && fixed) {
      result[2] = sum(wide(v) * g) * r;
    } else if (v.defined()) {
      const auto means = at::stack({sum(v), sum(v * x1), sum(wide(v) * g), sum_g, sum_gx}) / count;
      const auto mv = means[0], mvx = means[1], mg = means[3], mgx = means[4];
      const auto c = means[2].addcmul(mv, mg, -1).addcmul_(mvx, mgx, -1);
      const auto wrr = gv * r, negative = wrr.neg();
      result[2] = (r * c).mul_(count);
      xv = negative * mgx;
      xx = c.addcmul(mgx, mvx, -2).mul_(negative);
      xc = (mgx * mv).addcmul_(mvx, mg).mul_(wrr);
      if (a.defined()) {
        xx.addcmul_(xg, mgx, -1);
        xc.addcmul_(xg, mg, -1);
      }
      xg = a.defined() ? xg.addcmul(negative, mvx) : negative * mvx;
      gx = a.defined() ? a.addcmul(gv, mvx, -1) : (gv * mvx).neg_();
      g1 = b.defined() ? b.addcmul(gv, mv, -1) : (gv * mv).neg_();
    } else if (a.defined() && !fixed) {
      xx = (xg * sum_gx).div_(-count);
      xc = (xg * sum_g).div_(-count);
    }
    /// constant + sum of images times coefficients, of those that there are.
    const auto affine = [&](const at::Tensor& constant, const std::vector<std::pair<at::Tensor, at::Tensor>>& terms) {
      at::Tensor total;
      for (const auto& [factor, coefficient] : terms) {
        if (!coefficient.defined()) continue;
        if (total.defined()) total.addcmul_(factor, image(coefficient));
        else if (constant.defined()) total = image(constant).addcmul(factor, image(coefficient));
        else total = factor * image(coefficient);
      }
      return total.defined() || !constant.defined() ? total : image(constant).expand_as(x);
    };
    const auto to_g = affine(g1, {{x1, gx}, {v, gv}}), to_x = affine(xc, {{g, xg}, {v, xv}, {x1, xx}});
    result[0] = to_g.to(g.scalar_type());
    if (to_x.defined()) result[1] = to_x.to(x.scalar_type());
    return result;
  }
};

struct Normalise : Function<Normalise> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& w, const at::Tensor& b,
                            Setting s, double momentum) {
    at::AutoDispatchBelowADInplaceOrView below_autograd;
    const auto [y, mean, inverse] =
        at::native_batch_norm(x, w, b, s.running_mean, s.running_variance, !s.fixed, momentum, s.eps);
    ctx->save_for_backward({x, w, mean, inverse, s.running_mean.value_or(at::Tensor()), s.running_variance.value_or(at::Tensor())});
    ctx->saved_data["eps"] = s.eps;
    ctx->saved_data["fixed"] = s.fixed;
    ctx->set_materialize_grads(false);
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    variable_list result(5);
    if (!gradients[0].defined()) return result;
    const auto saved = ctx->get_saved_variables();
    const Setting s{maybe(saved[4]), maybe(saved[5]), saved[2], saved[3], ctx->saved_data["eps"].toDouble(),
                    ctx->saved_data["fixed"].toBool()};
    const auto g = Gradients::apply(gradients[0], saved[0], saved[1], s);
    for (size_t i = 0; i < 3; i++) result[i] = g[i];
    return result;
  }
};

}  // namespace norm::composed
