#pragma once

#include <napi.h>

#include <exception>
#include <utility>

#include "io/error.h"

namespace omiforge::binding {

// The JS error for one of the core: `code`, `message` and, where known, `path`.
Napi::Error to_js_error(Napi::Env env, const Error& error);
Napi::Error to_js_error(Napi::Env env, const std::exception& error);

// The one place where exceptions of the core become JS errors; every export runs inside it.
template <typename Body>
auto guard(Napi::Env env, Body&& body) -> decltype(body()) {
  try {
    return std::forward<Body>(body)();
  } catch (const Napi::Error&) {
    throw;
  } catch (const Error& error) {
    throw to_js_error(env, error);
  } catch (const std::exception& error) {
    throw to_js_error(env, error);
  }
}

}  // namespace omiforge::binding
