#pragma once

#include <napi.h>

namespace omiforge::binding {

// gzipPieces(path)
Napi::Value gzip_pieces_call(const Napi::CallbackInfo& info);
// proveGzipPieces(path, first, count)
Napi::Value prove_gzip_pieces_call(const Napi::CallbackInfo& info);

}  // namespace omiforge::binding
