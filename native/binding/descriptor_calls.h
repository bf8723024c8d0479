#pragma once

#include <napi.h>

namespace omiforge::binding {

// tryLock(descriptor)
Napi::Value try_lock_call(const Napi::CallbackInfo& info);

}  // namespace omiforge::binding
