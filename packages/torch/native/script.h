// TorchScript modules: load, call, reach their parameters and buffers, save.
#pragma once

#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>

#include <set>

#include "dispatch.h"
#include "graph.h"

struct ScriptModule {
  torch::jit::Module module;
};

namespace script {

/// A copy: what JavaScript does while its values are read cannot free the module under us.
inline std::shared_ptr<ScriptModule> to_script(js::Call& call) {
  return handles().get<std::shared_ptr<ScriptModule>>(call.number(0), "ScriptModule");
}

// JavaScript -> TorchScript, by the argument's type.

/// Tensors come as objects with a handle, so that no number is taken for one.
inline at::Tensor to_script_tensor(napi_env env, napi_value value) {
  if (js::type_of(env, value) != napi_object) js::wrong_type(env, value, "a Tensor");
  napi_value handle;
  js::check(env, napi_get_named_property(env, value, "handle", &handle));
  if (js::type_of(env, handle) != napi_number) js::wrong_type(env, value, "a Tensor");
  return to_tensor(env, handle);
}

inline c10::IValue to_input(napi_env env, napi_value value, const c10::TypePtr& type);

inline c10::IValue to_tuple(napi_env env, napi_value value, const c10::TupleType& type) {
  const auto types = type.elements();
  const auto values = js::to_vector<napi_value>(env, value, [](napi_env, napi_value v) { return v; });
  if (values.size() != types.size())
    throw js::ArgumentError("expected an array of " + std::to_string(types.size()) + " values, got " +
                            std::to_string(values.size()));
  std::vector<c10::IValue> elements;
  for (size_t i = 0; i < values.size(); i++) elements.push_back(to_input(env, values[i], types[i]));
  return c10::ivalue::Tuple::create(std::move(elements));
}

inline c10::IValue to_list(napi_env env, napi_value value, const c10::TypePtr& element) {
  c10::impl::GenericList list(element);
  const auto convert = [&](napi_env env, napi_value v) { return to_input(env, v, element); };
  for (auto& item : js::to_vector<c10::IValue>(env, value, convert)) list.push_back(std::move(item));
  return list;
}

inline c10::IValue to_dict(napi_env env, napi_value value, const c10::DictType& type) {
  if (type.getKeyType()->kind() != c10::TypeKind::StringType)
    throw js::ArgumentError("of a dict only string keys have a JavaScript form");
  if (js::type_of(env, value) != napi_object) js::wrong_type(env, value, "an object");
  c10::impl::GenericDict dict(type.getKeyType(), type.getValueType());
  napi_value keys;
  js::check(env, napi_get_property_names(env, value, &keys));
  for (const auto& key : js::to_vector<std::string>(env, keys, js::to_string)) {
    napi_value item;
    js::check(env, napi_get_named_property(env, value, key.c_str(), &item));
    dict.insert(key, to_input(env, item, type.getValueType()));
  }
  return dict;
}

inline c10::IValue to_input(napi_env env, napi_value value, const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::TensorType: return to_script_tensor(env, value);
    case c10::TypeKind::IntType: return js::to_int(env, value);
    case c10::TypeKind::FloatType: return js::to_double(env, value);
    case c10::TypeKind::BoolType: return js::to_bool(env, value);
    case c10::TypeKind::NumberType: return dispatch::to_scalar(env, value);
    case c10::TypeKind::StringType: return js::to_string(env, value);
    case c10::TypeKind::DeviceObjType: return c10::Device(js::to_string(env, value));
    case c10::TypeKind::OptionalType:
      if (js::is_nullish(env, value)) return {};
      return to_input(env, value, type->castRaw<c10::OptionalType>()->getElementType());
    case c10::TypeKind::ListType: return to_list(env, value, type->castRaw<c10::ListType>()->getElementType());
    case c10::TypeKind::TupleType: return to_tuple(env, value, *type->castRaw<c10::TupleType>());
    case c10::TypeKind::DictType: return to_dict(env, value, *type->castRaw<c10::DictType>());
    default: throw js::ArgumentError("a " + type->repr_str() + " has no JavaScript form");
  }
}

/// The forward method's arguments after self; trailing ones may be left to their defaults.
inline std::vector<c10::IValue> to_inputs(js::Call& call, const c10::FunctionSchema& schema, napi_value values) {
  const auto inputs = js::to_vector<napi_value>(call.env, values, [](napi_env, napi_value v) { return v; });
  const size_t expected = schema.arguments().size() - 1;
  if (inputs.size() > expected)
    throw js::ArgumentError("expected at most " + std::to_string(expected) + " inputs, got " +
                            std::to_string(inputs.size()));
  std::vector<c10::IValue> stack;
  for (size_t i = 0; i < expected; i++) {
    const auto& argument = schema.arguments()[i + 1];
    napi_value value = i < inputs.size() ? inputs[i] : js::undefined(call.env);
    const bool missing = js::type_of(call.env, value) == napi_undefined;
    if (missing && !argument.default_value())
      throw js::ArgumentError("input '" + argument.name() + "' (" + argument.type()->repr_str() + ") is missing");
    try {
      stack.push_back(missing ? *argument.default_value() : to_input(call.env, value, argument.type()));
    } catch (const js::ArgumentError& e) {
      throw js::ArgumentError("input '" + argument.name() + "' (" + argument.type()->repr_str() + "): " + e.what());
    }
  }
  return stack;
}

