#include "format/qcow2/snapshots.h"

#include <algorithm>

namespace omiforge::qcow2 {
namespace {

constexpr std::uint64_t kMaxNamesInMessage = 10;

// Checks one entry of the table of that file.
class EntryCheck {
 public:
  EntryCheck(const File& file, const Header& header, std::size_t index)
      : file_(file), header_(header), index_(index) {}

  void check_end(const Snapshot& snapshot) const {
    const HostOffset table = header_.snapshot_table;
    if (range_fits(table.value, snapshot.entry_end_bytes, header_.last_cluster_end(file_.size()))) return;
    truncated("ends", (table + snapshot.entry_end_bytes).value);
  }

  void check_l1(const Snapshot& snapshot) const {
    const std::uint64_t at = snapshot.l1_table.value;
    if (at % header_.cluster_bytes() != 0) {
      corrupt("names an L1 table at byte " + std::to_string(at) +
              ", which is no multiple of the cluster size");
    }
    const std::uint64_t l1_bytes = std::uint64_t{snapshot.l1_entries} * kEntryBytes;
    if (l1_bytes > kMaxL1Bytes) {
      corrupt("names an L1 table of " + std::to_string(l1_bytes) + " bytes; at most 32 MiB are allowed");
    }
    if (!range_fits(at, l1_bytes, header_.last_cluster_end(file_.size()))) {
      truncated("names an L1 table of " + std::to_string(l1_bytes) + " bytes", at);
    }
    // The active disk may have grown since an entry that does not tell its own size was written.
    const std::uint64_t needed = header_.l1_entries_for(snapshot.disk_bytes);
    if (snapshot.states_disk_bytes() && snapshot.l1_entries < needed) {
      corrupt("names an L1 table of " + std::to_string(snapshot.l1_entries) + " entries; a disk of " +
              std::to_string(snapshot.disk_bytes) + " bytes needs " + std::to_string(needed));
    }
  }

 private:
  std::string entry() const { return "snapshot table entry " + std::to_string(index_) + " "; }

  [[noreturn]] void corrupt(const std::string& message) const {
    throw Error(ErrorCode::kQcow2Corrupt, entry() + message + "; see 'omiforge check'", file_.path());
  }

  [[noreturn]] void truncated(const std::string& what, std::uint64_t at) const {
    throw Error(ErrorCode::kQcow2Truncated,
                entry() + what + " at byte " + std::to_string(at) + ", past the end of the file at byte " +
                    std::to_string(file_.size()) + "; the file was cut short",
                file_.path());
  }

  const File& file_;
  const Header& header_;
  std::size_t index_;
};

std::string list_names(const std::vector<Snapshot>& snapshots) {
  if (snapshots.empty()) return "it has none";
  std::string list = "it has ";
  for (std::size_t i = 0; i < snapshots.size() && i < kMaxNamesInMessage; ++i) {
    list += (i == 0 ? "" : ", ") + snapshots[i].id + " ('" + snapshots[i].name + "')";
  }
  return snapshots.size() > kMaxNamesInMessage ? list + " and more" : list;
}

}  // namespace

std::vector<Snapshot> read_snapshots(const File& file, const Header& header) {
  SnapshotTable table = read_snapshot_table(file, header);
  for (std::size_t i = 0; i < table.snapshots.size(); ++i) {
    const EntryCheck check(file, header, i);
    check.check_end(table.snapshots[i]);
    check.check_l1(table.snapshots[i]);
  }
  return std::move(table.snapshots);
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
