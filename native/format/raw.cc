#include "format/raw.h"

#include <algorithm>

namespace omiforge {
namespace {

constexpr std::uint64_t kSectorBytes = 512;

}  // namespace

RawImage::RawImage(File file, RawEnd end) : file_(std::move(file)), size_(file_.size()) {
  if (end == RawEnd::kWholeSector) size_ = divide_up(size_, kSectorBytes) * kSectorBytes;
}

Extent RawImage::next_extent(GuestOffset from, std::uint64_t limit) {
  const std::uint64_t found = file_.next_data(from.value);
  // What the last sector has beyond the file is a hole too.
  const std::uint64_t data = found == file_.size() ? size_ : found;
  if (data > from.value) {
    return {from, std::min(limit, data - from.value), ExtentKind::kUnallocated, HostOffset{from.value}};
  }
  // A file that is being punched while it is read can answer with a hole right here; it then reads as zeros.
  const std::uint64_t hole = std::max(file_.next_hole(from.value), from.value + 1);
  return {from, std::min(limit, hole - from.value), ExtentKind::kData, HostOffset{from.value}};
}

void RawImage::read_stored(const Extent& extent, MutableBytes out) { file_.read(extent.host->value, out); }

}  // namespace omiforge
