#pragma once

#include <cstddef>
#include <optional>

#include "io/bytes.h"

namespace omiforge::codec {

// Inflates a raw deflate stream (RFC 1951) that stands at the beginning of `in`, as qcow2 stores a compressed
// cluster. True when it fills `out` exactly; bytes of `in` after its end do not matter. Output is never
// larger than `out`.
bool inflate_exactly(ByteView in, MutableBytes out);

// The same, but the stream has to end as well, with its final block: writers may leave that out. The answer
// is how many bytes of `in` it takes.
std::optional<std::size_t> inflate_whole_stream(ByteView in, MutableBytes out);

}  // namespace omiforge::codec
