#include "builders/refcounted_qcow2.h"

#include <algorithm>

namespace omiforge::test {
namespace {

constexpr std::uint64_t kOffset = 0x00fffffffffffe00;

// Counts what the tables of a well-formed file refer to.
class References {
 public:
  References(const Qcow2Builder& builder, Bytes& file)
      : header_(builder.header),
        cluster_(builder.cluster_bytes()),
        file_(file),
        counts_(file.size() / cluster_) {
    const std::size_t l2_step = builder.l2_entry_bytes();
    active_ = follow(header_.l1_table_offset, header_.l1_size, l2_step);
    std::uint64_t at = header_.snapshots_offset;
    for (std::uint32_t i = 0; i < header_.nb_snapshots; ++i) {
      follow(load_be64(&file_[at]), load_be32(&file_[at + 8]), l2_step);
      const std::uint64_t text = std::uint64_t{load_be16(&file_[at + 12])} + load_be16(&file_[at + 14]);
      at += divide_up(40 + load_be32(&file_[at + 36]) + text, 8) * 8;
    }
    for (std::uint64_t& count : counts_) count = std::max<std::uint64_t>(count, 1);
  }

  const std::vector<std::uint64_t>& counts() const { return counts_; }

  void set_copied_flags() {
    for (const std::uint64_t at : active_) {
      const std::uint64_t entry = load_be64(&file_[at]);
      if ((entry & kCompressed) != 0 || (entry & kOffset) == 0) continue;
      const bool is_owned = counts_[(entry & kOffset) / cluster_] == 1;
      store_be64(&file_[at], is_owned ? entry | kCopied : entry & ~kCopied);
    }
  }

 private:
  // Returns where the entries of the L1 table and of its L2 tables are.
  std::vector<std::uint64_t> follow(std::uint64_t l1, std::uint64_t entries, std::size_t l2_step) {
    std::vector<std::uint64_t> places;
    for (std::uint64_t at = l1; at < l1 + entries * 8; at += 8) {
      const std::uint64_t table = load_be64(&file_[at]) & kOffset;
      if (table == 0) continue;
      places.push_back(at);
      for (std::uint64_t i = 0; i < cluster_; i += l2_step) places.push_back(table + i);
    }
    for (const std::uint64_t at : places) use(load_be64(&file_[at]));
    return places;
  }

  void use(std::uint64_t entry) {
    std::uint64_t host = entry & kOffset;
    std::uint64_t end = host == 0 ? 0 : host + cluster_;
    if ((entry & kCompressed) != 0) {
      const std::uint32_t offset_bits = 70 - header_.cluster_bits;
      host = entry & ((std::uint64_t{1} << offset_bits) - 1);
      end = host / 512 * 512 + (((entry & (kCompressed - 1)) >> offset_bits) + 1) * 512;
    }
    for (std::uint64_t i = host / cluster_; i < divide_up(end, cluster_); ++i) ++counts_[i];
  }

  const HeaderFields& header_;
  std::uint64_t cluster_;
  Bytes& file_;
  std::vector<std::uint64_t> counts_;
  std::vector<std::uint64_t> active_;
};

void store_refcount(Bytes& block, std::uint64_t index, std::uint64_t count, std::uint32_t order) {
  if (order < 3) {
    const std::uint64_t bit = index << order;
    block[bit / 8] = static_cast<std::uint8_t>(block[bit / 8] | count << (bit % 8));
    return;
  }
  const std::uint64_t width = std::uint64_t{1} << (order - 3);
  for (std::uint64_t i = 0; i < width; ++i) {
    block[(index + 1) * width - 1 - i] = static_cast<std::uint8_t>(count >> (8 * i));
  }
}

}  // namespace

Bytes refcounted(const Qcow2Builder& builder) {
  const std::uint64_t cluster = builder.cluster_bytes();
  const std::uint32_t order = builder.header.refcount_order;
  const std::uint64_t per_block = cluster * 8 >> order;
  Bytes file = builder.file();
  file.resize(static_cast<std::size_t>(divide_up(file.size(), cluster) * cluster));
  References references(builder, file);
  references.set_copied_flags();
  std::vector<std::uint64_t> counts = references.counts();
  // The blocks count themselves.
  std::uint64_t blocks = 0;
  while (blocks * per_block < counts.size() + blocks) ++blocks;
  counts.resize(static_cast<std::size_t>(counts.size() + blocks), 1);
  for (std::uint64_t first = 0; first < counts.size(); first += per_block) {
    Bytes block(static_cast<std::size_t>(cluster));
    for (std::uint64_t i = 0; i < std::min(per_block, counts.size() - first); ++i) {
      store_refcount(block, i, counts[first + i], order);
    }
    store_be64(&file[builder.header.refcount_table_offset + first / per_block * 8], file.size());
    append(file, block);
  }
  return file;
}

}  // namespace omiforge::test
