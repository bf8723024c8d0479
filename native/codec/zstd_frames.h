#pragma once

#include "io/bytes.h"

namespace omiforge::codec {

// Whether this build has libzstd.
bool has_zstd();

// Decompresses the zstd frames (RFC 8878) that stand at the beginning of `in`, as qcow2 stores a compressed
// cluster. True when whole frames fill `out` exactly; bytes of `in` after the last of them do not matter.
// Output is never larger than `out`, nor is memory taken for a window that a frame asks for. Throws
// ENGINE_UNAVAILABLE in a build without libzstd.
bool decompress_zstd_exactly(ByteView in, MutableBytes out);

}  // namespace omiforge::codec
