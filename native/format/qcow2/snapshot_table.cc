#include "format/qcow2/snapshot_table.h"

#include <array>

#include "format/qcow2/table_read.h"

namespace omiforge::qcow2 {
namespace {

// The limits of qemu.
constexpr std::uint32_t kMaxSnapshots = 65536;
constexpr std::uint64_t kMaxTableBytes = 64 * 1024 * 1024;
constexpr std::uint32_t kMaxExtraBytes = 1024;

constexpr std::size_t kFixedBytes = 40;

[[noreturn]] void corrupt(const File& file, const std::string& what) {
  throw Error(ErrorCode::kQcow2Corrupt, what + "; the image is damaged", file.path());
}

}  // namespace

SnapshotTable read_snapshot_table(const File& file, const Header& header) {
  if (header.snapshot_count > kMaxSnapshots) {
    corrupt(file,
            "states " + std::to_string(header.snapshot_count) + " snapshots; allowed are at most 65536");
  }
  SnapshotTable table;
  for (std::uint32_t i = 0; i < header.snapshot_count; ++i) {
    // Entries begin at multiples of 8; a table begins at one of the cluster size.
    const std::uint64_t at = divide_up(table.bytes, 8) * 8;
    std::array<std::uint8_t, kFixedBytes> fixed{};
    read_table(file, header.snapshot_table + at, {fixed.data(), fixed.size()});
    const SnapshotEntry entry{
        {load_be64(fixed.data())}, load_be32(fixed.data() + 8), load_be32(fixed.data() + 36)};
    if (entry.extra_bytes > kMaxExtraBytes) {
      corrupt(file, "snapshot table entry " + std::to_string(i) + " states " +
                        std::to_string(entry.extra_bytes) + " bytes of extra data; allowed are at most 1024");
    }
    const std::uint64_t id_bytes = load_be16(fixed.data() + 12);
    const std::uint64_t name_bytes = load_be16(fixed.data() + 14);
    table.bytes = at + kFixedBytes + entry.extra_bytes + id_bytes + name_bytes;
    if (table.bytes > kMaxTableBytes) {
      corrupt(file, "the snapshot table is longer than 64 MiB at entry " + std::to_string(i));
    }
    table.entries.push_back(entry);
  }
  return table;
}

}  // namespace omiforge::qcow2
