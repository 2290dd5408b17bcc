// Steps of optimisers and the derivatives of their steps in one pass over memory, in float32. The formulas are those of
// genseg's optim/, which composes the same of LibTorch's operators for other types and devices, and where the
// derivatives have to be differentiated in turn. With g the gradient and the penalty's, and t the number of the step:
//
//   Adam      m' = b1 m + (1 - b1) g    s' = b2 s + (1 - b2) g^2    d = sqrt(s') / sqrt(1 - b2^t) + eps
//             value' = value shrink - rate m' / d                   rate = lr / (1 - b1^t)
//   RMSprop   s' = a s + (1 - a) g^2    d = sqrt(s') + eps          v' = momentum v + g / d
//             value' = value - lr v'
//
// Products and sums are rounded as LibTorch's operators round them with AVX2 and fused multiplication, to the same bits.
// Where s' is 0 its root is taken to be infinite: what never had a gradient stays, and does not respond.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "handles.h"
#include "simd.h"

namespace optimiser {

using simd::all;
using simd::Floats;
using simd::rounded;

/// Whether the elements of all lie in the same order without gaps, so that a loop over memory meets each one's own.
inline bool fit(const std::vector<at::Tensor>& tensors) {
  const auto& first = tensors.front();
  return std::all_of(tensors.begin(), tensors.end(), [&](const at::Tensor& t) {
    return t.is_cpu() && t.scalar_type() == at::kFloat && t.is_non_overlapping_and_dense() &&
           t.sizes() == first.sizes() && t.strides() == first.strides() && t.layout() == at::kStrided;
  });
}

/// Calls visit(offset, lanes) for the vectors of so many elements, in several threads.
template <class F>
void each(int64_t count, const F& visit) {
  at::parallel_for(0, (count + simd::lanes - 1) / simd::lanes, 1024, [&](int64_t from, int64_t to) {
    simd::run([&]() SIMD_BODY {
      const int64_t full = std::min(to, count / simd::lanes);
      for (int64_t i = from; i < full; i++) visit(i * simd::lanes, simd::Full{});
      if (to > full) visit(full * simd::lanes, simd::Part{static_cast<int>(count % simd::lanes)});
    });
  });
}

/// Tells autograd that these were changed in place.
inline void changed(const std::vector<at::Tensor>& tensors) {
  for (const auto& t : tensors) t.unsafeGetTensorImpl()->bump_version();
}

SIMD_INLINE Floats root_of(Floats square) {
  return square > 0.0f ? simd::root(square) : all(std::numeric_limits<float>::infinity());
}

/// The first arguments of a call.
inline std::vector<at::Tensor> tensors(js::Call& call, size_t count) {
  std::vector<at::Tensor> result;
  for (size_t i = 0; i < count; i++) result.push_back(to_tensor(call.env, call[i]));
  return result;
}

/// What Adam is at a step: `correction` is sqrt(1 - b2^t), `kept` and `squares` are b1 and b2, `decay` the penalty's.
struct Adam {
  Floats kept, fresh, squares, fresh_square, twice_fresh_square, correction, eps, rate, decay, shrink;

  Adam(js::Call& call, size_t at)
      : kept(all(call.number(at))), fresh(all(1 - call.number(at))), squares(all(call.number(at + 1))),
        fresh_square(all(1 - call.number(at + 1))), twice_fresh_square(all(2 * (1 - call.number(at + 1)))),
        correction(all(call.number(at + 2))), eps(all(call.number(at + 3))), rate(all(call.number(at + 4))), decay(all(call.number(at + 5))), shrink(all(call.number(at + 6))) {}

