#pragma once

#include <napi.h>

namespace omiforge::binding {

// deflateBound(lengthBytes)
Napi::Value deflate_bound(const Napi::CallbackInfo& info);
// deflateSegment(input, level, output)
Napi::Value deflate_segment_call(const Napi::CallbackInfo& info);
// crc32(bytes)
Napi::Value crc32_call(const Napi::CallbackInfo& info);
// crc32Combine(crcA, crcB, lengthOfB)
Napi::Value crc32_combine_call(const Napi::CallbackInfo& info);
// crc32OfZeros(lengthBytes)
Napi::Value crc32_of_zeros_call(const Napi::CallbackInfo& info);

}  // namespace omiforge::binding
