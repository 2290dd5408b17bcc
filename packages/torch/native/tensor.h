// Tensors apart from operators: bytes in and out, what a tensor is, slicing, and its handle's life.
#pragma once

#include <ATen/Context.h>
#include <ATen/TensorIndexing.h>

#include <algorithm>

#include "graph.h"
#include "handles.h"
#include "memory.h"

namespace tensor {

/// fromBytes(typedArray, shape, dtype code): a new CPU tensor with a copy of the elements.
inline napi_value from_bytes(js::Call& call) {
  const auto shape = call.integers(1);
  const auto dtype = to_dtype(call.integer(2));
  auto result = at::empty(shape, at::TensorOptions().dtype(dtype));
  const auto bytes = js::to_bytes(call.env, call[0]);
  if (bytes.length != result.nbytes())
    throw js::ArgumentError("shape and dtype need " + std::to_string(result.nbytes()) +
                            " bytes, the array has " + std::to_string(bytes.length));
  if (bytes.length) std::memcpy(result.data_ptr(), bytes.data, bytes.length);
  return from_tensor(call.env, std::move(result));
}

/// upload(tensor, device): a GPU takes it out of pinned memory, which LibTorch keeps until it has.
inline napi_value upload(js::Call& call) {
  call.where = "upload";
  const auto source = to_tensor(call.env, call[0]);
  const c10::Device device(call.string(1));
  TORCH_CHECK(!device.is_cuda() || at::globalContext().hasCUDA(), "there is no CUDA device; genseg doctor says why");
  const bool pinned = source.is_cpu() && device.is_cuda();
  TORCH_CHECK(!pinned || !graph::capturing(), "a graph would copy the same numbers each time; make the tensor before");
  return from_tensor(call.env, (pinned ? source.pin_memory() : source).to(device, source.scalar_type(), /*non_blocking=*/true));
}

/// copyBytes(tensor, typedArray): the elements in row-major order.
inline napi_value copy_bytes(js::Call& call) {
  const auto source = to_tensor(call.env, call[0]).detach().resolve_conj().resolve_neg().to(at::kCPU).contiguous();
  const auto bytes = js::to_bytes(call.env, call[1]);
  if (bytes.length != source.nbytes())
    throw js::ArgumentError("the tensor has " + std::to_string(source.nbytes()) +
                            " bytes, the array has " + std::to_string(bytes.length));
  if (bytes.length) std::memcpy(bytes.data, source.data_ptr(), bytes.length);
  return js::undefined(call.env);
}

/// sharedBytes(tensor): an ArrayBuffer over the tensor's own memory, which it keeps alive.
inline napi_value shared_bytes(js::Call& call) {
  const auto& source = to_tensor(call.env, call[0]);
  TORCH_CHECK(source.device().is_cpu() && source.is_contiguous() && !source.requires_grad() &&
                  !source.is_conj() && !source.is_neg(),
              "only a contiguous CPU tensor without gradient can share its memory; call .detach().contiguous() first");
  napi_value result;
  if (source.nbytes() == 0) {  // Node hands out a detached buffer over no memory
    js::check(call.env, napi_create_arraybuffer(call.env, 0, nullptr, &result));
    return result;
  }
  auto* keep = new at::Tensor(source);
  const auto status = napi_create_external_arraybuffer(
      call.env, source.data_ptr(), source.nbytes(),
      [](napi_env, void*, void* hint) { delete static_cast<at::Tensor*>(hint); }, keep, &result);
  if (status != napi_ok) delete keep;
  js::check(call.env, status);
  return result;
}

inline napi_value integers(napi_env env, at::IntArrayRef values) {
  return js::array(env, values.size(), [&](size_t i) { return js::from(env, values[i]); });
}

inline napi_value shape(js::Call& call) { return integers(call.env, to_tensor(call.env, call[0]).sizes()); }

inline napi_value strides(js::Call& call) { return integers(call.env, to_tensor(call.env, call[0]).strides()); }

inline napi_value dtype(js::Call& call) {
  return js::from(call.env, static_cast<int64_t>(to_tensor(call.env, call[0]).scalar_type()));
}

inline napi_value device(js::Call& call) { return js::from(call.env, to_tensor(call.env, call[0]).device().str()); }

/// isContiguous(tensor, memory format code)
inline napi_value is_contiguous(js::Call& call) {
  const auto format = to_memory_format(call.integer(1));
  return js::from(call.env, to_tensor(call.env, call[0]).is_contiguous(format));
}

/// item(tensor): the only element; a number, boolean, or bigint beyond 2^53.
inline napi_value item(js::Call& call) {
  const auto& source = to_tensor(call.env, call[0]);
  TORCH_CHECK(source.numel() == 1, "item() needs a tensor with one element, this one has ", source.numel());
  const auto scalar = source.item();
  TORCH_CHECK(!scalar.isComplex(), "a complex element has no JavaScript number; take its real or imaginary part");
  if (scalar.isBoolean()) return js::from(call.env, scalar.toBool());
  if (scalar.isFloatingPoint()) return js::from(call.env, scalar.toDouble());
  return js::from(call.env, scalar.toLong());
}

inline at::indexing::TensorIndex to_index(napi_env env, napi_value value) {
  using at::indexing::TensorIndex;
  using at::indexing::Slice;
  switch (js::type_of(env, value)) {
    case napi_null: return TensorIndex(at::indexing::None);
    case napi_number: case napi_bigint: return TensorIndex(js::to_int(env, value));
    case napi_string:
      if (js::to_string(env, value) == "...") return TensorIndex(at::indexing::Ellipsis);
      if (js::to_string(env, value) == ":") return TensorIndex(Slice());
      throw js::ArgumentError("an index string is ':' or '...'");
    default: break;
  }
  if (!js::is_array(env, value)) js::wrong_type(env, value, "an integer, [start, stop, step], ':', '...' or null");
  const auto part = [](napi_env env, napi_value v) -> c10::optional<int64_t> {
    if (js::is_nullish(env, v)) return c10::nullopt;
    return js::to_int(env, v);
  };
  auto parts = js::to_vector<c10::optional<int64_t>>(env, value, part);
  if (parts.empty() || parts.size() > 3) throw js::ArgumentError("a slice is [start, stop?, step?]");
  parts.resize(3);
  if (parts[2] && *parts[2] <= 0) throw js::ArgumentError("a slice's step must be positive; use flip() to reverse");
  return TensorIndex(Slice(parts[0], parts[1], parts[2]));
}

/// at(tensor, indices): a view.
inline napi_value at_index(js::Call& call) {
  const auto source = to_tensor(call.env, call[0]);  // a copy: a getter among the indices may dispose of it
  auto indices = js::to_vector<at::indexing::TensorIndex>(call.env, call[1], to_index);
  const auto ellipses = std::count_if(indices.begin(), indices.end(), [](const auto& index) { return index.is_ellipsis(); });
  TORCH_CHECK(ellipses <= 1, "an index has at most one '...'");
  if (indices.empty()) indices.emplace_back(at::indexing::Ellipsis);
  return from_tensor(call.env, source.index(indices));
}

inline napi_value remove(js::Call& call) { return js::from(call.env, handles().remove(call.number(0))); }

/// account(bytes): tells V8 of memory that its garbage keeps alive; negative to take it back.
inline napi_value account(js::Call& call) {
  int64_t total;
  js::check(call.env, napi_adjust_external_memory(call.env, call.integer(0), &total));
  return js::undefined(call.env);
}

inline napi_value bytes_of(js::Call& call) {
  return js::from(call.env, static_cast<int64_t>(to_tensor(call.env, call[0]).nbytes()));
}

inline napi_value live(js::Call& call) {
  return js::object(call.env, {{"tensors", js::from(call.env, static_cast<int64_t>(handles().live_tensors()))},
                               {"bytes", js::from(call.env, static_cast<int64_t>(handles().live_bytes()))}});
}

inline napi_value memory(js::Call& call) {
  const auto counters = cpu_allocator().counters();
  return js::object(call.env, {{"live", js::from(call.env, static_cast<int64_t>(counters.live))},
                               {"cached", js::from(call.env, static_cast<int64_t>(counters.cached))},
                               {"peak", js::from(call.env, static_cast<int64_t>(counters.peak))}});
}

inline napi_value reset_peak(js::Call& call) {
  cpu_allocator().reset_peak();
  return js::undefined(call.env);
}

inline napi_value empty_cache(js::Call& call) {
  cpu_allocator().empty_cache();
  return js::undefined(call.env);
}

inline napi_value set_memory_limit(js::Call& call) {
  const auto bytes = call.integer(0);
  if (bytes <= 0) throw js::ArgumentError("memoryLimit must be a positive number of bytes");
  cpu_allocator().set_limit(static_cast<size_t>(bytes));
  return js::undefined(call.env);
}

}  // namespace tensor