  SIMD_INLINE Floats mean(Floats before, Floats g) const { return fresh * g + rounded(kept * before); }
  SIMD_INLINE Floats square(Floats before, Floats g) const {
    return rounded(fresh_square * g) * g + rounded(squares * before);
  }
};

/// stepAdam(value, gradient, m, s, b1, b2, correction, eps, rate, decay, shrink): false, and nothing done, where the
/// tensors do not fit.
inline napi_value step_adam(js::Call& call) {
  call.where = "stepAdam";
  const auto given = tensors(call, 4);
  if (!fit(given)) return js::from(call.env, false);
  float *value = given[0].data_ptr<float>(), *m = given[2].data_ptr<float>(), *s = given[3].data_ptr<float>();
  const float* gradient = given[1].data_ptr<float>();
  const Adam adam(call, 4);
  each(given[0].numel(), [&](int64_t i, auto lanes) SIMD_BODY {
    const Floats w = simd::load(value + i, lanes), g = simd::load(gradient + i, lanes) + adam.decay * w;
    const Floats mean = adam.mean(simd::load(m + i, lanes), g), square = adam.square(simd::load(s + i, lanes), g);
    const Floats denominator = root_of(square) / adam.correction + adam.eps;
    simd::store(m + i, mean, lanes);
    simd::store(s + i, square, lanes);
    simd::store(value + i, rounded(w * adam.shrink) - rounded(adam.rate * mean) / denominator, lanes);
  });
  changed({given[0], given[2], given[3]});
  return js::from(call.env, true);
}

/// pullBackAdam(value, gradient, m', s', cotangent of value', b1, ..., shrink): the cotangent of the gradient; null where
/// the tensors do not fit.
inline napi_value pull_back_adam(js::Call& call) {
  call.where = "pullBackAdam";
  const auto given = tensors(call, 5);
  if (!fit(given)) return js::null(call.env);
  const float *value = given[0].data_ptr<float>(), *gradient = given[1].data_ptr<float>();
  const float *m = given[2].data_ptr<float>(), *s = given[3].data_ptr<float>(), *by = given[4].data_ptr<float>();
  const auto result = at::empty_like(given[0]);
  float* to = result.data_ptr<float>();
  const Adam adam(call, 5);
  each(result.numel(), [&](int64_t i, auto lanes) SIMD_BODY {
    const Floats g = simd::load(gradient + i, lanes) + adam.decay * simd::load(value + i, lanes);
    const Floats mean = simd::load(m + i, lanes), root = root_of(simd::load(s + i, lanes));
    const Floats denominator = root / adam.correction + adam.eps;
    const Floats by_mean = simd::load(by + i, lanes) / denominator * -adam.rate;
    const Floats by_square = by_mean * mean / denominator / -adam.correction / root * 0.5f;
    simd::store(to + i, rounded(by_mean * adam.fresh) + rounded(adam.twice_fresh_square * by_square) * g, lanes);
  });
  return from_tensor(call.env, result);
}

/// What RMSprop is at a step.
struct RMSprop {
  Floats kept, fresh, twice_fresh, momentum, eps, rate, decay;

  RMSprop(js::Call& call, size_t at)
      : kept(all(call.number(at))), fresh(all(1 - call.number(at))), twice_fresh(all(2 * (1 - call.number(at)))),
        momentum(all(call.number(at + 1))), eps(all(call.number(at + 2))), rate(all(call.number(at + 3))), decay(all(call.number(at + 4))) {}

  SIMD_INLINE Floats square(Floats before, Floats g) const {
    return rounded(fresh * g) * g + rounded(kept * before);
  }
};

/// stepRMSprop(value, gradient, s, v, a, momentum, eps, lr, decay): false, and nothing done, where the tensors do not fit.
inline napi_value step_rmsprop(js::Call& call) {
  call.where = "stepRMSprop";
  const auto given = tensors(call, 4);
  if (!fit(given)) return js::from(call.env, false);
  float *value = given[0].data_ptr<float>(), *s = given[2].data_ptr<float>(), *v = given[3].data_ptr<float>();
  const float* gradient = given[1].data_ptr<float>();
  const RMSprop rms(call, 4);
  each(given[0].numel(), [&](int64_t i, auto lanes) SIMD_BODY {
    const Floats w = simd::load(value + i, lanes), g = simd::load(gradient + i, lanes) + rms.decay * w;
    const Floats square = rms.square(simd::load(s + i, lanes), g);
    const Floats velocity = rounded(rms.momentum * simd::load(v + i, lanes)) + g / (root_of(square) + rms.eps);
    simd::store(s + i, square, lanes);
    simd::store(v + i, velocity, lanes);
    simd::store(value + i, w - rms.rate * velocity, lanes);
  });
  changed({given[0], given[2], given[3]});
  return js::from(call.env, true);
}

/// pullBackRMSprop(value, gradient, s', cotangent of value', a, momentum, eps, lr, decay): the cotangent of the gradient;
/// null where the tensors do not fit.
inline napi_value pull_back_rmsprop(js::Call& call) {
  call.where = "pullBackRMSprop";
  const auto given = tensors(call, 4);
  if (!fit(given)) return js::null(call.env);
  const float *value = given[0].data_ptr<float>(), *gradient = given[1].data_ptr<float>();
  const float *s = given[2].data_ptr<float>(), *by = given[3].data_ptr<float>();
  const auto result = at::empty_like(given[0]);
  float* to = result.data_ptr<float>();
  const RMSprop rms(call, 4);
  each(result.numel(), [&](int64_t i, auto lanes) SIMD_BODY {
    const Floats g = simd::load(gradient + i, lanes) + rms.decay * simd::load(value + i, lanes);
    const Floats root = root_of(simd::load(s + i, lanes)), denominator = root + rms.eps;
    const Floats by_quotient = simd::load(by + i, lanes) * -rms.rate / denominator;
    const Floats by_square = -(by_quotient * g / denominator) / root * 0.5f;
    simd::store(to + i, by_quotient + rounded(rms.twice_fresh * by_square) * g, lanes);
  });
  return from_tensor(call.env, result);
}

}  // namespace optimiser
