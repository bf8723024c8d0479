#pragma once

#include <cstddef>

#include "io/bytes.h"

namespace omiforge::codec {

// The most bytes deflate_segment can write for `length` bytes.
std::size_t deflate_segment_bound(std::size_t length);

// Deflates `in` on its own (no byte refers to what came before) and ends at a byte boundary, without a final
// block, so that segments join to one deflate stream (RFC 1951 section 3.2.3; the "full flush" of zlib).
// `level` is 1 to 9, `in` shorter than 4 GiB. `out` has room for deflate_segment_bound(in.size). Returns the
// bytes written. The same input gives the same output on every machine with the same engine.
std::size_t deflate_segment(ByteView in, int level, MutableBytes out);

}  // namespace omiforge::codec
