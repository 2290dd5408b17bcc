// What this LibTorch is and runs on, and the switches that hold for the whole process.
#pragma once

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>
#include <torch/csrc/api/include/torch/version.h>

#include "graph.h"
#include "images.h"
#include "js.h"

namespace environment {

/// The shared library that a symbol of this process comes from, "" where there is none.
inline std::string library_of(const char* symbol) {
  Dl_info info;
  void* address = dlsym(RTLD_DEFAULT, symbol);
  if (!address || !dladdr(address, &info) || !info.dli_fname) return "";
  char* path = realpath(info.dli_fname, nullptr);
  std::string result = path ? path : info.dli_fname;
  std::free(path);
  return result;
}

/// Free and total bytes per CUDA device, asked of the runtime that LibTorch itself has loaded.
inline napi_value cuda_devices(napi_env env) {
  using GetDevice = int (*)(int*);
  using SetDevice = int (*)(int);
  using MemGetInfo = int (*)(size_t*, size_t*);
  const auto get_device = reinterpret_cast<GetDevice>(dlsym(RTLD_DEFAULT, "cudaGetDevice"));
  const auto set_device = reinterpret_cast<SetDevice>(dlsym(RTLD_DEFAULT, "cudaSetDevice"));
  const auto mem_get_info = reinterpret_cast<MemGetInfo>(dlsym(RTLD_DEFAULT, "cudaMemGetInfo"));
  const size_t count = at::globalContext().hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0;
  int current = 0;
  if (count && get_device) get_device(&current);
  const auto result = js::array(env, count, [&](size_t i) {
    size_t free = 0, total = 0;
    if (set_device && mem_get_info && set_device(static_cast<int>(i)) == 0) mem_get_info(&free, &total);
    return js::object(env, {{"free", js::from(env, static_cast<int64_t>(free))},
                            {"total", js::from(env, static_cast<int64_t>(total))}});
  });
  if (count && set_device) set_device(current);
  return result;
}

inline napi_value describe(js::Call& call) {
  const auto env = call.env;
  return js::object(env, {
      {"version", js::from(env, TORCH_VERSION)},
      {"config", js::from(env, at::show_config())},
      {"blasLibrary", js::from(env, library_of("sgemm_"))},
      {"torchLibrary", js::from(env, library_of("_ZN2at11show_configB5cxx11Ev"))},
      {"threads", js::from(env, static_cast<int64_t>(at::get_num_threads()))},
      {"avx512", js::from(env, simd::has_avx512())},
      {"channelsLast", js::from(env, images::channels_last())},
      {"cudnnBenchmark", js::from(env, at::globalContext().benchmarkCuDNN())},
      {"cudaGraphs", js::from(env, graph::available)},
      {"cuda", cuda_devices(env)},
  });
}

/// OpenBLAS has threads of its own, which wait busily for work: those beyond the number asked for only burn time.
inline void set_blas_threads(int threads) {
  using SetThreads = void (*)(int);
  const auto set = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set) set(threads);
}

inline napi_value set_threads(js::Call& call) {
  call.where = "configure";
  const auto threads = call.integer(0);
  if (threads < 1 || threads > 1024) throw js::ArgumentError("threads must be an integer from 1 to 1024");
  at::set_num_threads(static_cast<int>(threads));
  set_blas_threads(static_cast<int>(threads));
  return js::undefined(call.env);
}

/// NNPACK warns at every start on a processor that it does not know, and oneDNN has convolutions anyway.
inline void disable_nnpack() {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 6)
  at::globalContext().setUserEnabledNNPACK(false);
#endif
}

/// setFlags(deterministic, flushDenormal, tf32, cudnnBenchmark): undefined leaves a flag as it is.
inline napi_value set_flags(js::Call& call) {
  call.where = "configure";
  auto& context = at::globalContext();
  if (call.has(0)) context.setDeterministicAlgorithms(call.boolean(0), false);
  if (call.has(1)) context.setFlushDenormal(call.boolean(1));
  if (call.has(2)) {
    context.setAllowTF32CuBLAS(call.boolean(2));
    context.setAllowTF32CuDNN(call.boolean(2));
  }
  if (call.has(3)) context.setBenchmarkCuDNN(call.boolean(3));
  return js::undefined(call.env);
}

/// synchronize(device index): waits for the CUDA device's queue.
inline napi_value synchronize(js::Call& call) {
  call.where = "synchronize";
  at::detail::getCUDAHooks().deviceSynchronize(static_cast<c10::DeviceIndex>(call.integer(0)));
  return js::undefined(call.env);
}

}  // namespace environment
