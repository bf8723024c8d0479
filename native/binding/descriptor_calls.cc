#include "binding/descriptor_calls.h"

#include <limits>

#include "binding/arguments.h"
#include "binding/guard.h"
#include "io/lock.h"

namespace omiforge::binding {
namespace {

int to_descriptor(const Napi::Value& value) {
  return static_cast<int>(to_integer(value, "descriptor", std::numeric_limits<int>::max()));
}

}  // namespace

Napi::Value try_lock_call(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    return Napi::Boolean::New(info.Env(), try_lock(to_descriptor(info[0])));
  });
}

}  // namespace omiforge::binding
