#pragma once

#include <cstdint>

namespace omiforge::codec {

// How the compressed clusters of a qcow2 are compressed, numbered as in its header: each as a raw deflate
// stream (RFC 1951), or as zstd frames (RFC 8878).
enum class CompressionType : std::uint8_t { kZlib = 0, kZstd = 1 };

}  // namespace omiforge::codec
