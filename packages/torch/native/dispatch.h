// Every operator of LibTorch through one function: JavaScript values become IValues in the order of
// the operator's schema, the boxed kernel runs, its results become JavaScript values.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/ivalue.h>
#include <ATen/core/jit_type.h>
#include <torch/csrc/api/include/torch/version.h>
#include <torch/csrc/jit/frontend/function_schema_parser.h>

#include "guards.h"
#include "handles.h"

namespace dispatch {

enum class Kind : uint8_t {
  Tensor, TensorList, OptionalTensorList, Int, IntList, Float, FloatList, Bool, BoolList,
  Scalar, ScalarList, String, Device, Generator, DType, MemoryFormat, Unsupported,
};

struct Parameter {
  std::string name;
  Kind kind = Kind::Unsupported;
  bool optional = false;
  int repeat = 0;  // `int[2] stride` takes one number for both
  bool window = false;  // guards.h
  c10::optional<c10::IValue> fallback;
  int position = -1;  // among the JavaScript arguments; -1: not passed
};

struct Operator {
  std::string name;             // "add.Tensor"
  std::vector<std::string> arguments;  // in the order in which JavaScript passes them
  c10::optional<c10::OperatorHandle> handle;
  std::vector<Parameter> parameters;   // in schema order
  guards::Guard guard = nullptr;
};

/// The real type: `ScalarType`, `MemoryFormat` and `SymInt` show as int in the schema's first view.
inline c10::TypePtr base_type(const c10::Argument& argument, bool& optional) {
  c10::TypePtr type = argument.real_type();
  optional = type->kind() == c10::TypeKind::OptionalType;
  return optional ? type->castRaw<c10::OptionalType>()->getElementType() : type;
}

inline Kind element_list_kind(const c10::TypePtr& element) {
  switch (element->kind()) {
    case c10::TypeKind::TensorType: return Kind::TensorList;
    case c10::TypeKind::OptionalType:
      return element->castRaw<c10::OptionalType>()->getElementType()->kind() == c10::TypeKind::TensorType
                 ? Kind::OptionalTensorList : Kind::Unsupported;
    case c10::TypeKind::IntType: case c10::TypeKind::SymIntType: return Kind::IntList;
    case c10::TypeKind::FloatType: return Kind::FloatList;
    case c10::TypeKind::BoolType: return Kind::BoolList;
    case c10::TypeKind::NumberType: return Kind::ScalarList;
    default: return Kind::Unsupported;
  }
}

inline Kind kind_of(const c10::TypePtr& type) {
  switch (type->kind()) {
    case c10::TypeKind::TensorType: return Kind::Tensor;
    case c10::TypeKind::IntType: case c10::TypeKind::SymIntType: return Kind::Int;
    case c10::TypeKind::FloatType: return Kind::Float;
    case c10::TypeKind::BoolType: return Kind::Bool;
    case c10::TypeKind::NumberType: return Kind::Scalar;
    case c10::TypeKind::StringType: return Kind::String;
    case c10::TypeKind::DeviceObjType: return Kind::Device;
    case c10::TypeKind::GeneratorType: return Kind::Generator;
    case c10::TypeKind::ScalarTypeType: return Kind::DType;
    case c10::TypeKind::MemoryFormatType: return Kind::MemoryFormat;
    case c10::TypeKind::ListType:
      return element_list_kind(type->castRaw<c10::ListType>()->getElementType());
    default: return Kind::Unsupported;
  }
}

inline c10::OperatorName operator_name(const std::string& name) {
  const auto dot = name.find('.');
  return dot == std::string::npos ? c10::OperatorName("aten::" + name, "")
                                  : c10::OperatorName("aten::" + name.substr(0, dot), name.substr(dot + 1));
}

/// Looks the operator up at its first call, so that one this LibTorch lacks is an error only then.
inline void resolve(Operator& op) {
  op.handle = c10::Dispatcher::singleton().findSchema(operator_name(op.name));
  TORCH_CHECK_NOT_IMPLEMENTED(op.handle, "LibTorch ", TORCH_VERSION, " has no operator aten::", op.name);
  std::vector<bool> used(op.arguments.size(), false);
  for (const auto& argument : op.handle->schema().arguments()) {
    Parameter parameter;
    parameter.name = argument.name();
    parameter.kind = kind_of(base_type(argument, parameter.optional));
    parameter.repeat = argument.N().value_or(0);
    parameter.window = guards::is_window(parameter.name);
    parameter.fallback = argument.default_value();
    for (size_t i = 0; i < op.arguments.size(); i++) {
      if (op.arguments[i] != argument.name()) continue;
      parameter.position = static_cast<int>(i);
      used[i] = true;
    }
    op.parameters.push_back(std::move(parameter));
  }
  for (size_t i = 0; i < used.size(); i++)
    TORCH_CHECK_NOT_IMPLEMENTED(used[i], "LibTorch ", TORCH_VERSION, "'s operator aten::", op.name,
                                " has no argument '", op.arguments[i], "'");
  op.guard = guards::guard_of(op.name);
}

inline at::Scalar to_scalar(napi_env env, napi_value value) {
  switch (js::type_of(env, value)) {
    case napi_boolean: return js::to_bool(env, value);
    case napi_bigint: return js::to_int(env, value);
    case napi_number: {
      // JavaScript has one number type: integers stay integers, so that int tensors stay int.
      const double number = js::to_double(env, value);
      const bool integral = std::trunc(number) == number && std::abs(number) <= 9007199254740991.0 &&
                            !(number == 0 && std::signbit(number));
      return integral ? at::Scalar(static_cast<int64_t>(number)) : at::Scalar(number);
    }
    default: js::wrong_type(env, value, "a number, bigint or boolean");
  }
}

template <class T>
c10::List<T> to_list(const std::vector<T>& values) {
  c10::List<T> list;
  list.reserve(values.size());
  for (const auto& value : values) list.push_back(value);
  return list;
}

inline int64_t to_int(napi_env env, napi_value value, const Parameter& parameter) {
  const auto integer = js::to_int(env, value);
  if (parameter.window) guards::check_window(integer);
  return integer;
}

inline c10::IValue to_int_list(napi_env env, napi_value value, const Parameter& parameter) {
  const auto convert = [&](napi_env env, napi_value v) { return to_int(env, v, parameter); };
  if (parameter.repeat > 0 && js::type_of(env, value) == napi_number)
    return to_list(std::vector<int64_t>(parameter.repeat, convert(env, value)));
  const auto integers = js::to_vector<int64_t>(env, value, convert);
  guards::check_length(integers.size(), parameter.repeat, parameter.fallback.has_value());
  return to_list(integers);
}

inline c10::optional<at::Tensor> to_optional_tensor(napi_env env, napi_value value) {
  if (js::is_nullish(env, value)) return c10::nullopt;
  return to_tensor(env, value);
}

inline c10::IValue to_scalar_list(napi_env env, napi_value value) {
  c10::impl::GenericList list(c10::NumberType::get());
  for (const auto& scalar : js::to_vector<at::Scalar>(env, value, to_scalar)) list.push_back(scalar);
  return list;
}

inline c10::IValue to_ivalue(napi_env env, napi_value value, const Parameter& parameter) {
  switch (parameter.kind) {
    case Kind::Tensor: return to_tensor(env, value);
    case Kind::TensorList: return to_list(to_tensors(env, value));
    case Kind::OptionalTensorList:
      return to_list(js::to_vector<c10::optional<at::Tensor>>(env, value, to_optional_tensor));
    case Kind::Int: return to_int(env, value, parameter);
    case Kind::IntList: return to_int_list(env, value, parameter);
    case Kind::Float: return js::to_double(env, value);
    case Kind::FloatList: return to_list(js::to_vector<double>(env, value, js::to_double));
    case Kind::Bool: return js::to_bool(env, value);
    case Kind::BoolList: return to_list(js::to_vector<bool>(env, value, js::to_bool));
    case Kind::Scalar: return to_scalar(env, value);
    case Kind::ScalarList: return to_scalar_list(env, value);
    case Kind::String: return js::to_string(env, value);
    case Kind::Device: return c10::Device(js::to_string(env, value));
    case Kind::Generator: return handles().get<at::Generator>(js::to_double(env, value), "Generator");
    case Kind::DType: return to_dtype(js::to_int(env, value));
    case Kind::MemoryFormat: return to_memory_format(js::to_int(env, value));
    default: throw js::ArgumentError("has a type that this binding does not pass");
  }
}

inline c10::IValue argument(js::Call& call, const Parameter& parameter, size_t first) {
  const auto position = parameter.position;
  napi_value value = position < 0 ? js::undefined(call.env) : call[first + position];
  const auto type = js::type_of(call.env, value);
  if (type == napi_null && parameter.optional) return {};
  if (type == napi_undefined || type == napi_null) {
    if (parameter.fallback) return *parameter.fallback;
    if (parameter.optional) return {};
    throw js::ArgumentError("argument '" + parameter.name + "' is missing");
  }
  try {
    return to_ivalue(call.env, value, parameter);
  } catch (const js::ArgumentError& e) {
    throw js::ArgumentError("argument '" + parameter.name + "': " + e.what());
  }
}

inline napi_value from_ivalue(napi_env env, const c10::IValue& value) {
  if (value.isTensor()) return from_tensor(env, value.toTensor());
  if (value.isTensorList()) return from_tensors(env, value.toTensorVector());
  if (value.isNone()) return js::null(env);
  if (value.isBool()) return js::from(env, value.toBool());
  if (value.isInt()) return js::from(env, value.toInt());
  if (value.isDouble()) return js::from(env, value.toDouble());
  if (value.isString()) return js::from(env, value.toStringRef());
  if (value.isIntList()) {
    const auto list = value.toIntVector();
    return js::array(env, list.size(), [&](size_t i) { return js::from(env, list[i]); });
  }
  TORCH_CHECK(false, "a result of type ", value.tagKind(), " has no JavaScript form");
}

inline std::vector<Operator>& operators() {
  static auto* table = new std::vector<Operator>;
  return *table;
}

/// declare([[name, argument, ...], ...]): the operators in the order of their indices.
inline napi_value declare(js::Call& call) {
  operators().clear();
  const auto strings = [](napi_env env, napi_value value) {
    return js::to_vector<std::string>(env, value, js::to_string);
  };
  for (auto& entry : js::to_vector<std::vector<std::string>>(call.env, call[0], strings))
    operators().push_back({entry.at(0), {entry.begin() + 1, entry.end()}, c10::nullopt, {}, nullptr});
  return js::undefined(call.env);
}

/// call(index, ...arguments): the operator's result, an array for several, undefined for none.
inline napi_value run(js::Call& call) {
  const auto index = static_cast<size_t>(call.number(0));
  if (index >= operators().size()) throw js::ArgumentError("there is no such operator");
  auto& op = operators()[index];
  call.where = op.name;
  if (!op.handle) resolve(op);
  torch::jit::Stack stack;
  stack.reserve(op.parameters.size());
  for (const auto& parameter : op.parameters) stack.push_back(argument(call, parameter, 1));
  if (op.guard) op.guard({op.handle->schema(), stack});
  op.handle->callBoxed(&stack);
  if (stack.empty()) return js::undefined(call.env);
  // In-place operators return what they changed, which JavaScript has already.
  const auto& first = op.handle->schema().returns()[0];
  if (first.alias_info() && first.alias_info()->isWrite()) return js::undefined(call.env);
  if (stack.size() == 1) return from_ivalue(call.env, stack[0]);
  return js::array(call.env, stack.size(), [&](size_t i) { return from_ivalue(call.env, stack[i]); });
}

// Listing, for the generator of the TypeScript types.

inline napi_value from_argument(napi_env env, const c10::Argument& argument) {
  const bool written = argument.alias_info() && argument.alias_info()->isWrite();
  std::ostringstream fallback;
  if (argument.default_value()) fallback << *argument.default_value();
  return js::object(env, {
      {"name", js::from(env, argument.name())},
      {"type", js::from(env, argument.real_type()->str())},
      {"repeat", js::from(env, static_cast<int64_t>(argument.N().value_or(0)))},
      {"keywordOnly", js::from(env, argument.kwarg_only())},
      {"written", js::from(env, written)},
      {"default", argument.default_value() ? js::from(env, fallback.str()) : js::null(env)},
  });
}

/// schema(line): the schema of a name that this LibTorch has, or of a whole schema; null where it lacks the name.
inline napi_value schema(js::Call& call) {
  const auto line = call.string(0);
  call.where = line;
  c10::optional<c10::FunctionSchema> parsed;
  if (line.find('(') != std::string::npos) {
    parsed = torch::jit::parseSchema("aten::" + line);
  } else if (const auto found = c10::Dispatcher::singleton().findSchema(operator_name(line))) {
    parsed = found->schema();
  }
  if (!parsed) return js::null(call.env);
  const auto& schema = *parsed;
  std::ostringstream text;
  text << schema;
  const auto list = [&](const std::vector<c10::Argument>& arguments) {
    return js::array(call.env, arguments.size(),
                     [&](size_t i) { return from_argument(call.env, arguments[i]); });
  };
  return js::object(call.env, {{"text", js::from(call.env, text.str())},
                               {"arguments", list(schema.arguments())},
                               {"returns", list(schema.returns())}});
}

/// operatorNames(): every operator of the aten namespace, as "name.overload".
inline napi_value operator_names(js::Call& call) {
  std::vector<std::string> names;
  for (const auto& name : c10::Dispatcher::singleton().getAllOpNames())
    if (name.name.rfind("aten::", 0) == 0)
      names.push_back(name.name.substr(6) + (name.overload_name.empty() ? "" : "." + name.overload_name));
  return js::array(call.env, names.size(), [&](size_t i) { return js::from(call.env, names[i]); });
}

}  // namespace dispatch
