#pragma once

#include <cstdint>
#include <vector>

#include "image/offsets.h"
#include "io/file.h"

namespace omiforge {

// A piece of a block of a file that is guest bytes, and where they belong.
struct PlacedRun {
  std::size_t offset = 0;  // in the block
  std::size_t length = 0;
  GuestOffset guest;
};

// Writes the runs of a block to their places in the raw file `target`, and all else of it to `rest` at the
// offset that the block has in its own file; what is zero is left out as by place_bytes. The runs are within
// the block, in order and do not overlap. Returns the bytes written to `target`.
std::uint64_t scatter(ByteView block, HostOffset start, const std::vector<PlacedRun>& runs,
                      const File& target, const File& rest);

}  // namespace omiforge