// TorchScript -> JavaScript: a tensor as { tensor: handle }, a dict as { dict: [[key, value], ...] }.

/// The handles made for one result, which are freed again when a later part of it has no form.
using Made = std::vector<double>;

inline napi_value from_output(napi_env env, const c10::IValue& value, Made& made) {
  if (value.isTensor()) {
    const auto handle = from_tensor(env, value.toTensor());
    if (value.toTensor().defined()) made.push_back(js::to_double(env, handle));
    return js::object(env, {{"tensor", handle}});
  }
  if (value.isNone()) return js::null(env);
  if (value.isBool()) return js::from(env, value.toBool());
  if (value.isInt()) return js::from(env, value.toInt());
  if (value.isDouble()) return js::from(env, value.toDouble());
  if (value.isString()) return js::from(env, value.toStringRef());
  if (value.isDevice()) return js::from(env, value.toDevice().str());
  if (value.isList()) {
    const auto elements = value.toListRef();
    return js::array(env, elements.size(), [&](size_t i) { return from_output(env, elements[i], made); });
  }
  if (value.isTuple()) {
    const auto tuple = value.toTuple();
    const auto& elements = tuple->elements();
    return js::array(env, elements.size(), [&](size_t i) { return from_output(env, elements[i], made); });
  }
  if (value.isGenericDict()) {
    std::vector<std::pair<c10::IValue, c10::IValue>> entries;
    for (const auto& entry : value.toGenericDict()) entries.emplace_back(entry.key(), entry.value());
    const auto pairs = js::array(env, entries.size(), [&](size_t i) {
      return js::array(env, 2, [&](size_t j) {
        return from_output(env, j == 0 ? entries[i].first : entries[i].second, made);
      });
    });
    return js::object(env, {{"dict", pairs}});
  }
  TORCH_CHECK(false, "a result of type ", value.type()->repr_str(), " has no JavaScript form");
}

/// The interpreter puts a trace of many lines before what went wrong, and hides its class.
[[noreturn]] inline void rethrow(const std::string& text) {
  const std::string mark = "\nRuntimeError: ";
  const auto at = text.rfind(mark);
  const auto what = at == std::string::npos ? text : text.substr(at + mark.size());
  for (const char* sign : {"out of memory", "exceeds the limit of", "the system has no"})
    TORCH_CHECK_WITH(OutOfMemoryError, what.find(sign) == std::string::npos, what);
  TORCH_CHECK(false, what);
}

inline std::string reason(const std::exception& e) {
  const auto* error = dynamic_cast<const c10::Error*>(&e);
  return error ? error->what_without_backtrace() : e.what();
}

/// Puts other tensors into a module's slots, by dotted name, until it goes out of scope.
class Substitution {
 public:
  explicit Substitution(torch::jit::Module module) : module_(std::move(module)) {}
  Substitution(const Substitution&) = delete;
  ~Substitution() {
    for (auto slot = replaced_.rbegin(); slot != replaced_.rend(); ++slot)
      slot->owner.setattr(slot->name, slot->value);
  }

  void set(const std::string& name, const at::Tensor& tensor) {
    auto owner = module_;
    size_t start = 0;
    for (size_t dot; (dot = name.find('.', start)) != std::string::npos; start = dot + 1) {
      const auto part = name.substr(start, dot - start);
      if (!owner.hasattr(part) || !owner.attr(part).isModule()) missing(name);
      owner = owner.attr(part).toModule();
    }
    const auto last = name.substr(start);
    if (!owner.hasattr(last) || !owner.attr(last).isTensor()) missing(name);
    replaced_.push_back({owner, last, owner.attr(last).toTensor()});
    owner.setattr(last, tensor);
  }

 private:
  struct Slot {
    torch::jit::Module owner;
    std::string name;
    at::Tensor value;
  };

  [[noreturn]] static void missing(const std::string& name) {
    throw js::ArgumentError("the script has no parameter or buffer '" + name + "'");
  }

  torch::jit::Module module_;
  std::vector<Slot> replaced_;
};

