#include "support/mended_qcow2.h"

#include <algorithm>
#include <vector>

#include "format/qcow2/header.h"

namespace omiforge::fuzz {
namespace {

using qcow2::Header;

constexpr std::uint64_t kCopied = std::uint64_t{1} << 63;
constexpr std::uint64_t kCompressed = std::uint64_t{1} << 62;
constexpr std::uint64_t kZero = 1;
constexpr std::uint64_t kOffset = 0x00fffffffffffe00;
// A small file may name its tables thousands of times.
constexpr std::uint64_t kMostEntries = 1 << 14;

// Counts what the tables refer to.
class References {
 public:
  References(MutableBytes file, const Header& header, Mend what)
      : file_(file),
        header_(header),
        takes_out_(what == Mend::kAll),
        cluster_(header.cluster_bytes()),
        counts_(static_cast<std::size_t>(divide_up(file.size, cluster_)) + 1) {
    use(0, cluster_);
    use(header.refcount_table.value, header.refcount_table_clusters * cluster_);
    use(header.l1_table.value, std::uint64_t{header.l1_entries} * 8);
    active_ = follow(header.l1_table.value, header.l1_entries);
    follow_snapshots();
    if (header.bitmaps && header.has_consistent_bitmaps()) follow_bitmaps(*header.bitmaps);
    follow_refcount_table();
  }

  void store() {
    const std::uint64_t per_block = cluster_ * 8 >> header_.refcount_order;
    for (std::uint64_t i = 0; i < counts_.size(); ++i) {
      const std::uint64_t entry = block_entry(i / per_block);
      if (i / per_block >= blocks() || !has(entry, 8)) return;
      const std::uint64_t block = number(entry) & kOffset;
      // A block that is used otherwise cannot be mended, and would take what uses it with it.
      if (block != 0 && has(block, cluster_) && counts_[block / cluster_] == 1)
        store(block, i % per_block, i);
    }
    // What stands in a data file has no refcount.
    if (header_.has_data_file()) return;
    for (const std::uint64_t at : active_) set_copied_flag(at);
  }

 private:
  bool has(std::uint64_t at, std::uint64_t bytes) const { return range_fits(at, bytes, file_.size); }
  std::uint64_t number(std::uint64_t at) const { return load_be64(file_.data + at); }
  std::uint64_t blocks() const { return header_.refcount_table_clusters * cluster_ / 8; }
  std::uint64_t block_entry(std::uint64_t index) const { return header_.refcount_table.value + index * 8; }

  void use(std::uint64_t at, std::uint64_t bytes) {
    if (bytes == 0 || !range_fits(at, bytes, file_.size + cluster_ - 1)) return;
    for (std::uint64_t i = at / cluster_; i < divide_up(at + bytes, cluster_); ++i) ++counts_[i];
  }

  void use_entry(std::uint64_t at) {
    const std::uint64_t entry = number(at);
    if ((entry & kCompressed) != 0) {
      const std::uint32_t offset_bits = 70 - header_.cluster_bits;
      const std::uint64_t from = entry & ((std::uint64_t{1} << offset_bits) - 1);
      const std::uint64_t sectors = ((entry & (kCompressed - 1)) >> offset_bits) + 1;
      const std::uint64_t bytes = sectors * 512 - from % 512;
      const bool is_there = from < file_.size && range_fits(from, bytes, file_.size + cluster_ - 1);
      if (takes_out_ && !is_there) return clear(at);
      use(from, bytes);
      if (takes_out_) mend_subclusters(at, 0);
      return;
    }
    const std::uint64_t host = entry & kOffset;
    if (takes_out_) {
      if (host % cluster_ != 0 || (host >= file_.size && !header_.has_data_file())) return clear(at);
      store_be64(file_.data + at, entry & (kOffset | kCopied | kZero));
      mend_subclusters(at, host == 0 ? 0 : 0xffffffff);
    }
    if (host != 0 && !header_.has_data_file()) use(host, cluster_);
  }

  void clear(std::uint64_t l2_entry) {
    store_be64(file_.data + l2_entry, 0);
    mend_subclusters(l2_entry, 0);
  }

  // Leaves those allocated that may be; none of them reads as zeros.
  void mend_subclusters(std::uint64_t l2_entry, std::uint64_t allowed) {
    if (!header_.has_extended_l2() || !has(l2_entry, 16)) return;
    const std::uint64_t bitmap = number(l2_entry + 8);
    const std::uint64_t allocated = bitmap & allowed;
    const bool is_compressed = (number(l2_entry) & kCompressed) != 0;
    const std::uint64_t zero = is_compressed ? 0 : bitmap >> 32 & ~allocated;
    store_be64(file_.data + l2_entry + 8, zero << 32 | allocated);
  }

