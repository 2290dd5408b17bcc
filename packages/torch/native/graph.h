// CUDA graphs: what was asked of a GPU between two calls, done again by one launch. Compiled where LibTorch has CUDA, is
// 2.4 or later (which lets a graph draw from generators of ours) and its headers can be read: CMakeLists.txt.
#pragma once

#include "handles.h"

#ifdef USE_CUDA_GRAPHS

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/csrc/api/include/torch/version.h>

#include <exception>
#include <utility>
#include <vector>

#define ENDS_FAILED_CAPTURES (TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 14))

namespace at::cuda {
// Declared in a header that needs cuBLAS's, cuSPARSE's and cuSOLVER's.
TORCH_CUDA_CPP_API void clearCublasWorkspaces();
}  // namespace at::cuda

struct CapturedGraph {
  at::cuda::CUDAGraph graph;
  /// Its own memory: in a shared pool one graph's results could lie where another works.
  decltype(at::cuda::graph_pool_handle()) pool = at::cuda::graph_pool_handle();
  /// What it draws from, and the states before the capture.
  std::vector<std::pair<double, at::Tensor>> generators;
};

namespace graph {

constexpr bool available = true;

inline bool& capturing() {
  static bool underway = false;
  return underway;
}

inline at::Generator& to_generator(double handle) { return handles().get<at::Generator>(handle, "Generator"); }

/// LibTorch 2.4 to 2.13 are told what a graph draws from; later ones see it.
template <class Graph>
auto registered(Graph& graph, const at::Generator& generator, int)
    -> decltype(graph.register_generator_state(generator)) {
  graph.register_generator_state(generator);
}
template <class Graph>
void registered(Graph&, const at::Generator&, ...) {}

/// Makes each graph have its workspaces in its own memory; shared ones would go with the first graph that does.
inline void free_workspaces() {
  c10::cuda::device_synchronize();
  at::cuda::clearCublasWorkspaces();
}

inline void begin_capture(CapturedGraph& made) {
  for (const auto& [handle, state] : made.generators) registered(made.graph, to_generator(handle), 0);
  free_workspaces();
  c10::cuda::CUDACachingAllocator::emptyCache();  // a capture takes new memory alone
  made.graph.capture_begin(made.pool);
}

#if !ENDS_FAILED_CAPTURES
/// What LibTorch leaves behind: memory that goes to the graph still, and generators that take themselves to be captured
/// until a capture of theirs ends well. The memory of the failed graph is lost.
inline void end_failed(const CapturedGraph& failed) {
  try {
    c10::cuda::CUDACachingAllocator::endAllocateToPool(c10::cuda::current_device(), failed.pool);
  } catch (const std::exception&) {  // was done before the failure
  }
  CapturedGraph trivial;
  trivial.generators = failed.generators;
  begin_capture(trivial);
  at::zeros({1}, at::kCUDA);
  trivial.graph.capture_end();
}
#endif

/// After a failure, as much as can be set right. Generators stay the same objects, since other graphs draw from them.
inline void set_right(const CapturedGraph& failed) {
  capturing() = false;
#if !ENDS_FAILED_CAPTURES
  try {
    end_failed(failed);
  } catch (const std::exception&) {  // then states cannot be set either, which says so
  }
#endif
  free_workspaces();
  for (const auto& [handle, state] : failed.generators) to_generator(handle).set_state(state);
}

/// leaveDefaultStream(): the default stream cannot be captured, so that this thread goes on with another, for good. To be
/// called before the first steps: what LibTorch makes for a stream when it is first used is no part of a graph then.
inline napi_value leave_default_stream(js::Call& call) {
  call.where = "leaveDefaultStream";
  if (c10::cuda::getCurrentCUDAStream() == c10::cuda::getDefaultCUDAStream()) {
    c10::cuda::device_synchronize();
    c10::cuda::setCurrentCUDAStream(c10::cuda::getStreamFromPool());
  }
  return js::undefined(call.env);
}

/// beginGraph(generators): from here on the GPU is asked and does nothing, until endGraph or abandonGraph.
inline napi_value begin(js::Call& call) {
  call.where = "captureGraph";
  TORCH_CHECK(!capturing(), "another graph is being captured");
  TORCH_CHECK(c10::cuda::getCurrentCUDAStream() != c10::cuda::getDefaultCUDAStream(),
              "the default stream cannot be captured; call leaveDefaultStream() before the first steps");
  auto made = std::make_shared<CapturedGraph>();
  for (const double handle : js::to_vector<double>(call.env, call[0], js::to_double))
    made->generators.emplace_back(handle, to_generator(handle).get_state());
  try {
    begin_capture(*made);
  } catch (...) {
    const auto first = std::current_exception();
    try {
      set_right(*made);
    } catch (const std::exception&) {  // the first failure says more
    }
    std::rethrow_exception(first);
  }
  capturing() = true;
  return js::from(call.env, handles().add(std::move(made)));
}

inline CapturedGraph& to_graph(js::Call& call) {
  return *handles().get<std::shared_ptr<CapturedGraph>>(call.number(0), "CudaGraph");
}

/// endGraph(graph)
inline napi_value end(js::Call& call) {
  call.where = "captureGraph";
  capturing() = false;
  to_graph(call).graph.capture_end();
  free_workspaces();
  return js::undefined(call.env);
}

/// abandonGraph(graph): after a failure within, or of endGraph.
inline napi_value abandon(js::Call& call) {
  auto& failed = to_graph(call);
  if (capturing()) {
    try {
      failed.graph.capture_end();
    } catch (const std::exception&) {  // as is to be expected of a graph that has failed
    }
  }
  set_right(failed);
  return js::undefined(call.env);
}

/// replayGraph(graph)
inline napi_value replay(js::Call& call) {
  call.where = "CudaGraph.replay";
  to_graph(call).graph.replay();
  return js::undefined(call.env);
}

}  // namespace graph

#else

struct CapturedGraph {};

namespace graph {

constexpr bool available = false;
inline bool capturing() { return false; }
inline napi_value begin(js::Call&) {
  TORCH_CHECK(false, "CUDA graphs need a CUDA build of LibTorch, 2.4 or later, with its headers; see genseg doctor");
}
inline napi_value leave_default_stream(js::Call& call) { return begin(call); }
inline napi_value end(js::Call& call) { return begin(call); }
inline napi_value abandon(js::Call& call) { return begin(call); }
inline napi_value replay(js::Call& call) { return begin(call); }

}  // namespace graph

#endif
