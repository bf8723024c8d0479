#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "format/qcow2/header.h"
#include "io/file.h"

namespace omiforge::qcow2 {

// An entry of the snapshot table. Its L1 table is aligned, within the file, and large enough for the disk.
struct Snapshot {
  std::string id;
  std::string name;
  HostOffset l1_table;
  std::uint32_t l1_entries = 0;
  std::uint64_t disk_bytes = 0;  // that of the active state where the entry does not tell
  std::uint64_t vm_state_bytes = 0;
  std::uint32_t date_seconds = 0;  // since 1970
  std::uint32_t date_nanoseconds = 0;
  std::uint64_t vm_clock_nanoseconds = 0;
  std::optional<std::uint64_t> instruction_count;
};

// Reads the snapshot table, which takes at most 64 MiB of memory. Throws QCOW2_CORRUPT or QCOW2_TRUNCATED
// naming the entry.
std::vector<Snapshot> read_snapshots(const File& file, const Header& header);

// The snapshot with that id, or else the first one with that name: ids win, as in qemu. Throws
// ARGUMENT_INVALID where there is none.
const Snapshot& find_snapshot(const std::vector<Snapshot>& snapshots, const std::string& id_or_name);

}  // namespace omiforge::qcow2
