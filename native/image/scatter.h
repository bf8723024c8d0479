#pragma once

#include <cstdint>
#include <vector>

#include "image/offsets.h"
#include "io/file.h"

namespace omiforge {

// A piece of a file that is guest bytes, and where they belong.
struct PlacedRun {
  HostOffset host;
  std::uint64_t length = 0;
  GuestOffset guest;
};

// Writes the runs of the block of a file that begins at `start` to their places in the raw file `target`, and
// all else of it to `rest` at the offset it has in its own file; what is zero is left out as by place_bytes.
// The runs are within the block, in order and do not overlap. What is written to `target`, which is to stay,
// is on its way to the disk then. Returns the bytes written to `target`.
std::uint64_t scatter(ByteView block, HostOffset start, const std::vector<PlacedRun>& runs,
                      const File& target, const File& rest);

// Moves the runs out of `rest` to their places in `target`, likewise: they read as zeros then, and take no
// room where the file system can give some back. What lies past the end of `rest` is zero. `scratch` is as
// long as the longest run. Returns the bytes written to `target`.
std::uint64_t move_runs(const std::vector<PlacedRun>& runs, const File& rest, const File& target,
                        MutableBytes scratch);

}  // namespace omiforge
