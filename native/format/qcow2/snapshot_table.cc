#include "format/qcow2/snapshot_table.h"

#include "format/qcow2/table_read.h"

namespace omiforge::qcow2 {
namespace {

constexpr std::uint64_t kFixedBytes = 40;
// Of the extra data: the size of the VM state, the size of the disk, the instruction count.
constexpr std::uint32_t kVmStateEnd = 8;
constexpr std::uint32_t kDiskSizeEnd = 16;
constexpr std::uint32_t kInstructionCountEnd = 24;
constexpr std::uint64_t kNoInstructionCount = ~std::uint64_t{0};
// The limits of qemu.
constexpr std::uint64_t kMaxTableBytes = 64 * 1024 * 1024;
constexpr std::uint32_t kMaxExtraBytes = 1024;

// Takes the table apart, one entry after the other.
class TableReader {
 public:
  TableReader(const Source& file, const Header& header) : file_(file), header_(header) {}

  Snapshot next() {
    // Entries begin at multiples of 8; a table begins at one of the cluster size.
    taken_ = divide_up(taken_, 8) * 8;
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
    snapshot.extra_bytes = load_be32(fixed + 36);
    if (snapshot.extra_bytes > kMaxExtraBytes) {
      corrupt("has " + std::to_string(snapshot.extra_bytes) +
              " bytes of extra data; at most 1024 are allowed");
    }
    take(snapshot.extra_bytes + id_bytes + name_bytes);
    read_extra(snapshot);
    const char* text = reinterpret_cast<const char*>(bytes_.data()) + snapshot.extra_bytes;
    snapshot.id.assign(text, id_bytes);
    snapshot.name.assign(text + id_bytes, name_bytes);
    snapshot.entry_end_bytes = taken_;
    snapshot.index = index_++;
    return snapshot;
  }

  std::uint64_t taken() const { return taken_; }

 private:
  [[noreturn]] void corrupt(const std::string& message) const {
    throw Error(ErrorCode::kQcow2Corrupt,
                "snapshot table entry " + std::to_string(index_) + " " + message + "; see 'omiforge check'",
                file_.path());
  }

  // Reads the next bytes of the table into bytes_.
  void take(std::uint64_t count) {
    if (taken_ + count > kMaxTableBytes) corrupt("goes beyond the 64 MiB that a snapshot table may have");
    bytes_.resize(static_cast<std::size_t>(count));
    read_table(file_, header_.snapshot_table + taken_, {bytes_.data(), bytes_.size()});
    taken_ += count;
  }

  void read_extra(Snapshot& snapshot) const {
    const std::uint8_t* extra = bytes_.data();
    snapshot.disk_bytes = header_.size;
    if (snapshot.extra_bytes >= kVmStateEnd) snapshot.vm_state_bytes = load_be64(extra);
    if (snapshot.states_disk_bytes()) snapshot.disk_bytes = whole_sectors(load_be64(extra + kVmStateEnd));
    if (snapshot.extra_bytes < kInstructionCountEnd) return;
    const std::uint64_t count = load_be64(extra + kDiskSizeEnd);
    if (count != kNoInstructionCount) snapshot.instruction_count = count;
  }

  const Source& file_;
  const Header& header_;
  std::uint64_t taken_ = 0;
  std::uint32_t index_ = 0;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace

bool Snapshot::states_disk_bytes() const { return extra_bytes >= kDiskSizeEnd; }

SnapshotTable read_snapshot_table(const Source& file, const Header& header) {
  TableReader reader(file, header);
  SnapshotTable table;
  // The header loader allows at most 65536.
  for (std::uint32_t i = 0; i < header.snapshot_count; ++i) table.snapshots.push_back(reader.next());
  table.bytes = reader.taken();
  return table;
}

}  // namespace omiforge::qcow2
