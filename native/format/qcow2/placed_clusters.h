#pragma once

#include <cstdint>
#include <vector>

namespace omiforge::qcow2 {

// Stands for a set of pairs of a host and a guest cluster, whatever their order. Other pairs give another
// digest: as they come out of an image it would take a defect and one chance in 2^64 to miss one, and another
// number of pairs is never missed.
class PairDigest {
 public:
  void add(std::uint64_t host_cluster, std::uint64_t guest_cluster);
  std::uint64_t count() const { return count_; }
  bool operator==(const PairDigest& other) const { return count_ == other.count_ && sum_ == other.sum_; }

 private:
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
};

// Which host clusters of a qcow2 were placed in a raw file, and a digest of where to: one bit for each
// cluster up to the last one placed.
class PlacedClusters {
 public:
  // Clusters beyond are not to be added, which bounds the memory to 32 MiB: 16 TiB of clusters of 64 KiB.
  static constexpr std::uint64_t kMostClusters = std::uint64_t{1} << 28;

  void add(std::uint64_t host_cluster, std::uint64_t guest_cluster);
  bool contains(std::uint64_t host_cluster) const {
    return host_cluster < bits_.size() && bits_[static_cast<std::size_t>(host_cluster)];
  }
  const PairDigest& digest() const { return digest_; }

 private:
  std::vector<bool> bits_;
  PairDigest digest_;
};

}  // namespace omiforge::qcow2
