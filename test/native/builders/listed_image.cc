#include "builders/listed_image.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace omiforge::test {

void ListedImage::add(ExtentKind kind, const Bytes& content) {
  append(content_, content);
  extents_.push_back({content_.size(), kind});
}

Extent ListedImage::next_extent(GuestOffset from, std::uint64_t limit) {
  if (limit == 0 || !range_fits(from.value, limit, content_.size())) {
    throw std::out_of_range("next_extent was asked for a range that is not on the disk");
  }
  const auto extent = std::find_if(extents_.begin(), extents_.end(),
                                   [&](const Listed& listed) { return from.value < listed.end; });
  const bool is_plain = extent->kind == ExtentKind::kData;
  return {from, std::min(limit, extent->end - from.value), extent->kind,
          is_plain ? std::optional(HostOffset{from.value}) : std::nullopt};
}

void ListedImage::read_stored(const Extent& extent, MutableBytes out) {
  if (extent.length != out.size) throw std::logic_error("read_stored was asked for a part of the extent");
  ++stored_reads_;
  std::memcpy(out.data, content_.data() + extent.start.value, out.size);
}

}  // namespace omiforge::test
