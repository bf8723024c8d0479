#pragma once

#include <memory>
#include <string>
#include <vector>

#include "image/image.h"

namespace omiforge {

// An image over its backing image, over that one's, and so on: what one of them leaves unallocated is what
// the next one holds there, and zeros beyond its end. Only the last one may be raw.
class ChainImage final : public Image {
 public:
  // The image itself comes first. `external_files` are the paths of all files but its own.
  ChainImage(std::vector<std::unique_ptr<Image>> images, std::vector<std::string> external_files);

  // The image itself, by which the chain is described.
  const Image& top() const { return *layers_.front().image; }

  std::uint64_t size() const override { return top().size(); }
  std::uint64_t stored_bytes() const override;
  Extent next_extent(GuestOffset from, std::uint64_t limit) override;
  std::optional<CompressedCluster> compressed_cluster(GuestOffset from, std::uint64_t cluster_bytes,
                                                      codec::CompressionType type) override;
  std::vector<std::string> external_files() const override { return external_files_; }

 protected:
  void read_stored(const Extent& extent, MutableBytes out) override;

 private:
  struct Layer {
    std::unique_ptr<Image> image;
    // A range that is known to be unallocated. A long one is asked for once and not at every extent that a
    // layer beneath has there, each of which would look through all of it.
    std::uint64_t gap_start = 0;
    std::uint64_t gap_end = 0;
  };

  static std::uint64_t gap_at(Layer& layer, GuestOffset from, std::uint64_t limit, Extent& extent);

  std::vector<Layer> layers_;
  std::vector<std::string> external_files_;
};

}  // namespace omiforge
