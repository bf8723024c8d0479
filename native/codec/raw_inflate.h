#pragma once

#include "io/bytes.h"

namespace omiforge::codec {

// Inflates a raw deflate stream (RFC 1951) that stands at the beginning of `in`, as qcow2 stores a compressed
// cluster. True when it fills `out` exactly; bytes of `in` after its end do not matter. Output is never
// larger than `out`.
bool inflate_exactly(ByteView in, MutableBytes out);

}  // namespace omiforge::codec
