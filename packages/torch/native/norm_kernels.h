// Batch normalisation with a leaky ReLU behind it in passes over memory: two of each derivative. Formulas are in
// norm.h. `T` is float or BFloat16; the arithmetic is float32.
#pragma once

#include "channels.h"

namespace norm {

using channels::Layout;
using channels::Run;
using channels::Values;
using simd::Floats;

/// Per channel; x' = (x - mean) inverse, and z = (x - mean) scale + bias is what the activation gets.
struct Normalisation {
  Layout layout;
  Values mean, inverse, weight, scale, bias;
  float slope;  // of the activation below 0
  bool fixed;   // mean and inverse were given, and do not hang on x
};

/// The activation's derivative.
SIMD_INLINE Floats gate(Floats z, Floats slope) { return z > 0.0f ? simd::all(1) : slope; }

/// A run's numbers, in the lanes of its channels.
struct Coefficients {
  Floats mean, inverse, scale, bias, slope;

  SIMD_INLINE Coefficients(const Normalisation& n, const Run& run)
      : mean(n.layout.of(n.mean, run)), inverse(n.layout.of(n.inverse, run)), scale(n.layout.of(n.scale, run)),
        bias(n.layout.of(n.bias, run)), slope(simd::all(n.slope)) {}

  SIMD_INLINE Floats normalised(Floats x) const { return (x - mean) * inverse; }
  SIMD_INLINE Floats output(Floats x) const { return (x - mean) * scale + bias; }
  SIMD_INLINE Floats gate_at(Floats x) const { return gate(output(x), slope); }
};

template <class T>
void forward(const Normalisation& n, const T* x, T* y) {
  n.layout.all_runs([&](const Run& run) SIMD_BODY {
    const Coefficients at(n, run);
    run.each([&](int64_t i, auto lanes) SIMD_BODY {
      const Floats z = at.output(simd::load(x + i, lanes));
      simd::store(y + i, z > 0.0f ? z : at.slope * z, lanes);
    });
  });
}

/// From the derivative by y those by x, weight and bias.
template <class T>
void first_derivative(const Normalisation& n, const T* x, const T* g, T* to_x, float* to_weight, float* to_bias) {
  const auto [sum_g, sum_gx] = n.layout.sums<2>([&](const Run& run) SIMD_BODY {
    return [=, at = Coefficients(n, run)](Floats* sums, int64_t i, auto lanes) SIMD_BODY {
      const Floats xi = simd::load(x + i, lanes), gi = simd::load(g + i, lanes) * at.gate_at(xi);
      sums[0] += gi;
      sums[1] += gi * at.normalised(xi);
    };
  });
  const auto count = static_cast<double>(n.layout.images * n.layout.pixels);
  Values by_g(n.layout.channels), by_x(n.layout.channels), constant(n.layout.channels);
  for (int64_t c = 0; c < n.layout.channels; c++) {
    to_bias[c] = static_cast<float>(sum_g[c]);
    to_weight[c] = static_cast<float>(sum_gx[c]);
    const double wr = static_cast<double>(n.weight[c]) * n.inverse[c];
    by_g[c] = static_cast<float>(wr);
    by_x[c] = n.fixed ? 0 : static_cast<float>(-wr * sum_gx[c] / count);
    constant[c] = n.fixed ? 0 : static_cast<float>(-wr * sum_g[c] / count);
  }
  n.layout.all_runs([&](const Run& run) SIMD_BODY {
    const Coefficients at(n, run);
    const Floats of_g = n.layout.of(by_g, run), of_x = n.layout.of(by_x, run), of_1 = n.layout.of(constant, run);
    run.each([&](int64_t i, auto lanes) SIMD_BODY {
      const Floats xi = simd::load(x + i, lanes), gi = simd::load(g + i, lanes) * at.gate_at(xi);
      simd::store(to_x + i, of_g * gi + of_x * at.normalised(xi) + of_1, lanes);
    });
  });
}

/// The first derivative's: from cotangents v of x's, a of the weight's and b of the bias's (null: 0), those by g, x
/// and the weight.
template <class T>
void second_derivative(const Normalisation& n, const T* x, const T* g, const T* v, const float* a, const float* b,
                       T* to_g, T* to_x, float* to_weight) {
  const auto [sum_v, sum_g, sum_vx, sum_gx, sum_vg] = n.layout.sums<5>([&](const Run& run) SIMD_BODY {
    return [=, at = Coefficients(n, run)](Floats* sums, int64_t i, auto lanes) SIMD_BODY {
      const Floats value = simd::load(x + i, lanes), xi = at.normalised(value), vi = simd::load(v + i, lanes);
      const Floats gi = simd::load(g + i, lanes) * at.gate_at(value);
      sums[0] += vi;
      sums[1] += gi;
      sums[2] += vi * xi;
      sums[3] += gi * xi;
      sums[4] += vi * gi;
    };
  });
  const auto size = n.layout.channels;
  const auto count = static_cast<double>(n.layout.images * n.layout.pixels);
  // Both results are affine in v, g and x'.
  Values gv(size), gx(size), g1(size), xv(size), xg(size), xx(size), x1(size);
  for (int64_t c = 0; c < size; c++) {
    const double share = n.fixed ? 0 : 1 / count;
    const double mv = sum_v[c] * share, mg = sum_g[c] * share, mvx = sum_vx[c] * share, mgx = sum_gx[c] * share;
    const double covariance = sum_vg[c] / count - mv * mg - mvx * mgx;
    const double r = n.inverse[c], wr = n.weight[c] * r, wrr = n.fixed ? 0 : wr * r, ar = a ? a[c] * r : 0;
    to_weight[c] = static_cast<float>(count * r * covariance);
    gv[c] = static_cast<float>(wr);
    gx[c] = static_cast<float>((a ? a[c] : 0) - wr * mvx);
    g1[c] = static_cast<float>((b ? b[c] : 0) - wr * mv);
    xv[c] = static_cast<float>(-wrr * mgx);
    xg[c] = static_cast<float>(ar - wrr * mvx);
    xx[c] = static_cast<float>(-wrr * (covariance - 2 * mgx * mvx) - ar * mgx);
    x1[c] = static_cast<float>(wrr * (mgx * mv + mvx * mg) - ar * mg);
  }
  n.layout.all_runs([&](const Run& run) SIMD_BODY {
    const Coefficients at(n, run);
    const auto of = [&](const Values& values) SIMD_BODY { return n.layout.of(values, run); };
    const Floats of_gv = of(gv), of_gx = of(gx), of_g1 = of(g1);
    const Floats of_xv = of(xv), of_xg = of(xg), of_xx = of(xx), of_x1 = of(x1);
    run.each([&](int64_t i, auto lanes) SIMD_BODY {
      const Floats value = simd::load(x + i, lanes), xi = at.normalised(value), vi = simd::load(v + i, lanes);
      const Floats open = at.gate_at(value), gi = simd::load(g + i, lanes) * open;
      simd::store(to_g + i, open * (of_gv * vi + of_gx * xi + of_g1), lanes);
      simd::store(to_x + i, of_xv * vi + of_xg * gi + of_xx * xi + of_x1, lanes);
    });
  });
}

}  // namespace norm
