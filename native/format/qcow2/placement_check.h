#pragma once

#include "format/qcow2/cluster_map.h"
#include "format/qcow2/placed_clusters.h"

namespace omiforge::qcow2 {

// Whether the tables of a qcow2, read by the ordinary way, have each cluster that was placed in exactly the
// one use it was placed for. `file` is what is left of the image: all of it at its place, but for the content
// of the placed clusters, which may read as zeros.
class PlacementCheck {
 public:
  // `placed` outlives the object. Throws what read_header throws.
  PlacementCheck(File file, const PlacedClusters& placed);
  // The map refers to the file and the header.
  PlacementCheck(const PlacementCheck&) = delete;
  PlacementCheck& operator=(const PlacementCheck&) = delete;

  // Goes on for some milliseconds; true once all is well. Throws what ClusterMap::at throws, and
  // QCOW2_CORRUPT where a placed cluster has another use as well.
  bool step();

 private:
  void look_at(std::uint64_t guest_cluster);
  void check_compressed(const ClusterMapping& mapping, std::uint64_t guest_cluster) const;
  [[noreturn]] void fail_shared(const std::string& what) const;

  File file_;
  Header header_;
  ClusterMap map_;
  const PlacedClusters& placed_;
  PairDigest found_;
  std::uint64_t subclusters_;  // on the disk: what its last cluster has behind its end is nobody's business
  std::uint64_t clusters_;
  std::uint64_t next_cluster_ = 0;
};

}  // namespace omiforge::qcow2
