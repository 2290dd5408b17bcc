// Generators of random numbers as explicit objects: seed, state out, state in.
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>

#include "handles.h"

namespace random_numbers {

inline at::Generator& to_generator(js::Call& call) {
  return handles().get<at::Generator>(call.number(0), "Generator");
}

/// createGenerator(device, seed): for the device in software of our tests one of the host.
inline napi_value create(js::Call& call) {
  call.where = "Generator";
  const c10::Device device(call.string(0));
  const auto seed = static_cast<uint64_t>(call.integer(1));
  at::Generator generator;
  if (device.is_cpu() || device.type() == c10::DeviceType::PrivateUse1) {
    generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  } else {
    generator = at::globalContext().defaultGenerator(device).clone();
    generator.set_current_seed(seed);
  }
  return js::from(call.env, handles().add(generator));
}

inline napi_value get_state(js::Call& call) {
  call.where = "Generator.state";
  return from_tensor(call.env, to_generator(call).get_state());
}

inline napi_value set_state(js::Call& call) {
  call.where = "Generator.state";
  const auto& state = to_tensor(call.env, call[1]);
  TORCH_CHECK(state.scalar_type() == at::kByte && state.device().is_cpu() && state.is_contiguous(),
              "a state is a contiguous uint8 tensor on the CPU, as the getter returned it");
  to_generator(call).set_state(state);
  return js::undefined(call.env);
}

/// seed(generator, seed): starts its stream anew.
inline napi_value seed(js::Call& call) {
  call.where = "Generator.seed";
  to_generator(call).set_current_seed(static_cast<uint64_t>(call.integer(1)));
  return js::undefined(call.env);
}

}  // namespace random_numbers
