#pragma once

#include <napi.h>

namespace omiforge::binding {

// encodeSegment(image, startBytes, lengthBytes, { clusterBytes, level, scratch, output, hasData })
Napi::Value encode_segment(const Napi::CallbackInfo& info);
// copySegment(image, startBytes, lengthBytes, targetPath, scratch)
Napi::Value copy_segment(const Napi::CallbackInfo& info);
// scanClusters(image, startBytes, lengthBytes, clusterBytes, hasData, scratch)
Napi::Value scan_clusters_call(const Napi::CallbackInfo& info);
// copyClusters(image, startBytes, lengthBytes, clusterBytes, hasData, targetPath, offsetBytes, scratch)
Napi::Value copy_clusters_call(const Napi::CallbackInfo& info);
// placeBytes(targetPath, offsetBytes, bytes)
Napi::Value place_bytes_call(const Napi::CallbackInfo& info);
// findDifference(imageA, imageB, startBytes, lengthBytes, scratchA, scratchB)
Napi::Value find_difference_call(const Napi::CallbackInfo& info);
// findNonZero(image, startBytes, lengthBytes, scratch)
Napi::Value find_non_zero_call(const Napi::CallbackInfo& info);

}  // namespace omiforge::binding
