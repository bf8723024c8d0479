#include "format/raw.h"

#include <algorithm>
#include <cstring>

namespace omiforge {
namespace {

constexpr std::uint64_t kSectorBytes = 512;

}  // namespace

RawImage::RawImage(File file, RawEnd end) : file_(std::move(file)), size_(file_.size()) {
  if (end == RawEnd::kWholeSector) size_ = divide_up(size_, kSectorBytes) * kSectorBytes;
}

Extent RawImage::next_extent(GuestOffset from, std::uint64_t limit) {
  // What the last sector has beyond the file is of the kind of what is before it.
  const auto to_disk = [&](std::uint64_t at) { return at == file_.size() ? size_ : at; };
  const std::uint64_t data = to_disk(file_.next_data(from.value));
  if (data > from.value) {
    return {from, std::min(limit, data - from.value), ExtentKind::kUnallocated, HostOffset{from.value}};
  }
  // A file that is being punched while it is read can answer with a hole right here; it then reads as zeros.
  const std::uint64_t hole = to_disk(std::max(file_.next_hole(from.value), from.value + 1));
  return {from, std::min(limit, hole - from.value), ExtentKind::kData, HostOffset{from.value}};
}

void RawImage::read_stored(const Extent& extent, MutableBytes out) {
  const std::uint64_t from = extent.host->value;
  const std::size_t stored = static_cast<std::size_t>(std::min<std::uint64_t>(out.size, file_.size() - from));
  file_.read(from, out.slice(0, stored));
  std::memset(out.data + stored, 0, out.size - stored);
}

}  // namespace omiforge
