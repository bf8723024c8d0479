#include "image/scatter.h"

#include <algorithm>

#include "image/segment.h"

namespace omiforge {

std::uint64_t scatter(ByteView block, HostOffset start, const std::vector<PlacedRun>& runs,
                      const File& target, const File& rest) {
  std::uint64_t written = 0;
  std::size_t done = 0;
  for (const PlacedRun& run : runs) {
    const std::size_t at = static_cast<std::size_t>(run.host.value - start.value);
    const std::size_t length = static_cast<std::size_t>(run.length);
    place_bytes(block.slice(done, at - done), start.value + done, rest);
    written += place_bytes(block.slice(at, length), run.guest.value, target);
    done = at + length;
  }
  place_bytes(block.slice(done, block.size - done), start.value + done, rest);
  return written;
}

std::uint64_t move_runs(const std::vector<PlacedRun>& runs, const File& rest, const File& target,
                        MutableBytes scratch) {
  std::uint64_t written = 0;
  for (const PlacedRun& run : runs) {
    const std::uint64_t stored = rest.size() - std::min(rest.size(), run.host.value);
    const MutableBytes bytes = scratch.slice(0, static_cast<std::size_t>(std::min(run.length, stored)));
    rest.read(run.host.value, bytes);
    written += place_bytes(bytes, run.guest.value, target);
    rest.punch_hole(run.host.value, run.length);
  }
  return written;
}

}  // namespace omiforge