/// scriptForward(module, inputs, generator | undefined, names | undefined, handles | undefined): the tensors of
/// `handles` stand in the slots of `names` for the length of the call.
inline napi_value forward(js::Call& call) {
  call.where = "ScriptModule.forward";
  const auto script = to_script(call);
  const auto method = script->module.find_method("forward");
  TORCH_CHECK(method, "the script has no method of that name");
  auto inputs = to_inputs(call, method->function().getSchema(), call[1]);
  Substitution substitution(script->module);
  if (call.has(3)) {
    const auto names = js::to_vector<std::string>(call.env, call[3], js::to_string);
    const auto tensors = to_tensors(call.env, call[4]);
    if (names.size() != tensors.size()) throw js::ArgumentError("there are not as many names as tensors");
    for (size_t i = 0; i < names.size(); i++) substitution.set(names[i], tensors[i]);
  }
  // Scripts draw from the device's default generator: while one runs, it continues the given stream.
  at::Generator stream, shared;
  if (call.has(2)) {
    TORCH_CHECK(!graph::capturing(), "a script with a generator cannot be captured");
    stream = handles().get<at::Generator>(call.number(2), "Generator");
    shared = at::globalContext().defaultGenerator(stream.device());
    shared.set_state(stream.get_state());
  }
  // The first calls of an optimised script differ in rounding from later ones, so a run that goes on from a
  // checkpoint would not end with the bits of one that was never stopped.
  const torch::jit::GraphOptimizerEnabledGuard as_written(false);
  c10::IValue result;
  try {
    result = (*method)(std::move(inputs));
  } catch (const std::exception& e) {
    rethrow(reason(e));
  }
  if (stream.defined()) stream.set_state(shared.get_state());
  Made made;
  try {
    return from_output(call.env, result, made);
  } catch (...) {
    for (const double handle : made) handles().remove(handle);
    throw;
  }
}

// Life, state and what surrounds the call.

/// loadScript(path, device)
inline napi_value load(js::Call& call) {
  call.where = "loadScript";
  const auto path = call.string(0);
  const c10::Device device(call.string(1));
  at::empty({0}, device);  // a device that is not there is no fault of the file
  auto module = std::make_shared<ScriptModule>();
  try {
    module->module = torch::jit::load(path, device);
  } catch (const std::exception& e) {
    TORCH_CHECK(false, path, " is not a TorchScript file (", reason(e),
                "); write one in Python: torch.jit.script(model).save(path)");
  }
  return js::from(call.env, handles().add(std::move(module)));
}

/// saveScript(module, path)
inline napi_value save(js::Call& call) {
  call.where = "ScriptModule.save";
  to_script(call)->module.save(call.string(1));
  return js::undefined(call.env);
}

template <class Tensors>
napi_value named(napi_env env, const Tensors& tensors) {
  std::vector<std::pair<std::string, at::Tensor>> entries;
  for (const auto& entry : tensors) entries.emplace_back(entry.name, entry.value);
  return js::array(env, entries.size(), [&](size_t i) {
    return js::array(env, 2, [&](size_t j) {
      return j == 0 ? js::from(env, entries[i].first) : from_tensor(env, entries[i].second);
    });
  });
}

/// scriptParameters(module): [[name, handle], ...], the module's own tensors.
inline napi_value parameters(js::Call& call) {
  return named(call.env, to_script(call)->module.named_parameters());
}

/// scriptBuffers(module): [[name, handle], ...], the module's own tensors.
inline napi_value buffers(js::Call& call) { return named(call.env, to_script(call)->module.named_buffers()); }

/// scriptBytes(module): of parameters and buffers.
inline napi_value bytes(js::Call& call) {
  const auto script = to_script(call);
  int64_t total = 0;
  for (const auto& tensor : script->module.parameters()) total += static_cast<int64_t>(tensor.nbytes());
  for (const auto& tensor : script->module.buffers()) total += static_cast<int64_t>(tensor.nbytes());
  return js::from(call.env, total);
}

/// setScriptTraining(module, training, still | undefined): the modules named in `still` and all below them evaluate in any case.
inline napi_value set_training(js::Call& call) {
  call.where = "ScriptModule.train";
  const auto script = to_script(call);
  std::set<std::string> still;
  if (call.has(2))
    for (auto& name : js::to_vector<std::string>(call.env, call[2], js::to_string)) still.insert(std::move(name));
  std::vector<torch::jit::Module> found;
  for (const auto& entry : script->module.named_modules())
    if (still.erase(entry.name)) found.push_back(entry.value);
  if (!still.empty()) throw js::ArgumentError("the script has no module '" + *still.begin() + "'");
  script->module.train(call.boolean(1));
  for (auto& module : found) module.train(false);
  return js::undefined(call.env);
}

/// moveScript(module, device | undefined, dtype code | undefined): in place; integers keep their type.
inline napi_value to(js::Call& call) {
  call.where = "ScriptModule.to";
  const auto script = to_script(call);
  const auto convert = [&](at::Tensor tensor) {
    const auto device = call.has(1) ? c10::Device(call.string(1)) : tensor.device();
    const auto dtype = call.has(2) && tensor.is_floating_point()
                           ? to_dtype(call.integer(2)) : tensor.scalar_type();
    const at::NoGradGuard no_grad;
    tensor.set_data(tensor.to(device, dtype));
  };
  for (const auto& tensor : script->module.parameters()) convert(tensor);
  for (const auto& tensor : script->module.buffers()) convert(tensor);
  return js::undefined(call.env);
}

}  // namespace script
