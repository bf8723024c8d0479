#pragma once

#include <napi.h>

namespace omiforge::binding {

// tryLock(descriptor)
Napi::Value try_lock_call(const Napi::CallbackInfo& info);
// beginWriteback(descriptor, offsetBytes, lengthBytes)
Napi::Value begin_writeback_call(const Napi::CallbackInfo& info);

}  // namespace omiforge::binding
