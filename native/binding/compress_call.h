#pragma once

#include <napi.h>

namespace omiforge::binding {

// compressSegment(image, startBytes, lengthBytes, { clusterBytes, clusters, recompress, container, packed,
// plain, output, storedBytes })
Napi::Value compress_segment(const Napi::CallbackInfo& info);

}  // namespace omiforge::binding
