#include "format/qcow2/layout.h"

#include <algorithm>
#include <limits>
#include <string>

#include "format/qcow2/entries.h"
#include "format/qcow2/header.h"
#include "io/error.h"

namespace omiforge::qcow2 {

using codec::CompressionType;

namespace {

constexpr std::uint32_t kRefcountOrder = 4;  // 16 bits
constexpr std::uint64_t kRefcountBytes = 2;
constexpr std::uint64_t kRefcountsPerBlock = Layout::kClusterBytes / kRefcountBytes;
constexpr std::uint32_t kHeaderBytes = 104;
// With the compression type, and what fills it up to a multiple of 8.
constexpr std::uint32_t kLongHeaderBytes = 112;
// The empty extension that ends the list of header extensions.
constexpr std::uint64_t kLastExtensionBytes = 8;
constexpr std::uint64_t kCompressionTypeFeature = std::uint64_t{1} << 3;

// 16 MiB of plain clusters wait at most, and a segment: with padding of half a cluster for them on average,
// a disk that does not compress gets larger by one part in 500.
constexpr std::size_t kMostWaiting = 256;
// What padding takes of a region at most: once for each time that place_plain is due, and before the L2
// table.
constexpr std::uint64_t kPaddingClusters = Layout::kRegionClusters / kMostWaiting + 1;

// What qemu and this reader take: 32 MiB of L1 table, 8 MiB of refcount table. The second is full first, when
// all of the largest disk is data: its clusters, L2 tables and front matter, each block counting itself too.
constexpr std::uint64_t kMaxRefcountTableBytes = 8 * 1024 * 1024;
constexpr std::uint64_t kMaxFrontClusters =
    2 + (kMaxL1Bytes + kMaxRefcountTableBytes) / Layout::kClusterBytes;

// The most clusters of a file that belong to a region: its data, its L2 table and padding.
constexpr std::uint64_t clusters_of_region(bool has_compressed) {
  return Layout::kRegionClusters + 1 + (has_compressed ? kPaddingClusters : 0);
}

constexpr std::uint64_t max_regions(bool has_compressed) {
  return (kMaxRefcountTableBytes / kEntryBytes * (kRefcountsPerBlock - 1) - kMaxFrontClusters) /
         clusters_of_region(has_compressed);
}
static_assert(max_regions(false) * kEntryBytes <= kMaxL1Bytes);

[[noreturn]] void fail_order(const char* what) {
  throw Error(ErrorCode::kInternal, std::string(what) + " out of order");
}

// The blocks that count `clusters` clusters and themselves.
std::uint64_t refcount_blocks_for(std::uint64_t clusters) {
  return divide_up(clusters, kRefcountsPerBlock - 1);
}

HostOffset cluster_at(std::uint64_t index) { return {index * Layout::kClusterBytes}; }

}  // namespace

Layout::Layout(std::uint64_t virtual_size, std::optional<CompressionType> compression)
    : virtual_size_(virtual_size),
      compression_(compression),
      // Never an empty table: its cluster would be counted but not referenced.
      l1_entries_(std::max<std::uint64_t>(1, divide_up(virtual_size, kRegionBytes))) {
  const std::uint64_t most_regions = max_regions(has_compressed());
  if (l1_entries_ > most_regions) {
    throw Error(ErrorCode::kImageTooLarge, "a disk of " + std::to_string(virtual_size) +
                                               " bytes does not fit a qcow2 with 64 KiB clusters; at most " +
                                               std::to_string(most_regions * kRegionBytes) + " bytes do");
  }
  const std::uint64_t l1_clusters = divide_up(l1_entries_ * kEntryBytes, kClusterBytes);
  const std::uint64_t beside_data = clusters_of_region(has_compressed()) - kRegionClusters;
  const std::uint64_t most_content = divide_up(virtual_size, kClusterBytes) + l1_entries_ * beside_data;
  // The table counts its own clusters too: two rounds reach the fixed point, as a cluster of it counts 16
  // TiB.
  for (int round = 0; round < 2; ++round) {
    front_clusters_ = 1 + refcount_table_clusters_ + l1_clusters;
    refcount_table_entries_ = refcount_blocks_for(front_clusters_ + most_content + 1);
    refcount_table_clusters_ = divide_up(refcount_table_entries_ * kEntryBytes, kClusterBytes);
  }
  front_clusters_ = 1 + refcount_table_clusters_ + l1_clusters;
  end_ = cluster_at(front_clusters_);
  l1_.resize(static_cast<std::size_t>(l1_entries_));
  l2_.resize(static_cast<std::size_t>(kRegionClusters));
}

std::vector<Layout::Part> Layout::front_matter_parts() const {
  return {{0, header_bytes() + kLastExtensionBytes},
          {kClusterBytes, refcount_table_entries_ * kEntryBytes},
          {(1 + refcount_table_clusters_) * kClusterBytes, l1_entries_ * kEntryBytes}};
}

std::uint32_t Layout::header_bytes() const {
  return compression_ == CompressionType::kZstd ? kLongHeaderBytes : kHeaderBytes;
}

void Layout::begin_clusters(std::uint64_t first_guest_cluster, std::uint64_t count) {
  const std::uint64_t region = first_guest_cluster / kRegionClusters;
  const bool in_one_region = (first_guest_cluster + count - 1) / kRegionClusters == region;
  const bool in_order =
      first_guest_cluster >= next_guest_cluster_ && (!region_has_data_ || region == region_);
  const bool on_disk = range_fits(first_guest_cluster, count, divide_up(virtual_size_, kClusterBytes));
  if (is_finished_ || !in_one_region || !in_order || !on_disk) {
    fail_order("clusters were added to a qcow2 layout");
  }
  region_ = region;
  next_guest_cluster_ = first_guest_cluster + count;
}

HostOffset Layout::take_cluster() {
  const HostOffset at = end_;
  end_ = at + kClusterBytes;
  return at;
}

void Layout::add_clusters(std::uint64_t first_guest_cluster, std::uint64_t count, ByteView has_data) {
  if (count == 0) return;
  if (has_compressed() || has_data.size < divide_up(count, 8)) {
    fail_order("clusters were added to a qcow2 layout");
  }
  begin_clusters(first_guest_cluster, count);
  for (std::uint64_t i = 0; i < count; ++i) {
    if ((has_data.data[i / 8] >> (i % 8) & 1) == 0) continue;
    l2_[static_cast<std::size_t>((first_guest_cluster + i) % kRegionClusters)] =
        make_owned_entry(take_cluster());
    region_has_data_ = true;
  }
}

bool Layout::add_compressed(std::uint64_t first_guest_cluster, std::uint64_t count,
                            const std::uint32_t* stored_bytes) {
  if (count == 0) return false;
  const bool are_lengths = std::all_of(stored_bytes, stored_bytes + count,
                                       [](std::uint32_t bytes) { return bytes <= kClusterBytes; });
  if (!has_compressed() || !are_lengths) fail_order("compressed clusters were added to a qcow2 layout");
  begin_clusters(first_guest_cluster, count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint32_t bytes = stored_bytes[i];
    if (bytes == 0) continue;
    const std::size_t index = static_cast<std::size_t>((first_guest_cluster + i) % kRegionClusters);
    if (bytes == kClusterBytes) {
      waiting_.push_back(index);
    } else {
      l2_[index] = pack(bytes);
    }
    region_has_data_ = true;
  }
  return waiting_.size() >= kMostWaiting;
}

// Returns the L2 entry.
std::uint64_t Layout::pack(std::uint64_t bytes) {
  const HostOffset at = end_;
  end_ = at + bytes;
  for (std::uint64_t i = at.value / kClusterBytes; i * kClusterBytes < end_.value; ++i) count_use(i);
  return make_compressed_entry(at, bytes, kClusterBits);
}

void Layout::count_use(std::uint64_t host_cluster) {
  const std::size_t index = static_cast<std::size_t>(host_cluster);
  // Only clusters of one region share a host cluster, as its L2 table stands behind them.
  static_assert(kRegionClusters <= std::numeric_limits<std::uint16_t>::max());
  if (refcounts_.size() == index + 1) {
    ++refcounts_.back();
  } else {
    refcounts_.resize(index + 1, 1);
  }
}

std::uint64_t Layout::place_plain() {
  const HostOffset from = end_;
  end_ = cluster_at(divide_up(from.value, kClusterBytes));
  const std::uint64_t padding = end_.value - from.value;
  for (const std::size_t index : waiting_) l2_[index] = make_owned_entry(take_cluster());
  waiting_.clear();
  return padding;
}

bool Layout::close_region(MutableBytes l2_table) {
  if (!region_has_data_) return false;
  if (!waiting_.empty() || end_.value % kClusterBytes != 0) fail_order("a region was closed");
  for (std::size_t i = 0; i < l2_.size(); ++i) store_be64(l2_table.data + i * kEntryBytes, l2_[i]);
  l1_[static_cast<std::size_t>(region_)] = make_owned_entry(take_cluster());
  std::fill(l2_.begin(), l2_.end(), 0);
  region_has_data_ = false;
  next_guest_cluster_ = (region_ + 1) * kRegionClusters;
  return true;
}

std::uint64_t Layout::finish() {
  if (is_finished_ || region_has_data_) fail_order("a qcow2 layout was finished");
  is_finished_ = true;
  refcount_blocks_ = refcount_blocks_for(end_.value / kClusterBytes);
  if (refcount_blocks_ > refcount_table_entries_) fail_order("padding was put into a qcow2 layout");
  return refcount_blocks_ * kClusterBytes;
}

void Layout::fill_front_matter(std::size_t part, MutableBytes out) const {
  if (!is_finished_) fail_order("the front matter of a qcow2 layout was asked for");
  if (part == 0) {
    fill_header(out);
  } else if (part == 1) {
    fill_refcount_table(out);
  } else {
    for (std::size_t i = 0; i < l1_.size(); ++i) store_be64(out.data + i * kEntryBytes, l1_[i]);
  }
}

void Layout::fill_header(MutableBytes out) const {
  std::fill_n(out.data, out.size, std::uint8_t{0});
  store_be32(out.data, kMagic);
  store_be32(out.data + 4, 3);
  store_be32(out.data + 20, kClusterBits);
  store_be64(out.data + 24, virtual_size_);
  store_be32(out.data + 36, static_cast<std::uint32_t>(l1_entries_));
  store_be64(out.data + 40, cluster_at(1 + refcount_table_clusters_).value);
  store_be64(out.data + 48, cluster_at(1).value);
  store_be32(out.data + 56, static_cast<std::uint32_t>(refcount_table_clusters_));
  store_be32(out.data + 96, kRefcountOrder);
  store_be32(out.data + 100, header_bytes());
  if (compression_ == CompressionType::kZstd) {
    store_be64(out.data + 72, kCompressionTypeFeature);
    out.data[104] = static_cast<std::uint8_t>(CompressionType::kZstd);
  }
}

void Layout::fill_refcount_table(MutableBytes out) const {
  for (std::uint64_t i = 0; i < refcount_table_entries_; ++i) {
    const std::uint64_t block = i < refcount_blocks_ ? end_.value + i * kClusterBytes : 0;
    store_be64(out.data + i * kEntryBytes, block);
  }
}

void Layout::fill_refcount_blocks(MutableBytes out) const {
  if (!is_finished_) fail_order("the refcounts of a qcow2 layout were asked for");
  const std::uint64_t used = end_.value / kClusterBytes + refcount_blocks_;
  for (std::uint64_t i = 0; i < refcount_blocks_ * kRefcountsPerBlock; ++i) {
    const std::uint16_t shared = i < refcounts_.size() ? refcounts_[static_cast<std::size_t>(i)] : 1;
    store_be16(out.data + i * kRefcountBytes, i < used ? shared : std::uint16_t{0});
  }
}

}  // namespace omiforge::qcow2
