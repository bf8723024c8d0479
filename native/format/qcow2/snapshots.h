#pragma once

#include <string>
#include <vector>

#include "format/qcow2/header.h"
#include "format/qcow2/snapshot_table.h"
#include "io/file.h"

namespace omiforge::qcow2 {

// Reads the snapshot table, which has to lie within the file. What it says of L1 tables is not looked at.
// Throws QCOW2_CORRUPT or QCOW2_TRUNCATED naming the entry.
std::vector<Snapshot> read_snapshots(const Source& file, const Header& header);

// Checks that the L1 table of a snapshot is aligned, within the file, and large enough for its disk: to be
// called before it is used. Throws QCOW2_CORRUPT or QCOW2_TRUNCATED naming the entry.
void check_snapshot_l1(const Source& file, const Header& header, const Snapshot& snapshot);

// The snapshot with that id, or else the first one with that name: ids win, as in qemu. Throws
// ARGUMENT_INVALID where there is none.
const Snapshot& find_snapshot(const std::vector<Snapshot>& snapshots, const std::string& id_or_name);

}  // namespace omiforge::qcow2
