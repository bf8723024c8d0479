#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "codec/raw_inflate.h"
#include "format/qcow2/bitmap_directory.h"
#include "format/qcow2/cluster_map.h"
#include "format/qcow2/header.h"
#include "format/qcow2/snapshots.h"
#include "format/read_options.h"
#include "image/image.h"
#include "io/aligned_bytes.h"
#include "io/file.h"

namespace omiforge::qcow2 {

// The active state of a qcow2, or one of its snapshots, by itself: what is unallocated is so whether or not
// there is a backing file. An image that must not be read still opens, so that it can be described; its guest
// bytes then answer with the refusal. Memory: the L1 table (bounded by the file), a slice of an L2 table and
// one compressed cluster.
class Qcow2Image final : public Image {
 public:
  // Throws what parse_header, check_header_ranges and, where a snapshot is wanted, read_snapshots and
  // find_snapshot throw, what open_external throws for a data file, and what read_bitmap_directory throws
  // unless a corrupt image is allowed.
  explicit Qcow2Image(std::unique_ptr<Source> file, const ReadOptions& options = {});
  explicit Qcow2Image(File file, const ReadOptions& options = {})
      : Qcow2Image(std::make_unique<File>(std::move(file)), options) {}
  // The map refers to the file and the header.
  Qcow2Image(const Qcow2Image&) = delete;
  Qcow2Image& operator=(const Qcow2Image&) = delete;

  const Header& header() const { return header_; }
  const std::optional<Error>& refusal() const { return refusal_; }
  const Source& file() const { return *file_; }
  // Set where the data is elsewhere and may be read.
  const std::optional<File>& data_file() const { return data_file_; }
  std::uint64_t l1_bytes() const { return map_ ? map_->l1_bytes() : 0; }

  // The snapshot table, read anew: most uses of an image have no need of it. Throws what read_snapshots
  // throws. Empty where an unknown feature may have changed what the table looks like.
  std::vector<Snapshot> snapshots() const;

  // The bitmaps that are up to date; none where a corrupt image is allowed.
  const std::vector<Bitmap>& bitmaps() const { return bitmaps_; }

  std::uint64_t size() const override { return size_; }
  std::uint64_t stored_bytes() const override;
  Extent next_extent(GuestOffset from, std::uint64_t limit) override;
  std::optional<CompressedCluster> compressed_cluster(GuestOffset from, std::uint64_t cluster_bytes,
                                                      codec::CompressionType type) override;
  std::vector<std::string> external_files() const override;

 protected:
  void read_stored(const Extent& extent, MutableBytes out) override;

 private:
  void open_data_file(const ReadOptions& options);
  // The file in which the guest clusters are.
  const Source& cluster_file() const { return data_file_ ? static_cast<const Source&>(*data_file_) : *file_; }
  [[noreturn]] void fail(ErrorCode code, const std::string& message) const;
  Extent unallocated_extent(GuestOffset from, std::uint64_t limit) const;
  Extent data_extent(GuestOffset from, std::uint64_t limit, HostOffset host);
  bool continues(const ClusterMapping& first, const ClusterMapping& next, std::uint64_t subclusters) const;
  void read_plain(HostOffset from, MutableBytes out) const;
  bool is_compressed_by(codec::CompressionType type) const;
  void load_compressed(std::uint64_t guest_cluster);
  bool inflate_loaded();
  void inflate_cluster(std::uint64_t guest_cluster);

  std::unique_ptr<Source> file_;
  Header header_;
  std::optional<Error> refusal_;
  std::vector<Bitmap> bitmaps_;
  std::optional<File> data_file_;
  std::uint64_t size_;
  std::optional<ClusterMap> map_;  // not set where there is a refusal before
  FileRun data_run_;  // of the file of the clusters, so that not each of them has to be asked for
  codec::RawInflater inflater_;
  AlignedBytes compressed_;
  std::optional<std::size_t> stream_bytes_;  // of compressed_, where it begins with a stream that ends
  std::vector<std::uint8_t> cluster_;        // the content of cluster_index_
  std::optional<std::uint64_t> cluster_index_;
};

}  // namespace omiforge::qcow2
