#pragma once

#include <cstdint>

#include "builders/bytes.h"
#include "builders/qcow2_header.h"

namespace omiforge::test {

constexpr std::uint64_t kCopied = std::uint64_t{1} << 63;
constexpr std::uint64_t kCompressed = std::uint64_t{1} << 62;
// The incompatible feature.
constexpr std::uint64_t kExtendedL2 = 16;

// Puts a qcow2 together piece by piece, so that a test can also put together a wrong one. The refcounts are
// left out: nothing that reads guest bytes looks at them.
class Qcow2Builder {
 public:
  Qcow2Builder(std::uint32_t cluster_bits, std::uint64_t size, std::uint32_t version = 3,
               std::uint64_t incompatible_features = 0);

  // May be changed at any time before file().
  HeaderFields header;

  std::uint64_t cluster_bytes() const { return std::uint64_t{1} << header.cluster_bits; }
  std::uint64_t l2_entry_bytes() const { return (header.incompatible_features & kExtendedL2) != 0 ? 16 : 8; }
  std::uint64_t l2_entries() const { return cluster_bytes() / l2_entry_bytes(); }
  std::uint64_t end() const { return file_.size(); }

  // Both return where the content stands: at the next cluster boundary, or right at the end of the file.
  std::uint64_t append_aligned(const Bytes& content);
  std::uint64_t append_packed(const Bytes& content);

  // Adds a header extension, behind a header of 112 bytes.
  void add_extension(std::uint32_t type, const Bytes& data);

  void set_l1(std::uint64_t index, std::uint64_t entry);
  // Adds the L2 table that is needed. The bitmap is for extended L2 entries.
  void set_entry(std::uint64_t guest_cluster, std::uint64_t entry, std::uint64_t bitmap = 0);

  void add_data(std::uint64_t guest_cluster, const Bytes& content);
  void add_compressed(std::uint64_t guest_cluster, const Bytes& deflated);

  Bytes file() const;

 private:
  Bytes file_;
  std::size_t extensions_end_ = 112;
};

// The L2 entry of a compressed cluster of `length` bytes at `host`.
std::uint64_t compressed_entry(std::uint64_t host, std::uint64_t length, std::uint32_t cluster_bits);

}  // namespace omiforge::test
