#include "format/qcow2/check.h"

#include "format/qcow2/bitmap_directory.h"
#include "format/qcow2/header_file.h"
#include "format/qcow2/snapshot_table.h"

namespace omiforge::qcow2 {
namespace {

constexpr std::uint64_t kStepBytes = 4 * 1024 * 1024;
// The limits of qemu.
constexpr std::uint64_t kMaxHostClusters = 0x7fffffff;
constexpr std::uint32_t kMaxL1Entries = 32 * 1024 * 1024 / kEntryBytes;

std::uint64_t count_file_clusters(const Source& file, const Header& header) {
  // As qemu, which needs the key.
  check_can_be_opened(header);
  const std::uint64_t clusters = divide_up(file.size(), header.cluster_bytes());
  if (clusters <= kMaxHostClusters) return clusters;
  throw Error(ErrorCode::kImageTooLarge,
              "is a file of " + std::to_string(clusters) +
                  " clusters; at most 2147483647 can be checked; convert it to larger clusters first",
              file.path());
}

}  // namespace

Checker::Checker(File file)
    : file_(std::move(file)),
      header_(read_header(file_)),
      file_clusters_(count_file_clusters(file_, header_)),
      refcounts_(file_, header_),
      references_(file_.size(), header_.cluster_bits, report_),
      l2_(static_cast<std::size_t>(header_.cluster_bytes())) {
  report_.total_clusters = divide_up(header_.size, header_.cluster_bytes());
  // The header is there, whatever its refcount says.
  report_.image_end = header_.cluster_bytes();
  count_fixed_tables();
  count_snapshots();
  count_bitmaps();
}

void Checker::count_fixed_tables() {
  references_.count_data({0}, header_.cluster_bytes(), 1);
  const std::uint64_t l1_bytes = header_.l1_entries * kEntryBytes;
  references_.count_table(header_.l1_table, l1_bytes, 1, "the L1 table");
  references_.count_table(header_.refcount_table, header_.refcount_table_clusters * header_.cluster_bytes(),
                          1, "the refcount table");
  if (header_.l1_table.value < file_.size()) {
    RangeSweep active;
    active.add(header_.l1_table.value, header_.l1_table.value + l1_bytes);
    active_l1_ = EntryStream(active.runs());
  }
}

void Checker::count_snapshots() {
  const SnapshotTable table = read_snapshot_table(file_, header_);
  if (header_.has_data_file() && !table.snapshots.empty()) {
    report_.add_corruption(1, [] { return std::string("snapshots in an image with a data file"); });
  }
  references_.count_table(header_.snapshot_table, table.bytes, 1, "the snapshot table");
  RangeSweep entries;
  RangeSweep clusters;
  for (std::size_t i = 0; i < table.snapshots.size(); ++i) {
    const Snapshot& entry = table.snapshots[i];
    const auto name = [i] { return "snapshot table entry " + std::to_string(i); };
    if (header_.version >= 3 && !entry.states_disk_bytes()) {
      report_.add_corruption(1, [&] { return name() + " lacks the size of the disk"; });
    }
    if (!is_aligned(entry.l1_table) || entry.l1_entries > kMaxL1Entries) {
      report_.add_corruption(1, [&] { return name() + " names an L1 table that is unaligned or too large"; });
      continue;
    }
    const std::uint64_t bytes = entry.l1_entries * kEntryBytes;
    const std::uint64_t at = entry.l1_table.value;
    if (references_.accept_table({at}, bytes, 1, "the L1 table of a snapshot")) {
      clusters.add(at, divide_up(at + bytes, header_.cluster_bytes()) * header_.cluster_bytes());
    }
    if (at < file_.size()) entries.add(at, at + bytes);
  }
  for (const RangeSweep::Run& run : clusters.runs()) references_.count_range(run.begin, run.end, run.times);
  snapshot_l1_ = EntryStream(entries.runs());
}

void Checker::count_bitmaps() {
  if (!header_.bitmaps || !header_.has_consistent_bitmaps()) return;
  RangeSweep entries;
  RangeSweep clusters;
  for (const Bitmap& bitmap : read_bitmap_directory(file_, header_, *header_.bitmaps)) {
    const std::uint64_t bytes = bitmap.table_entries * kEntryBytes;
    const std::uint64_t at = bitmap.table.value;
    if (references_.accept_table({at}, bytes, 1, "a bitmap table")) {
      clusters.add(at, divide_up(at + bytes, header_.cluster_bytes()) * header_.cluster_bytes());
    }
    if (at < file_.size()) entries.add(at, at + bytes);
  }
  references_.count_table(header_.bitmaps->directory, header_.bitmaps->directory_bytes, 1,
                          "the bitmap directory");
  for (const RangeSweep::Run& run : clusters.runs()) references_.count_range(run.begin, run.end, run.times);
  bitmap_tables_ = EntryStream(entries.runs());
}

Checker::Progress Checker::step() {
  left_in_step_ = kStepBytes;
  while (left_in_step_ > 0 && phase_ != Phase::kDone) {
    if (advance()) continue;
    phase_ = static_cast<Phase>(static_cast<int>(phase_) + 1);
    cursor_ = 0;
    if (phase_ == Phase::kL2) {
      next_l2_ = l2_tables_.begin();
      // The refcount blocks are gone through twice.
      total_bytes_ = done_bytes_ + l2_tables_.size() * header_.cluster_bytes() +
                     bitmap_tables_.total_bytes() + refcounts_.table_entries() * header_.cluster_bytes();
    }
  }
  return {phase_ == Phase::kDone, done_bytes_, total_bytes_};
}

bool Checker::advance() {
  switch (phase_) {
    case Phase::kRefcounts:
      return note_refcounts();
    case Phase::kActiveL1:
      return visit_l1(active_l1_, true);
    case Phase::kSnapshotL1:
      return visit_l1(snapshot_l1_, false);
    case Phase::kL2:
      return visit_l2();
    case Phase::kBitmaps:
      return visit_bitmap_tables();
    case Phase::kBlocks:
      return count_refcount_blocks();
    case Phase::kCompare:
      return compare_block();
    case Phase::kDone:
      break;
  }
  return false;
}

void Checker::charge(std::uint64_t bytes) {
  done_bytes_ += bytes;
  left_in_step_ -= std::min(left_in_step_, std::max<std::uint64_t>(bytes, 1));
}

// Which refcounts are one is all that the copied flags need, and fits into a bit for each cluster.
bool Checker::note_refcounts() {
  const std::uint64_t first = cursor_ * refcounts_.clusters_per_block();
  if (cursor_ == refcounts_.table_entries() || first >= file_clusters_) return false;
  const std::uint64_t count = std::min(refcounts_.clusters_per_block(), file_clusters_ - first);
  if (refcounts_.load_block(cursor_) == Refcounts::Block::kLoaded) {
    for (std::uint64_t i = 0; i < count; ++i) {
      if (refcounts_.loaded_refcount(i) == 1) references_.counts().mark_refcount_one(first + i);
    }
  }
  ++cursor_;
  charge(header_.cluster_bytes());
  return true;
}

bool Checker::visit_l1(EntryStream& tables, bool is_active) {
  const std::uint64_t bytes =
      tables.advance(file_, [&](std::uint64_t entry, HostOffset at, std::uint64_t times) {
        visit_l1_entry(entry, at, times, is_active);
      });
  charge(bytes);
  return bytes != 0;
}

bool Checker::visit_l2() {
  if (next_l2_ == l2_tables_.end()) return false;
  visit_l2_table({next_l2_->first}, next_l2_->second);
  ++next_l2_;
  charge(header_.cluster_bytes());
  return true;
}

bool Checker::visit_bitmap_tables() {
  const std::uint64_t bytes =
      bitmap_tables_.advance(file_, [&](std::uint64_t entry, HostOffset at, std::uint64_t times) {
        const HostOffset cluster = bitmap_cluster_offset(entry);
        if (has_reserved_bitmap_bits(entry) || !is_aligned(cluster)) {
          report_.add_corruption(times, [&] {
            return "the bitmap table entry at byte " + std::to_string(at.value) +
                   " is unaligned or has reserved bits set";
          });
        } else if (cluster.value != 0) {
          references_.count_data(cluster, header_.cluster_bytes(), times);
        }
      });
  charge(bytes);
  return bytes != 0;
}

}  // namespace omiforge::qcow2
