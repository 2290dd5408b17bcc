// Gradients, gradient mode and autocast.
#pragma once

#include <ATen/autocast_mode.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/api/include/torch/version.h>
#include <torch/csrc/autograd/autograd.h>

#include "handles.h"

namespace autograd {

/// grad(outputs, inputs, gradOutputs | undefined, retainGraph, createGraph, allowUnused): tensors, null where unused.
inline napi_value grad(js::Call& call) {
  call.where = "grad";
  const auto outputs = to_tensors(call.env, call[0]);
  const auto inputs = to_tensors(call.env, call[1]);
  TORCH_CHECK(!outputs.empty() && !inputs.empty(), "outputs and inputs must not be empty");
  for (size_t i = 0; i < inputs.size(); i++)
    TORCH_CHECK(inputs[i].requires_grad(), "input ", i, " does not require a gradient; call requiresGrad_() on it before the forward pass");
  std::vector<at::Tensor> grad_outputs;
  if (call.has(2)) grad_outputs = to_tensors(call.env, call[2]);
  const bool allow_unused = call.boolean(5);
  auto grads = torch::autograd::grad(outputs, inputs, grad_outputs, call.boolean(3), call.boolean(4), true);
  for (size_t i = 0; i < grads.size() && !allow_unused; i++)
    TORCH_CHECK(grads[i].defined(), "input ", i, " of shape ", inputs[i].sizes(),
                " has no gradient: no output depends on it (allowUnused: true returns null instead)");
  return from_tensors(call.env, grads);
}

/// backward(outputs, gradOutputs | undefined, retainGraph, createGraph): accumulates into the leaves' grad.
inline napi_value backward(js::Call& call) {
  call.where = "backward";
  std::vector<at::Tensor> grad_outputs;
  if (call.has(1)) grad_outputs = to_tensors(call.env, call[1]);
  torch::autograd::backward(to_tensors(call.env, call[0]), grad_outputs, call.boolean(2), call.boolean(3));
  return js::undefined(call.env);
}

inline napi_value requires_grad(js::Call& call) {
  return js::from(call.env, to_tensor(call.env, call[0]).requires_grad());
}

inline napi_value set_requires_grad(js::Call& call) {
  call.where = "requiresGrad_";
  const auto& tensor = to_tensor(call.env, call[0]);
  TORCH_CHECK(call.boolean(1) || tensor.is_leaf(), "only a leaf can stop requiring a gradient; call detach()");
  tensor.set_requires_grad(call.boolean(1));
  return js::undefined(call.env);
}

inline napi_value is_leaf(js::Call& call) { return js::from(call.env, to_tensor(call.env, call[0]).is_leaf()); }

/// The leaf's accumulated gradient, null before the first backward.
inline napi_value get_grad(js::Call& call) { return from_tensor(call.env, to_tensor(call.env, call[0]).grad()); }

inline napi_value set_grad(js::Call& call) {
  call.where = "grad";
  auto& tensor = to_tensor(call.env, call[0]);
  if (!call.has(1)) {
    tensor.mutable_grad() = at::Tensor();
    return js::undefined(call.env);
  }
  const auto& value = to_tensor(call.env, call[1]);
  TORCH_CHECK(value.sizes() == tensor.sizes() && value.device() == tensor.device() && value.scalar_type() == tensor.scalar_type(),
              "a gradient must have its tensor's shape, dtype and device");
  tensor.mutable_grad() = value;
  return js::undefined(call.env);
}

/// setGradMode(enabled): the former value.
inline napi_value set_grad_mode(js::Call& call) {
  const bool before = at::GradMode::is_enabled();
  at::GradMode::set_enabled(call.boolean(0));
  return js::from(call.env, before);
}

// Autocast's functions took the device as a name suffix before 2.4.
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
inline bool autocast_enabled(at::DeviceType device) { return at::autocast::is_autocast_enabled(device); }
inline at::ScalarType autocast_dtype(at::DeviceType device) { return at::autocast::get_autocast_dtype(device); }
inline void enable_autocast(at::DeviceType device, bool enabled, at::ScalarType dtype) {
  at::autocast::set_autocast_enabled(device, enabled);
  at::autocast::set_autocast_dtype(device, dtype);
}
#else
inline bool autocast_enabled(at::DeviceType device) {
  return device == at::kCPU ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled();
}
inline at::ScalarType autocast_dtype(at::DeviceType device) {
  return device == at::kCPU ? at::autocast::get_autocast_cpu_dtype() : at::autocast::get_autocast_gpu_dtype();
}
inline void enable_autocast(at::DeviceType device, bool enabled, at::ScalarType dtype) {
  if (device == at::kCPU) {
    at::autocast::set_cpu_enabled(enabled);
    at::autocast::set_autocast_cpu_dtype(dtype);
  } else {
    at::autocast::set_enabled(enabled);
    at::autocast::set_autocast_gpu_dtype(dtype);
  }
}
#endif

/// enterAutocast(device type, dtype code, enabled): [enabled before, dtype code before].
inline napi_value enter_autocast(js::Call& call) {
  call.where = "autocast";
  const auto device = c10::Device(call.string(0)).type();
  TORCH_CHECK(device == at::kCPU || device == at::kCUDA, "autocast works on cpu and cuda, not on ", device);
  const auto dtype = to_dtype(call.integer(1));
  TORCH_CHECK(dtype == at::kBFloat16 || (dtype == at::kHalf && device == at::kCUDA),
              "autocast takes bfloat16, and float16 on cuda");
  const bool enabled = autocast_enabled(device);
  const auto before = autocast_dtype(device);
  at::autocast::increment_nesting();
  enable_autocast(device, call.boolean(2), dtype);
  return js::array(call.env, 2, [&](size_t i) {
    return i == 0 ? js::from(call.env, enabled) : js::from(call.env, static_cast<int64_t>(before));
  });
}

/// leaveAutocast(device type, enabled before, dtype code before)
inline napi_value leave_autocast(js::Call& call) {
  enable_autocast(c10::Device(call.string(0)).type(), call.boolean(1), to_dtype(call.integer(2)));
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  return js::undefined(call.env);
}

}  // namespace autograd
