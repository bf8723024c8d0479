#pragma once

#include <cstdint>
#include <vector>

#include "image/offsets.h"
#include "io/bytes.h"

namespace omiforge::qcow2 {

// Where each thing goes in a new qcow2: version 3, 64 KiB clusters, 16-bit refcounts, no features, each
// cluster used exactly once. The file is
//
//   [header cluster][refcount table][L1 table]     the front matter, of a size known from the virtual size
//   [data clusters of region 0][its L2 table]      a region is what one L2 table maps: 512 MiB
//   [data clusters of region 1][its L2 table] ...  a region without data has neither
//   [refcount blocks]
//
// Guest clusters are added in ascending order, a region is closed before the next one begins, then finish()
// is called once; INTERNAL is thrown for anything else. Memory: the L1 table and the L2 table of the open
// region.
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

  // `virtual_size` is a multiple of 512. Throws IMAGE_TOO_LARGE where a table could get larger than
  // readers take: just below 2 PiB.
  explicit Layout(std::uint64_t virtual_size);

  std::uint64_t front_matter_bytes() const { return front_clusters_ * kClusterBytes; }
  // Header, refcount table and L1 table, in the order of their offsets.
  std::vector<Part> front_matter_parts() const;

  // Gives the next host clusters to those of the `count` guest clusters from `first_guest_cluster` whose bit
  // in `has_data` (least significant bit first) is set. All belong to the open region.
  void add_clusters(std::uint64_t first_guest_cluster, std::uint64_t count, ByteView has_data);

  // Closes the open region. Where it has data, its L2 table goes into `l2_table` (one cluster), which belongs
  // right behind the region's data, and the answer is true.
  bool close_region(MutableBytes l2_table);

  // Closes the layout; the refcount blocks go behind all that was added. Returns their size in bytes.
  std::uint64_t finish();

  // After finish(): fills `out`, which has exactly the size of the part or of all refcount blocks.
  void fill_front_matter(std::size_t part, MutableBytes out) const;
  void fill_refcount_blocks(MutableBytes out) const;

 private:
  void fill_header(MutableBytes out) const;
  void fill_refcount_table(MutableBytes out) const;

  std::uint64_t virtual_size_;
  std::uint64_t l1_entries_;
  std::uint64_t refcount_table_entries_ = 0;  // enough for the largest file that can come out
  std::uint64_t refcount_table_clusters_ = 0;
  std::uint64_t front_clusters_ = 0;
  std::uint64_t next_cluster_ = 0;  // the first host cluster not given away
  std::uint64_t refcount_blocks_ = 0;
  std::uint64_t next_guest_cluster_ = 0;
  std::uint64_t region_ = 0;
  bool region_has_data_ = false;
  bool is_finished_ = false;
  std::vector<std::uint64_t> l1_;
  std::vector<std::uint64_t> l2_;
};

}  // namespace omiforge::qcow2
