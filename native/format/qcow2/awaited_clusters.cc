#include "format/qcow2/awaited_clusters.h"

#include <algorithm>

#include "format/qcow2/placed_clusters.h"

namespace omiforge::qcow2 {
namespace {

// Which of the first subclusters of an entry, those on the disk, hold data; 0 where any of them has a fault
// or the cluster is not plain data.
std::uint32_t subclusters_with_data(const std::uint8_t* entry, const Header& header, std::uint64_t on_disk) {
  const std::uint64_t descriptor = load_be64(entry);
  if (!header.has_extended_l2()) {
    const ClusterMapping mapping = decode_l2_entry(descriptor, header.cluster_bits);
    return mapping.kind == ClusterKind::kAllocated && mapping.fault == nullptr ? 1 : 0;
  }
  const std::uint64_t bitmap = load_be64(entry + kEntryBytes);
  std::uint32_t found = 0;
  for (std::uint32_t i = 0; i < std::min<std::uint64_t>(on_disk, kSubclusters); ++i) {
    const ClusterMapping mapping = decode_extended_l2_entry(descriptor, bitmap, header.cluster_bits, i);
    if (mapping.kind == ClusterKind::kCompressed || mapping.fault != nullptr) return 0;
    if (mapping.kind == ClusterKind::kAllocated) found |= std::uint32_t{1} << i;
  }
  return found;
}

}  // namespace

AwaitedClusters::AwaitedClusters(ByteView table, const Header& header, std::uint64_t l1_index)
    : first_guest_cluster_(l1_index * header.l2_entries()) {
  const std::uint64_t disk_subclusters = divide_up(header.size, header.subcluster_bytes());
  for (std::uint32_t index = 0; index < header.l2_entries(); ++index) {
    const std::uint64_t first = (first_guest_cluster_ + index) * header.subclusters();
    if (first >= disk_subclusters) break;
    const std::uint8_t* entry = table.data + index * header.l2_entry_bytes();
    if (!has_copied_flag(load_be64(entry))) continue;
    const std::uint32_t subclusters = subclusters_with_data(entry, header, disk_subclusters - first);
    if (subclusters == 0) continue;
    const HostOffset host = decode_cluster_reference(load_be64(entry), header.cluster_bits).host;
    const std::uint64_t cluster = host.value / header.cluster_bytes();
    if (host.value % header.cluster_bytes() != 0 || cluster >= PlacedClusters::kMostClusters) continue;
    add(static_cast<std::uint32_t>(cluster), index, subclusters);
  }
  runs_.shrink_to_fit();
  std::sort(runs_.begin(), runs_.end(), [](const Run& a, const Run& b) { return a.host < b.host; });
}

void AwaitedClusters::add(std::uint32_t host, std::uint32_t index, std::uint32_t subclusters) {
  if (!runs_.empty()) {
    Run& last = runs_.back();
    const bool follows = host == last.host + last.count && index == last.index + last.count;
    if (follows && subclusters == last.subclusters) {
      ++last.count;
      return;
    }
  }
  runs_.push_back({host, index, 1, subclusters});
}

void AwaitedClusters::take_until(std::uint64_t end, std::vector<OwnedCluster>& clusters) {
  while (next_ < runs_.size() && runs_[next_].host < end) {
    Run& run = runs_[next_];
    clusters.push_back({run.host, first_guest_cluster_ + run.index, run.subclusters});
    ++run.host;
    ++run.index;
    if (--run.count == 0) ++next_;
  }
}

}  // namespace omiforge::qcow2
