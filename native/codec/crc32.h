#pragma once

#include <cstdint>

#include "io/bytes.h"

namespace omiforge::codec {

// CRC-32 as gzip uses it (RFC 1952 section 8): of what `before` is the CRC-32 of, followed by `bytes`.
std::uint32_t crc32(ByteView bytes, std::uint32_t before = 0);

// The CRC-32 of A followed by B, from theirs and B's length: no byte is touched.
std::uint32_t combine_crc32(std::uint32_t crc_a, std::uint32_t crc_b, std::uint64_t length_b);

// The CRC-32 of so many zero bytes.
std::uint32_t crc32_of_zeros(std::uint64_t length);

}  // namespace omiforge::codec
