// CUDA graphs: what was asked of a GPU between two calls, done again by one launch. Compiled where LibTorch has CUDA, is
// 2.4 or later (which lets a graph draw from generators of ours) and its headers can be read: CMakeLists.txt.
#pragma once

#include "handles.h"

#ifdef USE_CUDA_GRAPHS

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>

#include <utility>

struct RecordedGraph {
  at::cuda::CUDAGraph graph;
};

namespace graph {

constexpr bool available = true;

inline bool& recording() {
  static bool underway = false;
  return underway;
}

/// One for all graphs, since no two are under way at once: what lives between launches keeps its place in it.
inline at::cuda::MempoolId_t shared_pool() {
  static const auto pool = at::cuda::graph_pool_handle();
  return pool;
}

/// LibTorch 2.4 to 2.12 are told what a graph draws from; later ones see it.
template <class Graph>
auto registered(Graph& graph, const at::Generator& generator, int)
    -> decltype(graph.register_generator_state(generator)) {
  graph.register_generator_state(generator);
}
template <class Graph>
void registered(Graph&, const at::Generator&, ...) {}

/// leaveDefaultStream(): the default stream cannot be recorded, so that this thread goes on with another, for good. To be
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
  call.where = "recordGraph";
  TORCH_CHECK(!recording(), "another graph is being recorded");
  auto made = std::make_shared<RecordedGraph>();
  for (const auto& generator : js::to_vector<at::Generator>(call.env, call[0], [](napi_env env, napi_value value) {
         return handles().get<at::Generator>(js::to_double(env, value), "Generator");
       }))
    registered(made->graph, generator, 0);
  c10::cuda::device_synchronize();
  made->graph.capture_begin(shared_pool());
  recording() = true;
  return js::from(call.env, handles().add(std::move(made)));
}

inline RecordedGraph& to_graph(js::Call& call) {
  return *handles().get<std::shared_ptr<RecordedGraph>>(call.number(0), "CudaGraph");
}

/// endGraph(graph)
inline napi_value end(js::Call& call) {
  call.where = "recordGraph";
  recording() = false;
  to_graph(call).graph.capture_end();
  return js::undefined(call.env);
}

/// abandonGraph(): after a failure within, or of endGraph, as much as can be set right.
inline napi_value abandon(js::Call& call) {
  if (std::exchange(recording(), false)) {
    try {
      to_graph(call).graph.capture_end();
      return js::undefined(call.env);
    } catch (const std::exception&) {  // as is to be expected of a graph that has failed
    }
  }
  try {
    c10::cuda::CUDACachingAllocator::endAllocateToPool(c10::cuda::current_device(), shared_pool());
  } catch (const std::exception&) {  // was done before the failure
  }
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

struct RecordedGraph {};

namespace graph {

constexpr bool available = false;
inline bool recording() { return false; }
inline napi_value begin(js::Call&) {
  TORCH_CHECK(false, "CUDA graphs need a CUDA build of LibTorch, 2.4 or later, with its headers: npm run doctor");
}
inline napi_value leave_default_stream(js::Call& call) { return begin(call); }
inline napi_value end(js::Call& call) { return begin(call); }
inline napi_value abandon(js::Call& call) { return begin(call); }
inline napi_value replay(js::Call& call) { return begin(call); }

}  // namespace graph

#endif
