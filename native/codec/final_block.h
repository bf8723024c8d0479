#pragma once

#include <cstdint>

#include "io/bytes.h"

namespace omiforge::codec {

// Where a deflate stream ends, in bits from its beginning; the bits of a byte count from the lowest.
struct StreamEnd {
  std::uint64_t final_bit = 0;  // BFINAL of the last block
  std::uint64_t end_bit = 0;    // behind the last block
};

// Finds the last block of a whole raw deflate stream (RFC 1951) by walking over its symbols without making
// any output, which is several times faster than inflating it. INTERNAL where it is no such stream: it is
// meant for what was deflated here.
StreamEnd find_stream_end(ByteView stream);

}  // namespace omiforge::codec
