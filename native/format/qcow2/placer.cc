#include "format/qcow2/placer.h"

#include <algorithm>

#include "image/segment.h"

namespace omiforge::qcow2 {
namespace {

// L1 entries: enough for 512 TiB with clusters of 64 KiB.
constexpr std::uint64_t kMostTables = std::uint64_t{1} << 20;
// Of all L2 tables that are remembered; and so many tables, as each is looked at for each block.
constexpr std::size_t kMostAwaitedRuns = std::size_t{1} << 20;
constexpr std::size_t kMostAwaitedTables = 1024;
// The largest offset that JS can tell; no file system has room for such a raw file.
constexpr std::uint64_t kMostDiskBytes = std::uint64_t{1} << 53;

bool can_be_placed(const Header& header) {
  if (find_refusal(header)) return false;
  // A block of zeros that is left out of a raw file must not hold several clusters: writing one of them would
  // overwrite those that are in place already.
  if (header.cluster_bytes() < kHoleBytes) return false;
  return header.size <= kMostDiskBytes && header.l1_entries_for(header.size) <= kMostTables;
}

}  // namespace

std::vector<PlacedRun> Placer::take(ByteView block) {
  const HostOffset start = position_;
  position_ = position_ + block.size;
  if (start.value == 0) begin(block);
  if (!header_) return {};
  const std::uint64_t cluster_bytes = header_->cluster_bytes();
  if (start.value % cluster_bytes != 0) {
    header_.reset();
    return {};
  }
  collect_l1(start, block);
  if (!has_tables_) return {};
  read_tables(start, block);
  const std::uint64_t count = divide_up(block.size, cluster_bytes);
  claim_clusters(start.value / cluster_bytes, count);
  std::vector<PlacedRun> runs;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::size_t at = static_cast<std::size_t>(i * cluster_bytes);
    const std::size_t length = std::min(static_cast<std::size_t>(cluster_bytes), block.size - at);
    const Claim& claim = claims_[static_cast<std::size_t>(i)];
    if (claim.uses == 1 && claim.cluster.subclusters != 0) place(claim, at, length, runs);
  }
  return runs;
}

void Placer::begin(ByteView block) {
  try {
    const std::uint64_t wanted = std::min<std::uint64_t>(block.size, first_cluster_bytes(block));
    Header header = parse_header(block.slice(0, static_cast<std::size_t>(wanted)));
    if (can_be_placed(header)) header_ = std::move(header);
  } catch (const Error&) {
    // Whoever opens the file finds the same.
  }
}

void Placer::collect_l1(HostOffset start, ByteView block) {
  if (has_tables_) return;
  const std::uint64_t wanted = header_->l1_entries_for(header_->size) * kEntryBytes;
  const std::uint64_t from = header_->l1_table.value + l1_.size();
  if (from >= start.value && from - start.value < block.size) {
    const std::size_t at = static_cast<std::size_t>(from - start.value);
    const std::uint64_t count = std::min<std::uint64_t>(wanted - l1_.size(), block.size - at);
    l1_.insert(l1_.end(), block.data + at, block.data + at + count);
  }
  if (l1_.size() == wanted) list_tables();
}

void Placer::list_tables() {
  for (std::size_t at = 0; at < l1_.size(); at += kEntryBytes) {
    const std::uint64_t entry = load_be64(l1_.data() + at);
    const HostOffset table = l2_table_offset(entry);
    if (table.value == 0) continue;
    const bool is_owned = has_copied_flag(entry) && table.value % header_->cluster_bytes() == 0;
    const std::uint64_t cluster = table.value / header_->cluster_bytes();
    tables_.push_back({cluster, static_cast<std::uint32_t>(at / kEntryBytes), is_owned});
  }
  l1_ = {};
  has_tables_ = true;
  const auto by_place = [](const Table& a, const Table& b) { return a.host_cluster < b.host_cluster; };
  std::sort(tables_.begin(), tables_.end(), by_place);
}

