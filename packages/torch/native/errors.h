// The one place where a C++ exception becomes a JavaScript error; `guarded` is around every export.
#pragma once

#include <c10/util/Exception.h>

#include "handles.h"

namespace errors {

/// The TypeScript error classes, registered by the binding when it loads the addon.
struct Classes {
  napi_ref torch = nullptr, disposed = nullptr, out_of_memory = nullptr;
};

inline Classes& classes() {
  static Classes instance;
  return instance;
}

inline std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  while (!text.empty() && text.back() == ' ') text.pop_back();
  constexpr size_t longest = 600;
  if (text.size() > longest) text = text.substr(0, longest) + " ...";
  return text;
}

inline void raise(napi_env env, napi_ref cls, const std::string& where, const std::string& what) {
  const std::string text = one_line(where.empty() ? what : where + ": " + what);
  napi_value constructor = nullptr, message = nullptr, error = nullptr;
  napi_create_string_utf8(env, text.data(), text.size(), &message);
  if (cls && napi_get_reference_value(env, cls, &constructor) == napi_ok &&
      napi_new_instance(env, constructor, 1, &message, &error) == napi_ok) {
    napi_throw(env, error);
  } else {
    napi_throw_error(env, nullptr, text.c_str());
  }
}

inline void raise_type_error(napi_env env, const std::string& where, const std::string& what) {
  napi_throw_type_error(env, nullptr, one_line(where.empty() ? what : where + ": " + what).c_str());
}

}  // namespace errors

using Export = napi_value (*)(js::Call&);

template <Export F>
napi_value guarded(napi_env env, napi_callback_info info) {
  js::Call call(env, info);
  try {
    return F(call);
  } catch (const js::PendingException&) {
  } catch (const js::ArgumentError& e) {
    errors::raise_type_error(env, call.where, e.what());
  } catch (const DisposedError& e) {
    errors::raise(env, errors::classes().disposed, call.where, e.what());
  } catch (const c10::OutOfMemoryError& e) {
    errors::raise(env, errors::classes().out_of_memory, call.where, e.what_without_backtrace());
  } catch (const std::bad_alloc&) {
    errors::raise(env, errors::classes().out_of_memory, call.where, "out of memory");
  } catch (const c10::Error& e) {
    errors::raise(env, errors::classes().torch, call.where, e.what_without_backtrace());
  } catch (const std::exception& e) {
    errors::raise(env, errors::classes().torch, call.where, e.what());
  } catch (...) {
    errors::raise(env, errors::classes().torch, call.where, "unknown C++ exception");
  }
  return nullptr;
}
