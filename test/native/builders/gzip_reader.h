#pragma once

#include <cstdint>
#include <limits>

#include "builders/bytes.h"

namespace omiforge::test {

// What GzipInflater makes of a file.
struct GzipContent {
  Bytes content;
  bool has_garbage = false;
  std::uint64_t member_bytes = 0;
};

constexpr std::size_t kWhole = std::numeric_limits<std::size_t>::max();

// Inflates a file that arrives in pieces of `in_piece` bytes (the first one of `first_piece`) and is taken in
// pieces of `out_piece` bytes, by every engine. Fails the test when the inflater does not move on, or when
// the engines do not agree.
GzipContent read_gzip(const Bytes& file, std::size_t in_piece = kWhole, std::size_t out_piece = 1 << 16,
                      std::size_t first_piece = 0);

}  // namespace omiforge::test
