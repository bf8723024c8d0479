#pragma once

#include <optional>
#include <vector>

#include "format/qcow2/header.h"
#include "io/file.h"

namespace omiforge::qcow2 {

// The refcounts that the file states. Memory: the part of the refcount table that the file holds, at most
// 8 MiB, and one refcount block.
class Refcounts {
 public:
  // Both outlive the object.
  Refcounts(const Source& file, const Header& header);

  // Entries of the refcount table that lie within the file.
  std::uint64_t table_entries() const { return table_.size() / 8; }
  std::uint64_t table_entry(std::uint64_t index) const;
  // Clusters of one refcount block.
  std::uint64_t clusters_per_block() const { return clusters_per_block_; }
  // The largest refcount that the width allows.
  std::uint64_t most() const;

  enum class Block {
    kAbsent,      // no block, or one of zeros alone: all its refcounts are 0
    kUnreadable,  // where it is makes no sense: its refcounts are not known
    kLoaded,
  };
  Block load_block(std::uint64_t index);
  // A refcount of the block that was loaded last.
  std::uint64_t loaded_refcount(std::uint64_t index) const;

  bool is_known(std::uint64_t cluster) const;
  // The refcount of one cluster, read on its own; of a cluster of which it is known.
  std::uint64_t read_refcount(std::uint64_t cluster) const;

 private:
  HostOffset block_of(std::uint64_t cluster) const;

  const Source& file_;
  std::uint32_t order_;
  std::uint64_t cluster_bytes_;
  std::uint64_t clusters_per_block_;
  std::vector<std::uint8_t> table_;  // as in the file
  std::vector<std::uint8_t> block_;  // likewise
};

}  // namespace omiforge::qcow2
