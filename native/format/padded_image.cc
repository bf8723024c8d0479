#include "format/padded_image.h"

#include <algorithm>

#include "io/bytes.h"

namespace omiforge {

Extent PaddedImage::next_extent(GuestOffset from, std::uint64_t limit) {
  const std::uint64_t inner_size = inner_->size();
  if (from.value >= inner_size) return {from, limit, ExtentKind::kUnallocated, std::nullopt};
  return inner_->next_extent(from, std::min(limit, inner_size - from.value));
}

std::optional<CompressedCluster> PaddedImage::compressed_cluster(GuestOffset from,
                                                                 std::uint64_t cluster_bytes,
                                                                 codec::CompressionType type) {
  if (!range_fits(from.value, cluster_bytes, inner_->size())) return std::nullopt;
  return inner_->compressed_cluster(from, cluster_bytes, type);
}

}  // namespace omiforge
