#include "format/qcow2/placement_check.h"

#include <algorithm>

#include "format/qcow2/header_file.h"

namespace omiforge::qcow2 {
namespace {

// L2 entries of one step, or empty tables.
constexpr std::uint64_t kStepLookUps = std::uint64_t{1} << 18;

}  // namespace

PlacementCheck::PlacementCheck(File file, const PlacedClusters& placed)
    : file_(std::move(file)),
      header_(read_header(file_)),
      map_(file_, header_, nullptr, {header_.l1_table, header_.l1_entries}, header_.size),
      placed_(placed),
      subclusters_(divide_up(header_.size, header_.subcluster_bytes())),
      clusters_(divide_up(header_.size, header_.cluster_bytes())) {}

bool PlacementCheck::step() {
  for (std::uint64_t done = 0; done < kStepLookUps && next_cluster_ < clusters_;) {
    const std::uint64_t table = next_cluster_ / header_.l2_entries();
    if (map_.is_empty(table)) {
      next_cluster_ = (table + 1) * header_.l2_entries();
      ++done;
      continue;
    }
    const std::uint64_t end = std::min(clusters_, (table + 1) * header_.l2_entries());
    for (; next_cluster_ < end && done < kStepLookUps; ++next_cluster_) {
      look_at(next_cluster_);
      done += header_.subclusters();
    }
  }
  if (next_cluster_ < clusters_) return false;
  if (!(found_ == placed_.digest())) fail_shared("clusters");
  return true;
}

void PlacementCheck::look_at(std::uint64_t guest_cluster) {
  std::optional<std::uint64_t> host_cluster;
  const std::uint64_t first = guest_cluster * header_.subclusters();
  const std::uint64_t end = std::min(subclusters_, first + header_.subclusters());
  for (std::uint64_t subcluster = first; subcluster < end; ++subcluster) {
    const ClusterMapping mapping = map_.at(subcluster);
    if (mapping.kind == ClusterKind::kCompressed) return check_compressed(mapping, guest_cluster);
    if (mapping.kind == ClusterKind::kAllocated) host_cluster = mapping.host.value / header_.cluster_bytes();
  }
  if (host_cluster && placed_.contains(*host_cluster)) found_.add(*host_cluster, guest_cluster);
}

void PlacementCheck::check_compressed(const ClusterMapping& mapping, std::uint64_t guest_cluster) const {
  const std::uint64_t end = divide_up(mapping.host.value + mapping.compressed_bytes, header_.cluster_bytes());
  for (std::uint64_t host = mapping.host.value / header_.cluster_bytes(); host < end; ++host) {
    if (!placed_.contains(host)) continue;
    fail_shared("the compressed cluster" + at_guest(guest_cluster * header_.cluster_bytes()) + " and others");
  }
}

void PlacementCheck::fail_shared(const std::string& what) const {
  throw Error(ErrorCode::kQcow2Corrupt,
              "its tables have " + what +
                  " in a place that the copied flag says is in use once; see 'omiforge check'",
              file_.path());
}

}  // namespace omiforge::qcow2
