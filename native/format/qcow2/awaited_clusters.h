#pragma once

#include <cstdint>
#include <vector>

#include "format/qcow2/header.h"

namespace omiforge::qcow2 {

// A plain data cluster of a file, and which guest cluster it is.
struct OwnedCluster {
  std::uint64_t host_cluster = 0;
  std::uint64_t guest_cluster = 0;
  // One bit for each subcluster that holds data, least significant first: bit 0 alone where the image has no
  // subclusters. Never 0.
  std::uint32_t subclusters = 0;
};

// The clusters of one L2 table whose entries can be trusted before the rest of the file is known: plain data,
// in use nowhere else as the copied flag says, within the disk and without any fault. They are given out in
// the order of the file. Memory: 16 bytes for each run that is in one piece in the file and on the disk.
class AwaitedClusters {
 public:
  // `table` is all of the L2 table that the L1 entry names.
  AwaitedClusters(ByteView table, const Header& header, std::uint64_t l1_index);

  std::size_t runs() const { return runs_.size(); }
  bool is_done() const { return next_ == runs_.size(); }

  // Appends those before host cluster `end` and forgets them.
  void take_until(std::uint64_t end, std::vector<OwnedCluster>& clusters);

 private:
  struct Run {
    std::uint32_t host = 0;   // below PlacedClusters::kMostClusters
    std::uint32_t index = 0;  // of the entry of its first cluster
    std::uint32_t count = 0;
    std::uint32_t subclusters = 0;  // of each of its clusters
  };

  void add(std::uint32_t host, std::uint32_t index, std::uint32_t subclusters);

  std::uint64_t first_guest_cluster_;
  std::vector<Run> runs_;  // by host cluster
  std::size_t next_ = 0;
};

}  // namespace omiforge::qcow2
