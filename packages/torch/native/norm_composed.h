// Batch normalisation of LibTorch's operators, for types and devices that the kernels of norm_kernels.h do not take. Its
// first derivative is LibTorch's; the second, by the formulas in norm.h, is some thirty operators, where LibTorch's own
// is over a hundred: on a GPU each is a launch.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

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
    const auto sum = [&](const at::Tensor& image) { return image.sum(pixels); };
    const double count = static_cast<double>(x.numel() / x.size(1));

    const auto x1 = (x - image(saved[3])) * image(inverse);  // x'
    const auto r = inverse, wr = w * r, zero = at::zeros_like(r);
    const auto by = [](const at::Tensor& t, const at::Tensor& none) { return t.defined() ? t : none; };
    // Coefficients of v, x' and 1 in the derivative by g; of v, g, x' and 1 in that by x.
    at::Tensor gx = by(a, zero), g1 = by(b, zero), xv, xg = by(a, zero) * r, xx, xc;
    if (v.defined()) {
      if (fixed) {
        result[2] = sum(v * g) * r;
      } else {
        const auto means = at::stack({sum(v), sum(v * x1), sum(v * g), saved[6], saved[5]}) / count;
        const auto mv = means[0], mvx = means[1], mg = means[3], mgx = means[4];
        const auto c = means[2].addcmul(mv, mg, -1).addcmul(mvx, mgx, -1);
        const auto wrr = wr * r;
        result[2] = (r * c).mul_(count);
        xc = wrr * (mgx * mv).addcmul(mvx, mg) - xg * mg;
        xx = -(wrr * c.addcmul(mgx, mvx, -2)).addcmul(xg, mgx);
        xg = xg.addcmul(wrr, mvx, -1);
        xv = -(wrr * mgx);
        gx = gx.addcmul(wr, mvx, -1);
        g1 = g1.addcmul(wr, mv, -1);
      }
    } else if (!fixed) {
      xc = -(xg * saved[6]).div_(count);
      xx = -(xg * saved[5]).div_(count);
    }
    auto to_g = image(g1).addcmul(x1, image(gx));
    if (v.defined()) to_g = to_g.addcmul_(v, image(wr));
    auto to_x = g * image(xg);
    if (xc.defined()) to_x = to_x.add_(image(xc)).addcmul_(x1, image(xx));
    if (xv.defined()) to_x = to_x.addcmul_(v, image(xv));
    result[0] = to_g.to(g.scalar_type());
    result[1] = to_x.to(x.scalar_type());
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
