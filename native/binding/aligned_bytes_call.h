#pragma once

#include <napi.h>

namespace omiforge::binding {

// alignedBytes(lengthBytes)
Napi::Value aligned_bytes_call(const Napi::CallbackInfo& info);

}  // namespace omiforge::binding
