#pragma once

#include <vector>

#include "format/qcow2/header.h"
#include "io/file.h"

namespace omiforge::qcow2 {

// What an entry of the snapshot table says of where the snapshot is. The offset is as it stands in the table.
struct SnapshotEntry {
  HostOffset l1_table;
  std::uint32_t l1_entries = 0;
  std::uint32_t extra_bytes = 0;
};

struct SnapshotTable {
  std::vector<SnapshotEntry> entries;
  std::uint64_t bytes = 0;  // from the first entry to the end of the last
};

// Reads the snapshot table; what lies past the end of the file reads as zeros. Throws QCOW2_CORRUPT where
// there are more than 65536 snapshots, or the table or one of its entries is larger than qemu lets them be.
SnapshotTable read_snapshot_table(const File& file, const Header& header);

}  // namespace omiforge::qcow2
