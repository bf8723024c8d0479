#include "image/compressed_segment.h"

#include <algorithm>
#include <cstring>

#include "io/aligned_bytes.h"

namespace omiforge {
namespace {

// One run over the clusters of a range.
class SegmentCompression {
 public:
  SegmentCompression(Image& image, const ClusterRange& range, const codec::ClusterSetting& setting,
                     Recompress recompress, const ClusterRoom& room)
      : image_(image),
        range_(range),
        type_(codec::type_of(setting)),
        compressor_(codec::make_cluster_compressor(setting)),
        recompress_(recompress),
        room_(room),
        cluster_(range.cluster_bytes) {}

  PackedClusters run() {
    std::uint32_t* stored = room_.stored_bytes;
    for (std::uint64_t at = 0; at < range_.length; at += range_.cluster_bytes) {
      *stored++ = static_cast<std::uint32_t>(add(at));
    }
    return done_;
  }

 private:
  // Returns the bytes that the cluster takes.
  std::size_t add(std::uint64_t at) {
    const GuestOffset from = range_.from + at;
    const std::size_t length =
        static_cast<std::size_t>(std::min<std::uint64_t>(cluster_.size(), range_.length - at));
    if (recompress_ == Recompress::kWhereNeeded && length == cluster_.size()) {
      const auto stored = image_.compressed_cluster(from, length, type_);
      if (stored && stored->compressed.size < length) return take(*stored);
    }
    image_.read(from, {cluster_.data(), length});
    std::fill(cluster_.begin() + static_cast<std::ptrdiff_t>(length), cluster_.end(), std::uint8_t{0});
    return compress({cluster_.data(), cluster_.size()});
  }

  std::size_t take(const CompressedCluster& stored) {
    if (is_zero(stored.content)) return 0;
    std::memcpy(room_.packed.data + done_.packed_bytes, stored.compressed.data, stored.compressed.size);
    done_.packed_bytes += stored.compressed.size;
    return stored.compressed.size;
  }

  std::size_t compress(ByteView cluster) {
    if (is_zero(cluster)) return 0;
    // A byte less than a cluster is the most that is worth it.
    const MutableBytes out = room_.packed.slice(done_.packed_bytes, cluster.size - 1);
    const std::size_t length = compressor_->compress(cluster, out);
    done_.packed_bytes += length;
    if (length != 0) return length;
    std::memcpy(room_.plain.data + done_.plain_bytes, cluster.data, cluster.size);
    done_.plain_bytes += cluster.size;
    return cluster.size;
  }

  Image& image_;
  const ClusterRange& range_;
  codec::CompressionType type_;
  std::unique_ptr<codec::ClusterCompressor> compressor_;
  Recompress recompress_;
  const ClusterRoom& room_;
  AlignedBytes cluster_;
  PackedClusters done_;
};

}  // namespace

PackedClusters compress_clusters(Image& image, const ClusterRange& range,
                                 const codec::ClusterSetting& setting, Recompress recompress,
                                 const ClusterRoom& room) {
  return SegmentCompression(image, range, setting, recompress, room).run();
}

}  // namespace omiforge