// A table is where the clusters are that it names, or before them; all of the block is looked at here at
// once.
void Placer::read_tables(HostOffset start, ByteView block) {
  const std::uint64_t cluster_bytes = header_->cluster_bytes();
  const std::uint64_t first = start.value / cluster_bytes;
  std::size_t awaited_runs = 0;
  for (const AwaitedClusters& table : awaited_) awaited_runs += table.runs();
  while (next_table_ < tables_.size() && tables_[next_table_].host_cluster < first) ++next_table_;
  for (std::size_t i = next_table_; i < tables_.size(); ++i) {
    const Table& table = tables_[i];
    const std::uint64_t at = table.host_cluster * cluster_bytes - start.value;
    if (!range_fits(at, cluster_bytes, block.size)) break;
    if (!table.is_owned || awaited_.size() == kMostAwaitedTables) continue;
    AwaitedClusters clusters(
        block.slice(static_cast<std::size_t>(at), static_cast<std::size_t>(cluster_bytes)), *header_,
        table.l1_index, first);
    // What is not remembered is left alone.
    if (clusters.runs() > kMostAwaitedRuns - awaited_runs) continue;
    awaited_runs += clusters.runs();
    awaited_.push_back(std::move(clusters));
  }
}

void Placer::claim_clusters(std::uint64_t first, std::uint64_t count) {
  claims_.assign(static_cast<std::size_t>(count), {});
  claim_metadata(first);
  due_.clear();
  for (AwaitedClusters& table : awaited_) table.take_until(first + count, due_);
  const auto is_done = [](const AwaitedClusters& table) { return table.is_done(); };
  awaited_.erase(std::remove_if(awaited_.begin(), awaited_.end(), is_done), awaited_.end());
  for (const OwnedCluster& cluster : due_) {
    if (cluster.host_cluster >= first) claim(cluster.host_cluster - first, cluster);
  }
}

// All that is needed to read the image stays where it is, whatever else a damaged image has it for.
void Placer::claim_metadata(std::uint64_t first) {
  const auto claim_range = [&](HostOffset at, std::uint64_t bytes) {
    const std::uint64_t begin = std::max(first, at.value / header_->cluster_bytes());
    const std::uint64_t end =
        std::min(first + claims_.size(), divide_up(at.value + bytes, header_->cluster_bytes()));
    for (std::uint64_t cluster = begin; cluster < end; ++cluster) claim(cluster - first, {});
  };
  claim_range({0}, header_->cluster_bytes());
  claim_range(header_->l1_table, header_->l1_entries * kEntryBytes);
  claim_range(header_->refcount_table, header_->refcount_table_clusters * header_->cluster_bytes());
  if (header_->bitmaps) claim_range(header_->bitmaps->directory, header_->bitmaps->directory_bytes);
  for (std::size_t i = next_table_; i < tables_.size(); ++i) {
    if (tables_[i].host_cluster >= first + claims_.size()) break;
    claim(tables_[i].host_cluster - first, {});
  }
}

void Placer::claim(std::uint64_t index, const OwnedCluster& cluster) {
  Claim& claim = claims_[static_cast<std::size_t>(index)];
  ++claim.uses;
  claim.cluster = cluster;
}

void Placer::place(const Claim& claim, std::size_t at, std::size_t length, std::vector<PlacedRun>& runs) {
  const OwnedCluster& cluster = claim.cluster;
  const std::size_t part = static_cast<std::size_t>(header_->subcluster_bytes());
  const GuestOffset begin{cluster.guest_cluster * header_->cluster_bytes()};
  const std::uint64_t on_disk = std::min<std::uint64_t>(length, header_->size - begin.value);
  placed_.add(cluster.host_cluster, cluster.guest_cluster);
  for (std::size_t i = 0; i * part < on_disk; ++i) {
    if ((cluster.subclusters >> i & 1) == 0) continue;
    const std::size_t from = i * part;
    const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(part, on_disk - from));
    const GuestOffset guest = begin + from;
    if (!runs.empty()) {
      PlacedRun& last = runs.back();
      const bool follows =
          last.offset + last.length == at + from && last.guest.value + last.length == guest.value;
      if (follows) {
        last.length += count;
        continue;
      }
    }
    runs.push_back({at + from, count, guest});
  }
}

}  // namespace omiforge::qcow2
