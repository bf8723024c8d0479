#include "binding/lock_call.h"

#include <limits>

#include "binding/arguments.h"
#include "binding/guard.h"
#include "io/lock.h"

namespace omiforge::binding {

Napi::Value try_lock_call(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const std::uint64_t descriptor = to_integer(info[0], "descriptor", std::numeric_limits<int>::max());
    return Napi::Boolean::New(info.Env(), try_lock(static_cast<int>(descriptor)));
  });
}

}  // namespace omiforge::binding
