#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "image/image.h"

namespace omiforge {

// A disk that is longer than the image in which it begins: what is behind the image's end is unallocated.
class PaddedImage final : public Image {
 public:
  // `size` is at least that of the image.
  PaddedImage(std::unique_ptr<Image> inner, std::uint64_t size) : inner_(std::move(inner)), size_(size) {}

  // The image as it is.
  const Image& inner() const { return *inner_; }

  std::uint64_t size() const override { return size_; }
  std::uint64_t stored_bytes() const override { return inner_->stored_bytes(); }
  Extent next_extent(GuestOffset from, std::uint64_t limit) override;
  // Of clusters that are wholly within the image.
  std::optional<CompressedCluster> compressed_cluster(GuestOffset from, std::uint64_t cluster_bytes,
                                                      codec::CompressionType type) override;
  std::vector<std::string> external_files() const override { return inner_->external_files(); }

 protected:
  void read_stored(const Extent& extent, MutableBytes out) override { inner_->read(extent.start, out); }

 private:
  std::unique_ptr<Image> inner_;
  std::uint64_t size_;
};

}  // namespace omiforge
