#pragma once

#include <napi.h>

#include "codec/deflate.h"

namespace omiforge::binding {

// An engine of this build by its name. Throws ENGINE_UNAVAILABLE or ARGUMENT_INVALID.
codec::Engine to_engine(const Napi::Value& value);

// An engine of this build by its name, and one of its levels. Throws ENGINE_UNAVAILABLE or ARGUMENT_INVALID.
codec::DeflateSetting to_deflate_setting(const Napi::Value& value);

// engines()
Napi::Value engines_call(const Napi::CallbackInfo& info);
// hasZstd()
Napi::Value has_zstd_call(const Napi::CallbackInfo& info);
// deflateBound(lengthBytes)
Napi::Value deflate_bound(const Napi::CallbackInfo& info);
// deflateSegment(input, compression, output)
Napi::Value deflate_segment_call(const Napi::CallbackInfo& info);
// crc32(bytes)
Napi::Value crc32_call(const Napi::CallbackInfo& info);
// crc32Combine(crcA, crcB, lengthOfB)
Napi::Value crc32_combine_call(const Napi::CallbackInfo& info);
// crc32OfZeros(lengthBytes)
Napi::Value crc32_of_zeros_call(const Napi::CallbackInfo& info);

}  // namespace omiforge::binding
