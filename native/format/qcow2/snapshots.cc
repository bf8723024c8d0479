#include "format/qcow2/snapshots.h"

#include <algorithm>

namespace omiforge::qcow2 {
namespace {

constexpr std::uint64_t kFixedBytes = 40;
// Of the extra data: the size of the VM state, the size of the disk, the instruction count.
constexpr std::uint64_t kVmStateEnd = 8;
constexpr std::uint64_t kDiskSizeEnd = 16;
constexpr std::uint64_t kInstructionCountEnd = 24;
constexpr std::uint64_t kNoInstructionCount = ~std::uint64_t{0};
// The limits of qemu.
constexpr std::uint32_t kMaxExtraBytes = 1024;
constexpr std::uint64_t kMaxTableBytes = 64 * 1024 * 1024;
constexpr std::uint64_t kMaxNamesInMessage = 10;

// Takes the table apart, one entry after the other.
class TableReader {
 public:
  TableReader(const File& file, const Header& header)
      : file_(file), header_(header), at_(header.snapshot_table.value) {}

  Snapshot next() {
    at_ = divide_up(at_, 8) * 8;
    take(kFixedBytes);
    const std::uint8_t* fixed = bytes_.data();
    Snapshot snapshot;
    snapshot.l1_table = {load_be64(fixed)};
    snapshot.l1_entries = load_be32(fixed + 8);
    const std::uint64_t id_bytes = load_be16(fixed + 12);
    const std::uint64_t name_bytes = load_be16(fixed + 14);
    snapshot.date_seconds = load_be32(fixed + 16);
    snapshot.date_nanoseconds = load_be32(fixed + 20);
    snapshot.vm_clock_nanoseconds = load_be64(fixed + 24);
    snapshot.vm_state_bytes = load_be32(fixed + 32);
    const std::uint32_t extra_bytes = load_be32(fixed + 36);
    if (extra_bytes > kMaxExtraBytes) {
      corrupt("has " + std::to_string(extra_bytes) + " bytes of extra data; at most 1024 are allowed");
    }
    take(extra_bytes + id_bytes + name_bytes);
    read_extra(extra_bytes, snapshot);
    const char* text = reinterpret_cast<const char*>(bytes_.data()) + extra_bytes;
    snapshot.id.assign(text, id_bytes);
    snapshot.name.assign(text + id_bytes, name_bytes);
    check_l1(snapshot, extra_bytes >= kDiskSizeEnd);
    ++index_;
    return snapshot;
  }

 private:
  std::string entry() const { return "snapshot table entry " + std::to_string(index_) + " "; }

  [[noreturn]] void corrupt(const std::string& message) const {
    throw Error(ErrorCode::kQcow2Corrupt, entry() + message + "; see 'qemu-img check'", file_.path());
  }
  [[noreturn]] void truncated(const std::string& what, std::uint64_t at) const {
    throw Error(ErrorCode::kQcow2Truncated,
                entry() + what + " at byte " + std::to_string(at) + ", past the end of the file at byte " +
                    std::to_string(file_.size()) + "; the file was cut short",
                file_.path());
  }

  // Reads the next bytes of the table into bytes_.
  void take(std::uint64_t count) {
    if (!range_fits(at_, count, file_.size())) truncated("ends", at_ + count);
    taken_ += count;
    if (taken_ > kMaxTableBytes) corrupt("goes beyond the 64 MiB that a snapshot table may have");
    bytes_.resize(static_cast<std::size_t>(count));
    file_.read(at_, {bytes_.data(), bytes_.size()});
    at_ += count;
  }

  void read_extra(std::uint64_t length, Snapshot& snapshot) const {
    const std::uint8_t* extra = bytes_.data();
    snapshot.disk_bytes = header_.size;
    if (length >= kVmStateEnd) snapshot.vm_state_bytes = load_be64(extra);
    if (length >= kDiskSizeEnd) snapshot.disk_bytes = load_be64(extra + kVmStateEnd);
    if (length < kInstructionCountEnd) return;
    const std::uint64_t count = load_be64(extra + kDiskSizeEnd);
    if (count != kNoInstructionCount) snapshot.instruction_count = count;
  }

  void check_l1(const Snapshot& snapshot, bool states_disk_size) const {
    const std::uint64_t at = snapshot.l1_table.value;
    if (at % header_.cluster_bytes() != 0) {
      corrupt("names an L1 table at byte " + std::to_string(at) +
              ", which is no multiple of the cluster size");
    }
    const std::uint64_t l1_bytes = std::uint64_t{snapshot.l1_entries} * kEntryBytes;
    if (l1_bytes > kMaxL1Bytes) {
      corrupt("names an L1 table of " + std::to_string(l1_bytes) + " bytes; at most 32 MiB are allowed");
    }
    if (!range_fits(at, l1_bytes, file_.size())) {
      truncated("names an L1 table of " + std::to_string(l1_bytes) + " bytes", at);
    }
    // The active disk may have grown since an entry that does not tell its own size was written.
    const std::uint64_t needed = header_.l1_entries_for(snapshot.disk_bytes);
    if (states_disk_size && snapshot.l1_entries < needed) {
      corrupt("names an L1 table of " + std::to_string(snapshot.l1_entries) + " entries; a disk of " +
              std::to_string(snapshot.disk_bytes) + " bytes needs " + std::to_string(needed));
    }
  }

  const File& file_;
  const Header& header_;
  std::uint64_t at_;
  std::uint64_t taken_ = 0;
  std::uint32_t index_ = 0;
  std::vector<std::uint8_t> bytes_;
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
  TableReader table(file, header);
  std::vector<Snapshot> snapshots;
  for (std::uint32_t i = 0; i < header.snapshot_count; ++i) snapshots.push_back(table.next());
  return snapshots;
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