  // Returns where the entries of the L1 table and of its L2 tables are.
  std::vector<std::uint64_t> follow(std::uint64_t l1, std::uint64_t entries) {
    std::vector<std::uint64_t> places;
    for (std::uint64_t i = 0; i < entries && has(l1, (i + 1) * 8) && entries_ < kMostEntries; ++i) {
      const std::uint64_t entry = number(l1 + i * 8);
      const std::uint64_t table = entry & kOffset;
      const bool is_there = table % cluster_ == 0 && has(table, cluster_);
      if (takes_out_) store_be64(file_.data + l1 + i * 8, is_there ? entry & (kOffset | kCopied) : 0);
      if (table == 0 || !has(table, cluster_) || (takes_out_ && !is_there)) continue;
      places.push_back(l1 + i * 8);
      use(table, cluster_);
      entries_ += header_.l2_entries();
      for (std::uint64_t at = table; at < table + cluster_; at += header_.l2_entry_bytes()) {
        use_entry(at);
        places.push_back(at);
      }
    }
    return places;
  }

  void follow_refcount_table() {
    for (std::uint64_t at = block_entry(0); has(at, 8) && at < block_entry(blocks()); at += 8) {
      const std::uint64_t block = number(at);
      if (block % cluster_ != 0 || !has(block, cluster_)) {
        store_be64(file_.data + at, 0);
      } else if (block != 0) {
        use(block, cluster_);
      }
    }
  }

  void follow_snapshots() {
    const std::uint64_t begin = header_.snapshot_table.value;
    std::uint64_t at = begin;
    for (std::uint32_t i = 0; i < header_.snapshot_count && has(at, 40); ++i) {
      const std::uint8_t* entry = file_.data + at;
      const std::uint64_t l1_entries = load_be32(entry + 8);
      use(load_be64(entry), l1_entries * 8);
      follow(load_be64(entry), l1_entries);
      const std::uint64_t text = std::uint64_t{load_be16(entry + 12)} + load_be16(entry + 14);
      at += divide_up(40 + load_be32(entry + 36) + text, 8) * 8;
    }
    if (header_.snapshot_count > 0) use(begin, at - begin);
  }

  void follow_bitmaps(const qcow2::BitmapsExtension& extension) {
    std::uint64_t at = extension.directory.value;
    use(at, extension.directory_bytes);
    for (std::uint32_t i = 0; i < extension.count && has(at, 24); ++i) {
      const std::uint64_t table = load_be64(file_.data + at);
      const std::uint64_t entries = load_be32(file_.data + at + 8);
      use(table, entries * 8);
      for (std::uint64_t k = 0; k < entries && has(table, (k + 1) * 8); ++k) {
        const std::uint64_t cluster = number(table + k * 8) & kOffset;
        if (cluster != 0) use(cluster, cluster_);
      }
      at += divide_up(std::uint64_t{24} + load_be16(file_.data + at + 18), 8) * 8;
    }
  }

  void store(std::uint64_t block, std::uint64_t index, std::uint64_t cluster) {
    const std::uint32_t order = header_.refcount_order;
    const std::uint64_t count = counts_[cluster];
    if (order < 3) {
      const unsigned mask = (1U << (1U << order)) - 1;
      std::uint8_t& byte = file_.data[block + (index << order) / 8];
      const std::uint64_t shift = (index << order) % 8;
      byte = static_cast<std::uint8_t>((byte & ~(mask << shift)) | std::min<std::uint64_t>(count, mask)
                                                                       << shift);
      return;
    }
    const std::uint64_t width = std::uint64_t{1} << (order - 3);
    for (std::uint64_t i = 0; i < width; ++i) {
      file_.data[block + (index + 1) * width - 1 - i] = static_cast<std::uint8_t>(count >> (8 * i));
    }
  }

  void set_copied_flag(std::uint64_t at) {
    const std::uint64_t entry = number(at);
    const std::uint64_t cluster = (entry & kOffset) / cluster_;
    const bool is_owned = (entry & kCompressed) == 0 && cluster < counts_.size() && counts_[cluster] == 1;
    store_be64(file_.data + at, is_owned && cluster != 0 ? entry | kCopied : entry & ~kCopied);
  }

  MutableBytes file_;
  const Header& header_;
  bool takes_out_;
  std::uint64_t cluster_;
  std::vector<std::uint64_t> counts_;
  std::vector<std::uint64_t> active_;
  std::uint64_t entries_ = 0;
};

}  // namespace

void mend_qcow2(MutableBytes file, Mend what) {
  try {
    const Header header = qcow2::parse_header(file);
    References(file, header, what).store();
  } catch (const Error&) {
    // Where nothing tells what the file holds, it stays as it is.
  }
}

}  // namespace omiforge::fuzz
