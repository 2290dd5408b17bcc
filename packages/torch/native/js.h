// Node-API in the few forms the addon needs: a call's arguments in, JavaScript values out.
// Raw Node-API rather than a wrapper, because one operator call has about a microsecond to spend.
#pragma once

#define NAPI_VERSION 9
#include <node_api.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace js {

/// A value of the wrong JavaScript type or range; becomes a TypeError.
struct ArgumentError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A JavaScript exception is already pending (a getter threw, say); nothing may be added to it.
struct PendingException {};

inline void check(napi_env env, napi_status status) {
  if (status == napi_ok) return;
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (pending) throw PendingException{};
  const napi_extended_error_info* info = nullptr;
  napi_get_last_error_info(env, &info);
  throw ArgumentError(info && info->error_message ? info->error_message : "Node-API call failed");
}

inline napi_valuetype type_of(napi_env env, napi_value value) {
  napi_valuetype type;
  check(env, napi_typeof(env, value, &type));
  return type;
}

inline bool is_nullish(napi_env env, napi_value value) {
  const auto type = type_of(env, value);
  return type == napi_undefined || type == napi_null;
}

inline bool is_array(napi_env env, napi_value value) {
  bool result = false;
  check(env, napi_is_array(env, value, &result));
  return result;
}

inline const char* type_name(napi_env env, napi_value value) {
  if (is_array(env, value)) return "array";
  switch (type_of(env, value)) {
    case napi_undefined: return "undefined";
    case napi_null: return "null";
    case napi_boolean: return "boolean";
    case napi_number: return "number";
    case napi_string: return "string";
    case napi_bigint: return "bigint";
    case napi_function: return "function";
    default: return "object";
  }
}

[[noreturn]] inline void wrong_type(napi_env env, napi_value value, const char* expected) {
  throw ArgumentError(std::string("expected ") + expected + ", got " + type_name(env, value));
}

// JavaScript -> C++

inline double to_double(napi_env env, napi_value value) {
  double result;
  if (napi_get_value_double(env, value, &result) != napi_ok) wrong_type(env, value, "a number");
  return result;
}

inline std::string text_of(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", number);
  return text;
}

inline int64_t to_int(napi_env env, napi_value value) {
  constexpr double max_safe = 9007199254740991.0;
  double number;
  if (napi_get_value_double(env, value, &number) == napi_ok) {
    if (number != std::trunc(number) || std::abs(number) > max_safe)
      throw ArgumentError("expected a safe integer, got " + text_of(number));
    return static_cast<int64_t>(number);
  }
  int64_t integer;
  bool lossless = false;
  if (napi_get_value_bigint_int64(env, value, &integer, &lossless) == napi_ok) {
    if (!lossless) throw ArgumentError("expected a bigint of at most 64 bits");
    return integer;
  }
  wrong_type(env, value, "an integer");
}

inline bool to_bool(napi_env env, napi_value value) {
  bool result;
  if (napi_get_value_bool(env, value, &result) != napi_ok) wrong_type(env, value, "a boolean");
  return result;
}

inline std::string to_string(napi_env env, napi_value value) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok)
    wrong_type(env, value, "a string");
  std::string result(length, '\0');
  check(env, napi_get_value_string_utf8(env, value, result.data(), length + 1, &length));
  return result;
}

/// An array may claim 2^32 elements and hold none; no list of sizes or tensors is that long.
constexpr uint32_t longest_list = 1 << 20;

template <class T, class Convert>
std::vector<T> to_vector(napi_env env, napi_value value, Convert convert) {
  if (!is_array(env, value)) wrong_type(env, value, "an array");
  uint32_t length = 0;
  check(env, napi_get_array_length(env, value, &length));
  if (length > longest_list)
    throw ArgumentError("expected at most 2^20 elements, got an array of " + std::to_string(length));
  std::vector<T> result;
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    check(env, napi_get_element(env, value, i, &element));
    result.push_back(convert(env, element));
  }
  return result;
}

