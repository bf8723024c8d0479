#include "format/qcow2/refcounts.h"

#include <algorithm>
#include <array>
#include <limits>

#include "format/qcow2/entries.h"
#include "format/qcow2/table_read.h"

namespace omiforge::qcow2 {
namespace {

// Refcounts narrower than a byte begin at its lowest bit ("Refcount blocks" in the specification).
std::uint64_t decode_refcount(const std::uint8_t* block, std::uint64_t index, std::uint32_t order) {
  switch (order) {
    case 3:
      return block[index];
    case 4:
      return load_be16(block + index * 2);
    case 5:
      return load_be32(block + index * 4);
    case 6:
      return load_be64(block + index * 8);
    default: {
      const std::uint64_t bit = index << order;
      const unsigned mask = (1u << (1u << order)) - 1;
      return (block[bit / 8] >> (bit % 8)) & mask;
    }
  }
}

// The largest offset that qemu reads at, a little below 2^63; no file reaches it.
constexpr std::uint64_t kMaxOffset = 0x7fffffffc0000000;

bool is_readable(HostOffset block, std::uint64_t cluster_bytes) {
  return block.value % cluster_bytes == 0 && range_fits(block.value, cluster_bytes, kMaxOffset);
}

std::size_t bytes_in_file(const Source& file, const Header& header) {
  const std::uint64_t stated = header.refcount_table_clusters * header.cluster_bytes();
  const std::uint64_t in_file = file.size() - std::min(file.size(), header.refcount_table.value);
  // What is missing of the last entry reads as zeros.
  return static_cast<std::size_t>(divide_up(std::min(stated, in_file), kEntryBytes) * kEntryBytes);
}

}  // namespace

Refcounts::Refcounts(const Source& file, const Header& header)
    : file_(file),
      order_(header.refcount_order),
      cluster_bytes_(header.cluster_bytes()),
      clusters_per_block_(header.cluster_bytes() * 8 >> header.refcount_order),
      table_(bytes_in_file(file, header)),
      block_(static_cast<std::size_t>(header.cluster_bytes())) {
  read_table(file, header.refcount_table, {table_.data(), table_.size()});
}

std::uint64_t Refcounts::table_entry(std::uint64_t index) const {
  return load_be64(table_.data() + index * kEntryBytes);
}

std::uint64_t Refcounts::most() const {
  return order_ == 6 ? std::numeric_limits<std::uint64_t>::max() : (std::uint64_t{1} << (1u << order_)) - 1;
}

Refcounts::Block Refcounts::load_block(std::uint64_t index) {
  const HostOffset at = refcount_block_offset(table_entry(index));
  if (at.value == 0) return Block::kAbsent;
  if (!is_readable(at, cluster_bytes_)) return Block::kUnreadable;
  return read_table(file_, at, {block_.data(), block_.size()}) ? Block::kLoaded : Block::kAbsent;
}

std::uint64_t Refcounts::loaded_refcount(std::uint64_t index) const {
  return decode_refcount(block_.data(), index, order_);
}

HostOffset Refcounts::block_of(std::uint64_t cluster) const {
  const std::uint64_t index = cluster / clusters_per_block_;
  return index < table_entries() ? refcount_block_offset(table_entry(index)) : HostOffset{0};
}

bool Refcounts::is_known(std::uint64_t cluster) const {
  return is_readable(block_of(cluster), cluster_bytes_);
}

std::uint64_t Refcounts::read_refcount(std::uint64_t cluster) const {
  const HostOffset block = block_of(cluster);
  if (block.value == 0) return 0;
  const std::uint64_t index = cluster % clusters_per_block_;
  const std::uint64_t bit = index << order_;
  // Eight bytes hold any refcount, whatever its width.
  std::array<std::uint8_t, 8> bytes{};
  read_table(file_, block + bit / 64 * 8, {bytes.data(), bytes.size()});
  return decode_refcount(bytes.data(), (bit % 64) >> order_, order_);
}

}  // namespace omiforge::qcow2
