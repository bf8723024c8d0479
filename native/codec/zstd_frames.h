#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "codec/cluster_compressor.h"
#include "io/bytes.h"

namespace omiforge::codec {

// Whether this build has libzstd.
bool has_zstd();

// Decompresses the zstd frames (RFC 8878) that stand at the beginning of `in`, as qcow2 stores a compressed
// cluster. Where whole frames fill `out` exactly the answer is how many bytes of `in` they take; those after
// the last of them do not matter. Output is never larger than `out`, nor is memory taken for a window that a
// frame asks for. Throws ENGINE_UNAVAILABLE in a build without libzstd.
std::optional<std::size_t> decompress_zstd_exactly(ByteView in, MutableBytes out);

// Compresses each cluster to one frame. Throws as make_cluster_compressor does.
std::unique_ptr<ClusterCompressor> make_zstd_compressor(ZstdSetting setting);

}  // namespace omiforge::codec
