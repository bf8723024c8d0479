#pragma once

#include <optional>
#include <string>
#include <vector>

#include "format/qcow2/entries.h"
#include "format/qcow2/header.h"
#include "io/file.h"

namespace omiforge::qcow2 {

// " for guest offset N", of messages.
std::string at_guest(std::uint64_t guest_offset);

// Where one state of a disk has its clusters: its L1 table, and the L2 tables as they are needed. All that an
// entry says is checked before it is answered. Memory: the L1 table, and a slice of an L2 table.
class ClusterMap {
 public:
  struct L1Table {
    HostOffset at;
    std::uint32_t entries = 0;
  };

  // `file`, `header` and `data_file` outlive the object; `data_file` is null where the clusters are in
  // `file`.
  ClusterMap(const Source& file, const Header& header, const Source* data_file, L1Table l1,
             std::uint64_t disk_bytes);

  std::uint64_t l1_bytes() const { return l1_.size(); }
  // L2 tables that the disk needs, there or not.
  std::uint64_t tables() const { return l1_.size() / kEntryBytes; }

  // Why nothing should be read because of how many L1 entries share L2 tables, if so.
  std::optional<Error> find_sharing() const;

  // Whether an L2 table is not there, or there as a hole of the file. Throws what `at` throws of an L1 entry.
  bool is_empty(std::uint64_t table) const;

  // Where the bytes of a subcluster begin, not those of its cluster, unless it is compressed. Subclusters are
  // counted from the beginning of the disk; without extended L2 entries they are clusters. Throws
  // QCOW2_CORRUPT or QCOW2_TRUNCATED where an entry on the way contradicts the specification or the file.
  ClusterMapping at(std::uint64_t subcluster);

 private:
  [[noreturn]] void fail(ErrorCode code, const std::string& message) const;
  HostOffset l2_table_of(std::uint64_t l1_index) const;
  const std::uint8_t* l2_entry_at(std::uint64_t offset);
  ClusterMapping decode_entry(std::uint64_t subcluster);
  void check_mapping(const ClusterMapping& mapping, std::uint64_t guest) const;
  void check_place(const ClusterMapping& mapping, std::uint64_t guest) const;

  const Source& file_;
  const Header& header_;
  const Source* data_file_;
  std::vector<std::uint8_t> l1_;           // as in the file
  std::optional<std::uint64_t> l1_index_;  // which table l2_table_ is
  HostOffset l2_table_;
  std::vector<std::uint8_t> l2_;  // the slice of a table at l2_at_, as in the file
  HostOffset l2_at_;              // 0: none is loaded
};

}  // namespace omiforge::qcow2
