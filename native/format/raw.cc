#include "format/raw.h"

#include <algorithm>

namespace omiforge {
namespace {

constexpr std::uint64_t kSectorBytes = 512;

}  // namespace

RawImage::RawImage(std::unique_ptr<Source> file, RawEnd end) : file_(std::move(file)), size_(file_->size()) {
  if (end == RawEnd::kWholeSector) size_ = divide_up(size_, kSectorBytes) * kSectorBytes;
}

Extent RawImage::next_extent(GuestOffset from, std::uint64_t limit) {
  if (!run_.contains(from.value)) run_ = file_->run_at(from.value);
  const ExtentKind kind = run_.is_hole ? ExtentKind::kUnallocated : ExtentKind::kData;
  return {from, std::min(limit, run_.end - from.value), kind, HostOffset{from.value}};
}

void RawImage::read_stored(const Extent& extent, MutableBytes out) { file_->read(extent.host->value, out); }

}  // namespace omiforge
