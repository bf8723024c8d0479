#include "binding/guard.h"

#include <new>

namespace omiforge::binding {

Napi::Error to_js_error(Napi::Env env, const Error& error) {
  Napi::Error js = Napi::Error::New(env, error.what());
  js.Set("code", Napi::String::New(env, error_name(error.code())));
  if (!error.path().empty()) js.Set("path", Napi::String::New(env, error.path()));
  return js;
}

Napi::Error to_js_error(Napi::Env env, const std::exception& error) {
  const bool memory = dynamic_cast<const std::bad_alloc*>(&error) != nullptr;
  return to_js_error(env, Error(ErrorCode::kInternal, memory ? "out of memory" : error.what()));
}

}  // namespace omiforge::binding
