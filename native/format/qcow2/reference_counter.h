#pragma once

#include "format/qcow2/check_report.h"
#include "format/qcow2/cluster_counts.h"
#include "image/offsets.h"

namespace omiforge::qcow2 {

// Counts which host clusters are referred to, and reports references that lead out of the file. As with qemu,
// one that ends less than a cluster behind the file counts, and one that ends later does not.
class ReferenceCounter {
 public:
  // `report` outlives the object.
  ReferenceCounter(std::uint64_t file_bytes, std::uint32_t cluster_bits, CheckReport& report);

  // A table, which may be cut by the end of the file, but not before its last cluster. Whether it counts;
  // count_table then counts it.
  bool accept_table(HostOffset at, std::uint64_t bytes, std::uint64_t times, const char* what);
  void count_table(HostOffset at, std::uint64_t bytes, std::uint64_t times, const char* what);
  // Data, which may be cut by the end of the file but has to begin within it.
  void count_data(HostOffset at, std::uint64_t bytes, std::uint64_t times);
  // All clusters that [begin, end) touches.
  void count_range(std::uint64_t begin, std::uint64_t end, std::uint64_t times);

  // Clusters of the file; one more where something refers to the one behind its end.
  std::uint64_t clusters() const { return clusters_; }
  ClusterCounts& counts() { return counts_; }

 private:
  bool is_near(HostOffset at, std::uint64_t bytes) const;
  void report_outside(HostOffset at, std::uint64_t bytes, std::uint64_t times, const char* what);

  std::uint64_t file_bytes_;
  std::uint32_t cluster_bits_;
  CheckReport& report_;
  std::uint64_t clusters_;
  ClusterCounts counts_;
};

}  // namespace omiforge::qcow2
