#include "format/qcow2/image.h"

#include <algorithm>
#include <cstring>

#include "codec/raw_inflate.h"
#include "codec/zstd_frames.h"
#include "format/external_file.h"
#include "format/qcow2/features.h"
#include "format/qcow2/header_file.h"

namespace omiforge::qcow2 {
namespace {

// Of a table as large as 2 MiB most readers want a few entries, and a chain of images has one for each.
constexpr std::uint64_t kSliceBytes = 65536;

Header read_checked_header(const File& file) {
  Header header = read_header(file);
  check_header_ranges(header, file.size());
  return header;
}

std::string at_guest(std::uint64_t guest_offset) {
  return " for guest offset " + std::to_string(guest_offset);
}

}  // namespace

Qcow2Image::Qcow2Image(File file, const ReadOptions& options)
    : file_(std::move(file)),
      header_(read_checked_header(file_)),
      refusal_(find_refusal(header_, options)),
      size_(header_.size) {
  if (refusal_) return;
  if (header_.has_data_file()) open_data_file(options);
  if (!options.snapshot) {
    load_l1(header_.l1_table, header_.l1_entries);
    return;
  }
  const std::vector<Snapshot> table = snapshots();
  const Snapshot& snapshot = find_snapshot(table, *options.snapshot);
  size_ = snapshot.disk_bytes;
  load_l1(snapshot.l1_table, snapshot.l1_entries);
}

void Qcow2Image::open_data_file(const ReadOptions& options) {
  if (options.snapshot) {
    fail(ErrorCode::kQcow2UnsupportedFeature,
         "keeps its data in an external file, of which there are no snapshots; leave the snapshot out");
  }
  if (header_.data_file.empty()) {
    fail(ErrorCode::kQcow2ExternalFile,
         "keeps its data in an external file that it does not name; write the name into it with 'qemu-img "
         "amend -o data_file=NAME'");
  }
  data_file_ = open_external(header_.data_file, file_.path(), options.external);
}

std::vector<std::string> Qcow2Image::external_files() const {
  if (!data_file_) return {};
  return {data_file_->path()};
}

std::vector<Snapshot> Qcow2Image::snapshots() const {
  if (has_unknown_incompatible(header_)) return {};
  return read_snapshots(file_, header_);
}

void Qcow2Image::load_l1(HostOffset table, std::uint32_t entries) {
  // Entries past the last one the disk needs (a table may be larger) are never looked at. Those that are
  // missing (the disk may have grown since a snapshot) allocate nothing.
  const std::uint64_t needed = header_.l1_entries_for(size_);
  l1_.resize(static_cast<std::size_t>(needed * kEntryBytes));
  const std::uint64_t stored = std::min<std::uint64_t>(needed, entries) * kEntryBytes;
  file_.read(table.value, {l1_.data(), static_cast<std::size_t>(stored)});
}

void Qcow2Image::fail(ErrorCode code, const std::string& message) const {
  throw Error(code, message, file_.path());
}

HostOffset Qcow2Image::l2_table_of(std::uint64_t l1_index) const {
  const HostOffset table = l2_table_offset(load_be64(l1_.data() + l1_index * kEntryBytes));
  if (table.value % header_.cluster_bytes() != 0) {
    fail(ErrorCode::kQcow2Corrupt, "L1 entry " + std::to_string(l1_index) + " names an L2 table at byte " +
                                       std::to_string(table.value) +
                                       ", which is no multiple of the cluster size; see 'omiforge check'");
  }
  if (table.value != 0 && !range_fits(table.value, header_.cluster_bytes(), file_.size())) {
    fail(ErrorCode::kQcow2Truncated, "L1 entry " + std::to_string(l1_index) + " names an L2 table at byte " +
                                         std::to_string(table.value) + ", past the end of the file at byte " +
                                         std::to_string(file_.size()) + "; the file was cut short");
  }
  return table;
}

// The entry at that byte of the L2 table.
const std::uint8_t* Qcow2Image::l2_entry_at(std::uint64_t offset) {
  const std::uint64_t bytes = std::min(kSliceBytes, header_.cluster_bytes());
  const HostOffset slice = l2_table_ + offset / bytes * bytes;
  if (l2_at_.value != slice.value) {
    l2_at_ = {0};
    l2_.resize(static_cast<std::size_t>(bytes));
    file_.read(slice.value, {l2_.data(), l2_.size()});
    l2_at_ = slice;
  }
  return l2_.data() + offset % bytes;
}

// A guest subcluster is counted from the beginning of the disk; without extended L2 entries it is a cluster.
ClusterMapping Qcow2Image::decode_entry(std::uint64_t subcluster) {
  const std::uint64_t index = subcluster / header_.subclusters() % header_.l2_entries();
  const std::uint8_t* entry = l2_entry_at(index * header_.l2_entry_bytes());
  const ClusterPlace place = header_.cluster_place();
  if (!header_.has_extended_l2()) return decode_l2_entry(load_be64(entry), header_.cluster_bits, place);
  return decode_extended_l2_entry(load_be64(entry), load_be64(entry + kEntryBytes), header_.cluster_bits,
                                  static_cast<std::uint32_t>(subcluster % kSubclusters), place);
}

// Where its bytes begin, not those of its cluster, unless it is compressed.
ClusterMapping Qcow2Image::mapping_of(std::uint64_t subcluster) {
  ClusterMapping mapping = decode_entry(subcluster);
  check_mapping(mapping, subcluster * header_.subcluster_bytes());
  if (mapping.has_host && mapping.kind != ClusterKind::kCompressed) {
    mapping.host = mapping.host + subcluster % header_.subclusters() * header_.subcluster_bytes();
  }
  return mapping;
}

void Qcow2Image::check_mapping(const ClusterMapping& mapping, std::uint64_t guest) const {
  if (mapping.fault != nullptr) {
    fail(ErrorCode::kQcow2Corrupt, mapping.fault + at_guest(guest) + "; see 'omiforge check'");
  }
  if (header_.version < 3 && mapping.kind == ClusterKind::kZero) {
    fail(ErrorCode::kQcow2Corrupt,
         "the zero flag is set" + at_guest(guest) + ", which version 2 does not have; see 'omiforge check'");
  }
  const bool stored = mapping.kind == ClusterKind::kAllocated || mapping.kind == ClusterKind::kCompressed;
  if (mapping.kind == ClusterKind::kAllocated && mapping.host.value % header_.cluster_bytes() != 0) {
    fail(ErrorCode::kQcow2Corrupt, "the data cluster" + at_guest(guest) + " is at byte " +
                                       std::to_string(mapping.host.value) +
                                       ", which is no multiple of the cluster size; see 'omiforge check'");
  }
  if (data_file_ && mapping.has_host) check_place(mapping, guest);
  // A cluster may be cut by the end of the file, but has to begin within it. So it is with a data file too,
  // which qemu makes as long as the disk at once: one that is shorter was cut.
  const File& file = cluster_file();
  if (stored && mapping.host.value >= file.size()) {
    throw Error(ErrorCode::kQcow2Truncated,
                "the data" + at_guest(guest) + " is at byte " + std::to_string(mapping.host.value) +
                    ", past the end of the file at byte " + std::to_string(file.size()) +
                    "; the file was cut short",
                file.path());
  }
}

// In a data file each cluster is where it is on the disk.
void Qcow2Image::check_place(const ClusterMapping& mapping, std::uint64_t guest) const {
  const std::uint64_t cluster = guest / header_.cluster_bytes() * header_.cluster_bytes();
  if (mapping.host.value == cluster) return;
  fail(ErrorCode::kQcow2Corrupt, "the data" + at_guest(guest) + " is at byte " +
                                     std::to_string(mapping.host.value) +
                                     " of the data file, where only its own offset is allowed; see "
                                     "'omiforge check'");
}

bool Qcow2Image::continues(const ClusterMapping& first, const ClusterMapping& next,
                           std::uint64_t subclusters) const {
  if (next.kind != first.kind) return false;
  if (next.has_host != first.has_host) return false;
  if (!first.has_host || first.kind == ClusterKind::kCompressed) return true;
  return next.host.value == first.host.value + subclusters * header_.subcluster_bytes();
}

Extent Qcow2Image::unallocated_extent(GuestOffset from, std::uint64_t limit) const {
  const std::uint64_t per_table = header_.l2_entries() * header_.cluster_bytes();
  const std::uint64_t tables = l1_.size() / kEntryBytes;
  std::uint64_t index = from.value / per_table + 1;
  while (index < tables && index * per_table - from.value < limit && l2_table_of(index).value == 0) ++index;
  return {from, std::min(limit, index * per_table - from.value), ExtentKind::kUnallocated, std::nullopt};
}

Extent Qcow2Image::next_extent(GuestOffset from, std::uint64_t limit) {
  if (refusal_) fail(refusal_->code(), refusal_->what());
  const std::uint64_t unit = header_.subcluster_bytes();
  const std::uint64_t per_table = header_.l2_entries() * header_.subclusters();
  const std::uint64_t subcluster = from.value / unit;
  const HostOffset table = l2_table_of(subcluster / per_table);
  if (table.value == 0) return unallocated_extent(from, limit);
  l2_table_ = table;
  const ClusterMapping first = mapping_of(subcluster);
  const std::uint64_t within = from.value % unit;
  const std::uint64_t to_table_end = per_table - subcluster % per_table;
  std::uint64_t count = 1;
  while (count < to_table_end && count * unit - within < limit &&
         continues(first, mapping_of(subcluster + count), count)) {
    ++count;
  }
  const std::uint64_t length = std::min(limit, count * unit - within);
  switch (first.kind) {
    case ClusterKind::kAllocated:
      return {from, length, ExtentKind::kData, first.host + within};
    case ClusterKind::kCompressed:
      return {from, length, ExtentKind::kCompressed, std::nullopt};
    case ClusterKind::kZero:
      return {from, length, ExtentKind::kZero,
              first.has_host ? std::optional<HostOffset>(first.host + within) : std::nullopt};
    case ClusterKind::kUnallocated:
      break;
  }
  return {from, length, ExtentKind::kUnallocated, std::nullopt};
}

void Qcow2Image::read_plain(HostOffset from, MutableBytes out) const {
  const File& file = cluster_file();
  const std::uint64_t in_file = file.size() - std::min(file.size(), from.value);
  const std::size_t stored = static_cast<std::size_t>(std::min<std::uint64_t>(out.size, in_file));
  // A writer need not fill the last cluster of the file; what is missing of it reads as zeros.
  file.read(from.value, out.slice(0, stored));
  std::memset(out.data + stored, 0, out.size - stored);
}

void Qcow2Image::inflate_cluster(std::uint64_t guest_cluster) {
  if (cluster_index_ == guest_cluster) return;
  cluster_index_.reset();
  const ClusterMapping mapping = mapping_of(guest_cluster * header_.subclusters());
  // The last sector is counted in full though the data may end before, even before the end of the file.
  const std::uint64_t length = std::min(mapping.compressed_bytes, file_.size() - mapping.host.value);
  compressed_.resize(static_cast<std::size_t>(length));
  cluster_.resize(static_cast<std::size_t>(header_.cluster_bytes()));
  file_.read(mapping.host.value, {compressed_.data(), compressed_.size()});
  const bool is_zstd = header_.compression_type == static_cast<std::uint8_t>(CompressionType::kZstd);
  const auto decompress = is_zstd ? codec::decompress_zstd_exactly : codec::inflate_exactly;
  if (!decompress({compressed_.data(), compressed_.size()}, {cluster_.data(), cluster_.size()})) {
    fail(ErrorCode::kQcow2Corrupt, "the compressed cluster at byte " + std::to_string(mapping.host.value) +
                                       at_guest(guest_cluster * header_.cluster_bytes()) +
                                       " does not inflate to one cluster; the image is damaged");
  }
  cluster_index_ = guest_cluster;
}

void Qcow2Image::read_stored(const Extent& extent, MutableBytes out) {
  if (extent.kind == ExtentKind::kData) {
    read_plain(*extent.host, out);
    return;
  }
  // next_extent has just looked into the L2 table that maps the whole extent.
  std::size_t done = 0;
  while (done < out.size) {
    const std::uint64_t at = extent.start.value + done;
    const std::size_t within = static_cast<std::size_t>(at % header_.cluster_bytes());
    inflate_cluster(at / header_.cluster_bytes());
    const std::size_t count = std::min(out.size - done, cluster_.size() - within);
    std::memcpy(out.data + done, cluster_.data() + within, count);
    done += count;
  }
}

}  // namespace omiforge::qcow2
