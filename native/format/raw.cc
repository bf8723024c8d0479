#include "format/raw.h"

#include <algorithm>

namespace omiforge {

Extent RawImage::next_extent(GuestOffset from, std::uint64_t limit) {
  const std::uint64_t data = file_.next_data(from.value);
  if (data > from.value) {
    return {from, std::min(limit, data - from.value), ExtentKind::kUnallocated, std::nullopt};
  }
  // A file that is being punched while it is read can answer with a hole right here; it then reads as zeros.
  const std::uint64_t hole = std::max(file_.next_hole(from.value), from.value + 1);
  return {from, std::min(limit, hole - from.value), ExtentKind::kData, HostOffset{from.value}};
}

void RawImage::read_stored(const Extent& extent, MutableBytes out) { file_.read(extent.host->value, out); }

}  // namespace omiforge
