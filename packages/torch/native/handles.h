// The table of native objects that JavaScript holds. JavaScript never sees a pointer: a handle is a
// number, slot index + 2^32 * generation, so a disposed or forged handle is found out, not followed.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/Generator.h>

#include <memory>
#include <unordered_set>
#include <variant>

#include "js.h"

struct ScriptModule;   // script.h
struct ProcessGroup;   // distributed.h
struct CapturedGraph;  // graph.h

/// A handle whose object was disposed.
struct DisposedError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class HandleTable {
 public:
  using Object = std::variant<std::monostate, at::Tensor, at::Generator,
                              std::shared_ptr<ScriptModule>, std::shared_ptr<ProcessGroup>, std::shared_ptr<CapturedGraph>>;

  double add(Object object) {
    if (free_.empty()) {
      free_.push_back(static_cast<uint32_t>(slots_.size()));
      slots_.emplace_back();
    }
    const uint32_t index = free_.back();
    free_.pop_back();
    auto& slot = slots_[index];
    slot.object = std::move(object);
    tensors_ += std::holds_alternative<at::Tensor>(slot.object);
    return index + slot.generation * 4294967296.0;
  }

  template <class T>
  T& get(double handle, const char* expected) {
    auto* slot = find(handle);
    if (!slot) throw DisposedError(std::string("used a disposed ") + expected);
    if (auto* object = std::get_if<T>(&slot->object)) return *object;
    throw js::ArgumentError(std::string("expected a ") + expected + ", got another native object");
  }

  /// Frees the object; false if it was freed before.
  bool remove(double handle) {
    auto* slot = find(handle);
    if (!slot) return false;
    Object dying = std::move(slot->object);
    slot->object = std::monostate{};
    tensors_ -= std::holds_alternative<at::Tensor>(dying);
    // A slot whose generations are used up is retired, so that no handle ever comes twice.
    if (++slot->generation < (1u << 21)) free_.push_back(static_cast<uint32_t>(slot - slots_.data()));
    return true;
  }

  size_t live_tensors() const { return tensors_; }

  /// Bytes of all storages that a live handle reaches, each storage once.
  size_t live_bytes() const {
    std::unordered_set<const void*> seen;
    size_t bytes = 0;
    for (const auto& slot : slots_) {
      const auto* tensor = std::get_if<at::Tensor>(&slot.object);
      if (!tensor || !tensor->has_storage()) continue;
      const auto& storage = tensor->storage();
      if (seen.insert(storage.unsafeGetStorageImpl()).second) bytes += storage.nbytes();
    }
    return bytes;
  }

 private:
  struct Slot {
    Object object;
    uint32_t generation = 1;
  };

  Slot* find(double handle) {
    if (!(handle >= 0 && handle < 9007199254740992.0)) return nullptr;
    const auto bits = static_cast<uint64_t>(handle);
    const auto index = static_cast<uint32_t>(bits);
    if (index >= slots_.size()) return nullptr;
    auto& slot = slots_[index];
    const bool live = slot.generation == bits >> 32 && slot.object.index() != 0;
    return live ? &slot : nullptr;
  }

  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  size_t tensors_ = 0;
};

/// Never destroyed: at process exit LibTorch's own statics may be gone already.
inline HandleTable& handles() {
  static auto* table = new HandleTable;
  return *table;
}

// LibTorch follows the codes of dtypes and memory formats unchecked.

/// Only dtypes whose elements have a form in JavaScript (src/dtype.ts), which leaves out the quantised ones.
inline at::ScalarType to_dtype(int64_t code) {
  const auto dtype = static_cast<at::ScalarType>(code);
  switch (code < 0 || code > 127 ? at::ScalarType::Undefined : dtype) {
    case at::kByte: case at::kChar: case at::kShort: case at::kInt: case at::kLong: case at::kBool:
    case at::kHalf: case at::kBFloat16: case at::kFloat: case at::kDouble:
    case at::kComplexFloat: case at::kComplexDouble: return dtype;
    default: throw js::ArgumentError("unknown dtype code " + std::to_string(code));
  }
}

inline at::MemoryFormat to_memory_format(int64_t code) {
  if (code < 0 || code >= static_cast<int64_t>(at::MemoryFormat::NumOptions))
    throw js::ArgumentError("unknown memory format code " + std::to_string(code));
  return static_cast<at::MemoryFormat>(code);
}

inline at::Tensor& to_tensor(napi_env env, napi_value value) {
  double handle;
  if (napi_get_value_double(env, value, &handle) != napi_ok) js::wrong_type(env, value, "a Tensor");
  return handles().get<at::Tensor>(handle, "Tensor");
}

inline std::vector<at::Tensor> to_tensors(napi_env env, napi_value value) {
  return js::to_vector<at::Tensor>(env, value, to_tensor);
}

/// A tensor handle; null for an undefined tensor.
inline napi_value from_tensor(napi_env env, at::Tensor tensor) {
  if (!tensor.defined()) return js::null(env);
  return js::from(env, handles().add(std::move(tensor)));
}

inline napi_value from_tensors(napi_env env, const std::vector<at::Tensor>& tensors) {
  return js::array(env, tensors.size(), [&](size_t i) { return from_tensor(env, tensors[i]); });
}