/// The bytes of a TypedArray or DataView; valid until JavaScript runs again.
struct Bytes {
  void* data;
  size_t length;
};

inline Bytes to_bytes(napi_env env, napi_value value) {
  bool typed = false;
  check(env, napi_is_typedarray(env, value, &typed));
  if (!typed) wrong_type(env, value, "a typed array");
  napi_typedarray_type type;
  size_t length = 0;
  Bytes bytes{nullptr, 0};
  check(env, napi_get_typedarray_info(env, value, &type, &length, &bytes.data, nullptr, nullptr));
  size_t element = 1;
  switch (type) {
    case napi_int16_array: case napi_uint16_array: element = 2; break;
    case napi_int32_array: case napi_uint32_array: case napi_float32_array: element = 4; break;
    case napi_float64_array: case napi_bigint64_array: case napi_biguint64_array: element = 8; break;
    default: break;
  }
  bytes.length = length * element;
  return bytes;
}

// C++ -> JavaScript

inline napi_value undefined(napi_env env) {
  napi_value result;
  check(env, napi_get_undefined(env, &result));
  return result;
}

inline napi_value null(napi_env env) {
  napi_value result;
  check(env, napi_get_null(env, &result));
  return result;
}

inline napi_value from(napi_env env, double value) {
  napi_value result;
  check(env, napi_create_double(env, value, &result));
  return result;
}

/// A number where it is exact, else a bigint.
inline napi_value from(napi_env env, int64_t value) {
  napi_value result;
  if (value > 9007199254740991 || value < -9007199254740991)
    check(env, napi_create_bigint_int64(env, value, &result));
  else
    check(env, napi_create_int64(env, value, &result));
  return result;
}

inline napi_value from(napi_env env, bool value) {
  napi_value result;
  check(env, napi_get_boolean(env, value, &result));
  return result;
}

inline napi_value from(napi_env env, const std::string& value) {
  napi_value result;
  check(env, napi_create_string_utf8(env, value.data(), value.size(), &result));
  return result;
}

inline napi_value from(napi_env env, const char* value) { return from(env, std::string(value)); }

/// An array of `count` values made by `make(index)`.
template <class Make>
napi_value array(napi_env env, size_t count, Make make) {
  napi_value result;
  check(env, napi_create_array_with_length(env, count, &result));
  for (size_t i = 0; i < count; i++)
    check(env, napi_set_element(env, result, static_cast<uint32_t>(i), make(i)));
  return result;
}

inline napi_value object(napi_env env,
                         std::initializer_list<std::pair<const char*, napi_value>> entries) {
  napi_value result;
  check(env, napi_create_object(env, &result));
  for (const auto& [key, value] : entries) check(env, napi_set_named_property(env, result, key, value));
  return result;
}

/// One call from JavaScript: its arguments, and the name that errors begin with.
class Call {
 public:
  static constexpr size_t max_arguments = 32;

  Call(napi_env env, napi_callback_info info) : env(env), count_(max_arguments) {
    napi_get_cb_info(env, info, &count_, arguments_, nullptr, nullptr);
  }

  napi_value operator[](size_t i) const { return i < count_ ? arguments_[i] : undefined(env); }
  bool has(size_t i) const { return i < count_ && !is_nullish(env, arguments_[i]); }
  double number(size_t i) const { return to_double(env, (*this)[i]); }
  int64_t integer(size_t i) const { return to_int(env, (*this)[i]); }
  bool boolean(size_t i) const { return to_bool(env, (*this)[i]); }
  std::string string(size_t i) const { return to_string(env, (*this)[i]); }
  std::vector<int64_t> integers(size_t i) const { return to_vector<int64_t>(env, (*this)[i], to_int); }

  const napi_env env;
  std::string where;

 private:
  size_t count_;
  napi_value arguments_[max_arguments];
};

}  // namespace js
