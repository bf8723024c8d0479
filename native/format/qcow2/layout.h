#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "codec/compression_type.h"
#include "image/offsets.h"
#include "io/bytes.h"

namespace omiforge::qcow2 {

// Where each thing goes in a new qcow2: version 3, 64 KiB clusters, 16-bit refcounts, no features but the
// compression type where that is zstd. The file is
//
//   [header cluster][refcount table][L1 table]     the front matter, of a size known from the virtual size
//   [data clusters of region 0][its L2 table]      a region is what one L2 table maps: 512 MiB
//   [data clusters of region 1][its L2 table] ...  a region without data has neither
//   [refcount blocks]
//
// Guest clusters are added in ascending order, a region is closed before the next one begins, then finish()
// is called once; INTERNAL is thrown for anything else. Memory: the L1 table and the L2 table of the open
// region; with compressed clusters two bytes for each host cluster, which is 32 MiB for a file of 1 TiB.
//
// Compressed clusters are packed byte by byte, across host clusters as well, so that several share one. Plain
// ones among them need whole clusters: they wait, and are placed together, so that the room lost before them
// is small.
class Layout {
 public:
  static constexpr std::uint32_t kClusterBits = 16;
  static constexpr std::uint64_t kClusterBytes = std::uint64_t{1} << kClusterBits;
  static constexpr std::uint64_t kRegionClusters = kClusterBytes / 8;
  static constexpr std::uint64_t kRegionBytes = kRegionClusters * kClusterBytes;

  // A part of the front matter that may hold something else than zeros.
  struct Part {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
  };

  // `virtual_size` is a multiple of 512; `compression` is set where clusters may be compressed. Throws
  // IMAGE_TOO_LARGE where a table could get larger than readers take: just below 2 PiB.
  explicit Layout(std::uint64_t virtual_size, std::optional<codec::CompressionType> compression = {});

  std::uint64_t front_matter_bytes() const { return front_clusters_ * kClusterBytes; }
  // Header, refcount table and L1 table, in the order of their offsets.
  std::vector<Part> front_matter_parts() const;

  // Gives the next host clusters to those of the `count` guest clusters from `first_guest_cluster` whose bit
  // in `has_data` (least significant bit first) is set. All belong to the open region.
  void add_clusters(std::uint64_t first_guest_cluster, std::uint64_t count, ByteView has_data);

  // The same for clusters that may be compressed, with the bytes that each takes: none where it is all zeros,
  // kClusterBytes where it is plain. Compressed ones stand where the file ended, one behind the other. Plain
  // ones wait: true when there are so many that place_plain() is due.
  bool add_compressed(std::uint64_t first_guest_cluster, std::uint64_t count,
                      const std::uint32_t* stored_bytes);

  // Gives host clusters to all plain clusters that wait, in their order. Called when it is due, and before a
  // region is closed. Returns the bytes of padding that stand in the file before them, or before the L2
  // table.
  std::uint64_t place_plain();

  // Closes the open region. Where it has data, its L2 table goes into `l2_table` (one cluster), which belongs
  // right behind the region's data, and the answer is true.
  bool close_region(MutableBytes l2_table);

  // Closes the layout; the refcount blocks go behind all that was added. Returns their size in bytes.
  std::uint64_t finish();

  // After finish(): fills `out`, which has exactly the size of the part or of all refcount blocks.
  void fill_front_matter(std::size_t part, MutableBytes out) const;
  void fill_refcount_blocks(MutableBytes out) const;

 private:
  std::uint32_t header_bytes() const;
  bool has_compressed() const { return compression_.has_value(); }
  void begin_clusters(std::uint64_t first_guest_cluster, std::uint64_t count);
  HostOffset take_cluster();
  std::uint64_t pack(std::uint64_t bytes);
  void count_use(std::uint64_t host_cluster);
  void fill_header(MutableBytes out) const;
  void fill_refcount_table(MutableBytes out) const;

  std::uint64_t virtual_size_;
  std::optional<codec::CompressionType> compression_;
  std::uint64_t l1_entries_;
  std::uint64_t refcount_table_entries_ = 0;  // enough for the largest file that can come out
  std::uint64_t refcount_table_clusters_ = 0;
  std::uint64_t front_clusters_ = 0;
  HostOffset end_;  // of all that was given away: within a cluster behind compressed ones only
  std::uint64_t refcount_blocks_ = 0;
  std::uint64_t next_guest_cluster_ = 0;
  std::uint64_t region_ = 0;
  bool region_has_data_ = false;
  bool is_finished_ = false;
  std::vector<std::uint64_t> l1_;
  std::vector<std::uint64_t> l2_;
  std::vector<std::size_t> waiting_;  // plain clusters without a place, by their L2 index
  // Of the host clusters that compressed ones have used, and those before: all others count one.
  std::vector<std::uint16_t> refcounts_;
};

}  // namespace omiforge::qcow2
