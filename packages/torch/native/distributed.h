// c10d: processes that compute together. A TCP store for meeting, Gloo (CPU) or NCCL (CUDA) for the
// tensors, each where this LibTorch has it and its headers were at hand (CMakeLists.txt).
#pragma once

#include "handles.h"

#if defined(USE_C10D_GLOO) || defined(USE_C10D_NCCL)
#define GENSEG_DISTRIBUTED
#include <torch/csrc/api/include/torch/version.h>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#endif
#ifdef USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif
#ifdef USE_C10D_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif

namespace distributed {

/// groupBackends(): the names that connectGroup takes in this build.
inline napi_value backends(js::Call& call) {
  std::vector<const char*> names;
#ifdef USE_C10D_GLOO
  names.push_back("gloo");
#endif
#ifdef USE_C10D_NCCL
  names.push_back("nccl");
#endif
  return js::array(call.env, names.size(), [&](size_t i) { return js::from(call.env, names[i]); });
}

}  // namespace distributed

#ifdef GENSEG_DISTRIBUTED

namespace distributed {

#if TORCH_VERSION_MAJOR >= 2
using Backend = c10d::Backend;
#else
using Backend = c10d::ProcessGroup;
#endif

}  // namespace distributed

struct ProcessGroup {
  c10::intrusive_ptr<c10d::Store> store;  // outlives the backend, which asks it for addresses
  c10::intrusive_ptr<distributed::Backend> backend;
};

namespace distributed {

inline std::shared_ptr<ProcessGroup> to_group(js::Call& call) {
  return handles().get<std::shared_ptr<ProcessGroup>>(call.number(0), "ProcessGroup");
}

#ifdef USE_C10D_GLOO
inline c10::intrusive_ptr<Backend> connect_gloo(const c10::intrusive_ptr<c10d::Store>& store, const std::string& host,
                                                int rank, int size, std::chrono::milliseconds timeout) {
  auto options = c10d::ProcessGroupGloo::Options::create(timeout);
  // By its own name a machine may not reach itself; on one machine the loopback always serves.
  const bool local = host == "127.0.0.1" || host == "localhost";
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");  // as PyTorch names it
  options->devices.push_back(interface ? c10d::ProcessGroupGloo::createDeviceForInterface(interface)
                             : local   ? c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1")
                                       : c10d::ProcessGroupGloo::createDefaultDevice());
  return c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, options);
}
#endif

#ifdef USE_C10D_NCCL
inline c10::intrusive_ptr<Backend> connect_nccl(const c10::intrusive_ptr<c10d::Store>& store, int rank, int size,
                                                std::chrono::milliseconds timeout) {
  auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = timeout;
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size, options);
}
#endif

/// LibTorch 2.4 and later ask for libuv unless told otherwise, and Debian builds without.
template <class Options>
auto without_libuv(Options& options, int) -> decltype(options.useLibUV = false, void()) {
  options.useLibUV = false;
}
template <class Options>
void without_libuv(Options&, ...) {}

/// connectGroup(backend, host, port, server, rank, size, timeout in ms)
inline napi_value connect(js::Call& call) {
  call.where = "ProcessGroup.connect";
  const auto name = call.string(0);
  const auto host = call.string(1);
  const auto rank = static_cast<int>(call.integer(4));
  const auto size = static_cast<int>(call.integer(5));
  const std::chrono::milliseconds timeout(call.integer(6));
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(call.integer(2));
  options.isServer = call.boolean(3);
  options.waitWorkers = false;  // the backend waits for all
  options.timeout = timeout;
  without_libuv(options, 0);
  auto group = std::make_shared<ProcessGroup>();
#ifdef USE_C10D_GLOO
  if (name == "gloo") {
    group->store = c10::make_intrusive<c10d::TCPStore>(host, options);
    group->backend = connect_gloo(group->store, host, rank, size, timeout);
  }
#endif
#ifdef USE_C10D_NCCL
  if (name == "nccl") {
    group->store = c10::make_intrusive<c10d::TCPStore>(host, options);
    group->backend = connect_nccl(group->store, rank, size, timeout);
  }
#endif
  TORCH_CHECK(group->backend, "this build has no backend '", name, "'");
  return js::from(call.env, handles().add(std::move(group)));
}

/// Waits, and tells autograd that the elements are others now.
inline void finish(c10d::Work& work, const std::vector<at::Tensor>& tensors) {
  try {
    work.wait();
  } catch (const c10::Error&) {
    throw;
  } catch (const std::exception& e) {
    TORCH_CHECK(false, "another rank is gone or too late (", e.what(), "); dispose of the group and connect anew");
  }
  for (const auto& tensor : tensors) tensor.unsafeGetTensorImpl()->bump_version();
}

/// groupAllReduce(group, contiguous tensor, 'sum' | 'min' | 'max')
inline napi_value all_reduce(js::Call& call) {
  call.where = "ProcessGroup.allReduce";
  const auto group = to_group(call);
  std::vector<at::Tensor> tensors{to_tensor(call.env, call[1])};
  const auto name = call.string(2);
  c10d::AllreduceOptions options;
  options.reduceOp = name == "min" ? c10d::ReduceOp::MIN : name == "max" ? c10d::ReduceOp::MAX : c10d::ReduceOp::SUM;
  finish(*group->backend->allreduce(tensors, options), tensors);
  return js::undefined(call.env);
}

/// groupBroadcast(group, contiguous tensor of one dimension, root)
inline napi_value broadcast(js::Call& call) {
  call.where = "ProcessGroup.broadcast";
  const auto group = to_group(call);
  // As bytes, since backends know fewer dtypes than we have.
  std::vector<at::Tensor> tensors{to_tensor(call.env, call[1]).view(at::kByte)};
  c10d::BroadcastOptions options;
  options.rootRank = static_cast<int>(call.integer(2));
  finish(*group->backend->broadcast(tensors, options), tensors);
  return js::undefined(call.env);
}

}  // namespace distributed

#else

struct ProcessGroup {};

namespace distributed {

inline napi_value connect(js::Call&) { TORCH_CHECK(false, "this build has no c10d backend"); }
inline napi_value all_reduce(js::Call& call) { return connect(call); }
inline napi_value broadcast(js::Call& call) { return connect(call); }

}  // namespace distributed

#endif
