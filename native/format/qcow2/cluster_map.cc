#include "format/qcow2/cluster_map.h"

#include <algorithm>

#include "format/qcow2/table_read.h"

namespace omiforge::qcow2 {
namespace {

// Of a table as large as 2 MiB most readers want a few entries, and a chain of images has one for each.
constexpr std::uint64_t kSliceBytes = 65536;
// What L2 tables that are named again may map: a few seconds' worth, and more than in any image in use.
constexpr std::uint64_t kMostSharedBytes = std::uint64_t{4} << 30;

}  // namespace

std::string at_guest(std::uint64_t guest_offset) {
  return " for guest offset " + std::to_string(guest_offset);
}

ClusterMap::ClusterMap(const Source& file, const Header& header, const Source* data_file, L1Table l1,
                       std::uint64_t disk_bytes)
    : file_(file),
      header_(header),
      data_file_(data_file),
      l1_(static_cast<std::size_t>(header.l1_entries_for(disk_bytes) * kEntryBytes)) {
  // Entries past the last one the disk needs (a table may be larger) are never looked at. Those that are
  // missing (the disk may have grown since a snapshot) allocate nothing.
  const std::uint64_t stored = std::min<std::uint64_t>(l1_.size(), l1.entries * kEntryBytes);
  read_table(file_, l1.at, {l1_.data(), static_cast<std::size_t>(stored)});
}

void ClusterMap::fail(ErrorCode code, const std::string& message) const {
  throw Error(code, message, file_.path());
}

// Nothing that writes images shares L2 tables within one state of a disk. Where a hostile one does, each use
// costs as if it were another table, so that a file of nothing could keep a machine busy for days.
std::optional<Error> ClusterMap::find_sharing() const {
  std::vector<std::uint64_t> tables;
  for (std::size_t at = 0; at < l1_.size(); at += kEntryBytes) {
    const HostOffset table = l2_table_offset(load_be64(l1_.data() + at));
    if (table.value != 0) tables.push_back(table.value);
  }
  std::sort(tables.begin(), tables.end());
  const auto distinct =
      static_cast<std::size_t>(std::distance(tables.begin(), std::unique(tables.begin(), tables.end())));
  const std::uint64_t table_bytes = header_.l2_entries() * header_.cluster_bytes();
  if (tables.size() - distinct <= std::max<std::uint64_t>(kMostSharedBytes / table_bytes, 1)) {
    return std::nullopt;
  }
  return Error(ErrorCode::kQcow2Corrupt, "names " + std::to_string(distinct) + " L2 tables with " +
                                             std::to_string(tables.size()) +
                                             " L1 entries, where each has to have its own; see 'omiforge "
                                             "check'");
}

bool ClusterMap::is_empty(std::uint64_t table) const {
  const HostOffset at = l2_table_of(table);
  if (at.value == 0) return true;
  // The one that was used last has entries, most likely.
  if (l1_index_ == table) return false;
  return file_.next_data(at.value) >= std::min(at.value + header_.cluster_bytes(), file_.size());
}

HostOffset ClusterMap::l2_table_of(std::uint64_t l1_index) const {
  const HostOffset table = l2_table_offset(load_be64(l1_.data() + l1_index * kEntryBytes));
  if (table.value % header_.cluster_bytes() != 0) {
    fail(ErrorCode::kQcow2Corrupt, "L1 entry " + std::to_string(l1_index) + " names an L2 table at byte " +
                                       std::to_string(table.value) +
                                       ", which is no multiple of the cluster size; see 'omiforge check'");
  }
  if (table.value != 0 && table.value >= file_.size()) {
    fail(ErrorCode::kQcow2Truncated, "L1 entry " + std::to_string(l1_index) + " names an L2 table at byte " +
                                         std::to_string(table.value) + ", past the end of the file at byte " +
                                         std::to_string(file_.size()) + "; the file was cut short");
  }
  return table;
}

// The entry at that byte of the L2 table.
const std::uint8_t* ClusterMap::l2_entry_at(std::uint64_t offset) {
  const std::uint64_t bytes = std::min(kSliceBytes, header_.cluster_bytes());
  const HostOffset slice = l2_table_ + offset / bytes * bytes;
  if (l2_at_.value != slice.value) {
    l2_at_ = {0};
    l2_.resize(static_cast<std::size_t>(bytes));
    read_table(file_, slice, {l2_.data(), l2_.size()});
    l2_at_ = slice;
  }
  return l2_.data() + offset % bytes;
}

ClusterMapping ClusterMap::decode_entry(std::uint64_t subcluster) {
  const std::uint64_t index = subcluster / header_.subclusters() % header_.l2_entries();
  const std::uint8_t* entry = l2_entry_at(index * header_.l2_entry_bytes());
  const ClusterPlace place = header_.cluster_place();
  if (!header_.has_extended_l2()) return decode_l2_entry(load_be64(entry), header_.cluster_bits, place);
  return decode_extended_l2_entry(load_be64(entry), load_be64(entry + kEntryBytes), header_.cluster_bits,
                                  static_cast<std::uint32_t>(subcluster % kSubclusters), place);
}

ClusterMapping ClusterMap::at(std::uint64_t subcluster) {
  const std::uint64_t index = subcluster / header_.subclusters() / header_.l2_entries();
  if (l1_index_ != index) {
    l1_index_.reset();
    l2_table_ = l2_table_of(index);
    l1_index_ = index;
  }
  if (l2_table_.value == 0) return {};
  ClusterMapping mapping = decode_entry(subcluster);
  check_mapping(mapping, subcluster * header_.subcluster_bytes());
  if (mapping.has_host && mapping.kind != ClusterKind::kCompressed) {
    mapping.host = mapping.host + subcluster % header_.subclusters() * header_.subcluster_bytes();
  }
  return mapping;
}

void ClusterMap::check_mapping(const ClusterMapping& mapping, std::uint64_t guest) const {
  if (mapping.fault != nullptr) {
    fail(ErrorCode::kQcow2Corrupt, mapping.fault + at_guest(guest) + "; see 'omiforge check'");
  }
  if (header_.version < 3 && mapping.kind == ClusterKind::kZero) {
    fail(ErrorCode::kQcow2Corrupt,
         "the zero flag is set" + at_guest(guest) + ", which version 2 does not have; see 'omiforge check'");
  }
  const bool stored = mapping.kind == ClusterKind::kAllocated || mapping.kind == ClusterKind::kCompressed;
  // As in qemu, also of a cluster that only has room for this part of the disk.
  if (mapping.kind != ClusterKind::kCompressed && mapping.host.value % header_.cluster_bytes() != 0) {
    fail(ErrorCode::kQcow2Corrupt, "the data cluster" + at_guest(guest) + " is at byte " +
                                       std::to_string(mapping.host.value) +
                                       ", which is no multiple of the cluster size; see 'omiforge check'");
  }
  if (data_file_ != nullptr && mapping.has_host) check_place(mapping, guest);
  // A cluster may be cut by the end of the file, but has to begin within it. So it is with a data file too,
  // which qemu makes as long as the disk at once: one that is shorter was cut.
  const Source& file = data_file_ == nullptr ? file_ : *data_file_;
  if (stored && mapping.host.value >= file.size()) {
    throw Error(ErrorCode::kQcow2Truncated,
                "the data" + at_guest(guest) + " is at byte " + std::to_string(mapping.host.value) +
                    ", past the end of the file at byte " + std::to_string(file.size()) +
                    "; the file was cut short",
                file.path());
  }
}

// In a data file each cluster is where it is on the disk.
void ClusterMap::check_place(const ClusterMapping& mapping, std::uint64_t guest) const {
  const std::uint64_t cluster = guest / header_.cluster_bytes() * header_.cluster_bytes();
  if (mapping.host.value == cluster) return;
  fail(ErrorCode::kQcow2Corrupt, "the data" + at_guest(guest) + " is at byte " +
                                     std::to_string(mapping.host.value) +
                                     " of the data file, where only its own offset is allowed; see "
                                     "'omiforge check'");
}

}  // namespace omiforge::qcow2
