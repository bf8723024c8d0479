#include "format/qcow2/snapshots.h"

#include <algorithm>

namespace omiforge::qcow2 {
namespace {

constexpr std::uint64_t kMaxNamesInMessage = 10;

std::string entry(const Snapshot& snapshot) {
  return "snapshot table entry " + std::to_string(snapshot.index) + " ";
}

[[noreturn]] void truncated(const Source& file, const std::string& what, std::uint64_t at) {
  throw Error(ErrorCode::kQcow2Truncated,
              what + " at byte " + std::to_string(at) + ", past the end of the file at byte " +
                  std::to_string(file.size()) + "; the file was cut short",
              file.path());
}

std::string list_names(const std::vector<Snapshot>& snapshots) {
  if (snapshots.empty()) return "it has none";
  std::string list = "it has ";
  for (std::size_t i = 0; i < snapshots.size() && i < kMaxNamesInMessage; ++i) {
    list += (i == 0 ? "" : ", ") + snapshots[i].id + " ('" + snapshots[i].name + "')";
  }
  return snapshots.size() > kMaxNamesInMessage ? list + " and more" : list;
}

}  // namespace

std::vector<Snapshot> read_snapshots(const Source& file, const Header& header) {
  SnapshotTable table = read_snapshot_table(file, header);
  const std::uint64_t at = header.snapshot_table.value;
  for (const Snapshot& snapshot : table.snapshots) {
    if (range_fits(at, snapshot.entry_end_bytes, header.last_cluster_end(file.size()))) continue;
    truncated(file, entry(snapshot) + "ends", at + snapshot.entry_end_bytes);
  }
  return std::move(table.snapshots);
}

void check_snapshot_l1(const Source& file, const Header& header, const Snapshot& snapshot) {
  const auto corrupt = [&](const std::string& message) {
    throw Error(ErrorCode::kQcow2Corrupt, entry(snapshot) + message + "; see 'omiforge check'", file.path());
  };
  const std::uint64_t at = snapshot.l1_table.value;
  if (at % header.cluster_bytes() != 0) {
    corrupt("names an L1 table at byte " + std::to_string(at) + ", which is no multiple of the cluster size");
  }
  const std::uint64_t l1_bytes = std::uint64_t{snapshot.l1_entries} * kEntryBytes;
  const std::string table = "names an L1 table of " + std::to_string(l1_bytes) + " bytes";
  if (l1_bytes > kMaxL1Bytes) corrupt(table + "; at most 32 MiB are allowed");
  if (!range_fits(at, l1_bytes, header.last_cluster_end(file.size()))) {
    truncated(file, entry(snapshot) + table, at);
  }
  // The active disk may have grown since an entry that does not tell its own size was written.
  const std::uint64_t needed = header.l1_entries_for(snapshot.disk_bytes);
  if (snapshot.states_disk_bytes() && snapshot.l1_entries < needed) {
    corrupt("names an L1 table of " + std::to_string(snapshot.l1_entries) + " entries; a disk of " +
            std::to_string(snapshot.disk_bytes) + " bytes needs " + std::to_string(needed));
  }
}

const Snapshot& find_snapshot(const std::vector<Snapshot>& snapshots, const std::string& id_or_name) {
  const auto end = snapshots.end();
  auto found =
      std::find_if(snapshots.begin(), end, [&](const Snapshot& one) { return one.id == id_or_name; });
  if (found == end) {
    found = std::find_if(snapshots.begin(), end, [&](const Snapshot& one) { return one.name == id_or_name; });
  }
  if (found == end) {
    throw Error(ErrorCode::kArgumentInvalid,
                "has no snapshot with the id or the name '" + id_or_name + "'; " + list_names(snapshots));
  }
  return *found;
}

}  // namespace omiforge::qcow2
