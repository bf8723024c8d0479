#include "format/chain_image.h"

#include <algorithm>

namespace omiforge {

ChainImage::ChainImage(std::vector<std::unique_ptr<Image>> images, std::vector<std::string> external_files)
    : external_files_(std::move(external_files)) {
  for (std::unique_ptr<Image>& image : images) layers_.push_back({std::move(image), 0, 0});
}

std::uint64_t ChainImage::stored_bytes() const {
  std::uint64_t bytes = 0;
  for (const Layer& layer : layers_) bytes += layer.image->stored_bytes();
  return bytes;
}

// How much of a layer is unallocated at `from`; where that is nothing, `extent` is what it holds there.
std::uint64_t ChainImage::gap_at(Layer& layer, GuestOffset from, std::uint64_t limit, Extent& extent) {
  if (from.value < layer.gap_start || from.value >= layer.gap_end) {
    extent = layer.image->next_extent(from, limit);
    if (extent.kind != ExtentKind::kUnallocated) return 0;
    layer.gap_start = from.value;
    layer.gap_end = from.value + extent.length;
  }
  return std::min(limit, layer.gap_end - from.value);
}

Extent ChainImage::next_extent(GuestOffset from, std::uint64_t limit) {
  Extent extent;
  std::uint32_t depth = 0;
  for (; depth + 1 < layers_.size(); ++depth) {
    const std::uint64_t gap = gap_at(layers_[depth], from, limit, extent);
    if (gap == 0) break;
    const std::uint64_t backing_size = layers_[depth + 1].image->size();
    extent = {from, gap, ExtentKind::kUnallocated, std::nullopt, depth};
    if (from.value >= backing_size) return extent;
    limit = std::min(gap, backing_size - from.value);
  }
  if (depth + 1 == layers_.size()) extent = layers_[depth].image->next_extent(from, limit);
  extent.depth = depth;
  return extent;
}

std::optional<CompressedCluster> ChainImage::compressed_cluster(GuestOffset from, std::uint64_t cluster_bytes,
                                                                codec::CompressionType type) {
  const Extent extent = next_extent(from, cluster_bytes);
  if (extent.kind != ExtentKind::kCompressed || extent.length < cluster_bytes) return std::nullopt;
  return layers_[extent.depth].image->compressed_cluster(from, cluster_bytes, type);
}

void ChainImage::read_stored(const Extent& extent, MutableBytes out) {
  layers_[extent.depth].image->read(extent.start, out);
}

}  // namespace omiforge
