#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "format/qcow2/header.h"
#include "io/file.h"

namespace omiforge::qcow2 {

// An entry of the snapshot table.
struct Snapshot {
  std::uint32_t index = 0;  // in the table
  std::string id;
  std::string name;
  HostOffset l1_table;  // as it stands in the table, like the number of entries
  std::uint32_t l1_entries = 0;
  std::uint32_t extra_bytes = 0;
  std::uint64_t entry_end_bytes = 0;  // where the entry ends, from the beginning of the table
  std::uint64_t disk_bytes = 0;       // that of the active state where the entry does not tell
  std::uint64_t vm_state_bytes = 0;
  std::uint32_t date_seconds = 0;  // since 1970
  std::uint32_t date_nanoseconds = 0;
  std::uint64_t vm_clock_nanoseconds = 0;
  std::optional<std::uint64_t> instruction_count;

  // Entries of version 3 state it.
  bool states_disk_bytes() const;
};

struct SnapshotTable {
  std::vector<Snapshot> snapshots;
  std::uint64_t bytes = 0;  // from the first entry to the end of the last
};

// Reads the snapshot table, which takes at most 64 MiB of memory; what lies past the end of the file reads as
// zeros. Throws QCOW2_CORRUPT where the table or one of its entries is larger than qemu lets them be.
SnapshotTable read_snapshot_table(const Source& file, const Header& header);

}  // namespace omiforge::qcow2
