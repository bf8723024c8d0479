#include "image/scatter.h"

#include "image/segment.h"

namespace omiforge {

std::uint64_t scatter(ByteView block, HostOffset start, const std::vector<PlacedRun>& runs,
                      const File& target, const File& rest) {
  std::uint64_t written = 0;
  std::size_t done = 0;
  for (const PlacedRun& run : runs) {
    place_bytes(block.slice(done, run.offset - done), start.value + done, rest);
    written += place_bytes(block.slice(run.offset, run.length), run.guest.value, target);
    done = run.offset + run.length;
  }
  place_bytes(block.slice(done, block.size - done), start.value + done, rest);
  return written;
}

}  // namespace omiforge
