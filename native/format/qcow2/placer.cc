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
  // A block of zeros that is left out of a raw file must not hold several clusters: copying one of them later
  // would overwrite those that are in place already.
  if (header.cluster_bytes() < kHoleBytes) return false;
  return header.size <= kMostDiskBytes && header.l1_entries_for(header.size) <= kMostTables;
}

// Makes the run that ends a list longer, where the next one follows it in both files.
void append(std::vector<PlacedRun>& runs, const PlacedRun& next) {
  if (!runs.empty()) {
    PlacedRun& last = runs.back();
    if (last.host.value + last.length == next.host.value &&
        last.guest.value + last.length == next.guest.value) {
      last.length += next.length;
      return;
    }
  }
  runs.push_back(next);
}

}  // namespace

Placer::Found Placer::take(ByteView block) {
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
  const std::uint64_t first = start.value / cluster_bytes;
  Found found;
  read_tables(start, block);
  for (const OwnedCluster& cluster : late_) {
    if (!is_metadata(cluster.host_cluster) && !placed_.contains(cluster.host_cluster)) {
      place(cluster, found.behind);
    }
  }
  late_.clear();
  find_here(first, divide_up(block.size, cluster_bytes), found.here);
  return found;
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
  // What several L1 entries name is in use more often than their flags say. So no table is read twice either.
  for (std::size_t i = 1; i < tables_.size(); ++i) {
    if (tables_[i].host_cluster != tables_[i - 1].host_cluster) continue;
    tables_[i].is_owned = tables_[i - 1].is_owned = false;
  }
}

void Placer::read_tables(HostOffset start, ByteView block) {
  const std::uint64_t cluster_bytes = header_->cluster_bytes();
  const std::uint64_t first = start.value / cluster_bytes;
  for (; next_table_ < tables_.size(); ++next_table_) {
    const Table& table = tables_[next_table_];
    // It came before the L1 table did.
    if (table.host_cluster < first) continue;
    const std::uint64_t at = table.host_cluster * cluster_bytes - start.value;
    if (!range_fits(at, cluster_bytes, block.size)) break;
    if (!table.is_owned) continue;
    const ByteView bytes = block.slice(static_cast<std::size_t>(at), static_cast<std::size_t>(cluster_bytes));
    AwaitedClusters clusters(bytes, *header_, table.l1_index);
    clusters.take_until(first, late_);
    await(std::move(clusters));
  }
}

void Placer::await(AwaitedClusters table) {
  std::size_t runs = table.runs();
  for (const AwaitedClusters& other : awaited_) runs += other.runs();
  // The clusters of one table too many are left alone.
  if (table.is_done() || runs > kMostAwaitedRuns || awaited_.size() == kMostAwaitedTables) return;
  awaited_.push_back(std::move(table));
}

// All that is needed to read the image stays where it is, whatever else a damaged image has it for.
bool Placer::is_metadata(std::uint64_t host_cluster) const {
  const std::uint64_t cluster_bytes = header_->cluster_bytes();
  const std::uint64_t begin = host_cluster * cluster_bytes;
  const auto overlaps = [&](HostOffset at, std::uint64_t length) {
    return begin < at.value + length && at.value < begin + cluster_bytes;
  };
  if (host_cluster == 0 || overlaps(header_->l1_table, header_->l1_entries * kEntryBytes)) return true;
  if (overlaps(header_->refcount_table, header_->refcount_table_clusters * cluster_bytes)) return true;
  if (header_->bitmaps && overlaps(header_->bitmaps->directory, header_->bitmaps->directory_bytes)) {
    return true;
  }
  const auto comes_before = [](const Table& table, std::uint64_t cluster) {
    return table.host_cluster < cluster;
  };
  const auto table = std::lower_bound(tables_.begin(), tables_.end(), host_cluster, comes_before);
  return table != tables_.end() && table->host_cluster == host_cluster;
}

void Placer::find_here(std::uint64_t first, std::uint64_t count, std::vector<PlacedRun>& runs) {
  std::vector<OwnedCluster> due;
  for (AwaitedClusters& table : awaited_) table.take_until(first + count, due);
  const auto is_done = [](const AwaitedClusters& table) { return table.is_done(); };
  awaited_.erase(std::remove_if(awaited_.begin(), awaited_.end(), is_done), awaited_.end());
  claims_.assign(static_cast<std::size_t>(count), {});
  for (const OwnedCluster& cluster : due) {
    if (cluster.host_cluster < first) continue;
    Claim& claim = claims_[static_cast<std::size_t>(cluster.host_cluster - first)];
    ++claim.count;
    claim.cluster = cluster;
  }
  for (const Claim& claim : claims_) {
    if (claim.count == 1 && !is_metadata(claim.cluster.host_cluster)) place(claim.cluster, runs);
  }
}

void Placer::place(const OwnedCluster& cluster, std::vector<PlacedRun>& runs) {
  const std::uint64_t part = header_->subcluster_bytes();
  const HostOffset host{cluster.host_cluster * header_->cluster_bytes()};
  const GuestOffset guest{cluster.guest_cluster * header_->cluster_bytes()};
  // The file may end within its last cluster, and the disk within its own.
  const std::uint64_t stored =
      std::min({header_->cluster_bytes(), position_.value - host.value, header_->size - guest.value});
  placed_.add(cluster.host_cluster, cluster.guest_cluster);
  for (std::uint64_t at = 0; at < stored; at += part) {
    if ((cluster.subclusters >> (at / part) & 1) == 0) continue;
    append(runs, {host + at, std::min(part, stored - at), guest + at});
  }
}

}  // namespace omiforge::qcow2
