#include "format/qcow2/placed_clusters.h"

namespace omiforge::qcow2 {
namespace {

// The finalizer of SplitMix64: every bit of the number changes about half of the result's.
std::uint64_t mix(std::uint64_t number) {
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
  number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
  return number ^ (number >> 31);
}

}  // namespace

void PairDigest::add(std::uint64_t host_cluster, std::uint64_t guest_cluster) {
  ++count_;
  // A sum does not depend on the order; the constant keeps the pair of two zeros from counting as nothing.
  sum_ += mix(mix(host_cluster + 0x9e3779b97f4a7c15) + guest_cluster);
}

void PlacedClusters::add(std::uint64_t host_cluster, std::uint64_t guest_cluster) {
  if (host_cluster >= bits_.size()) bits_.resize(static_cast<std::size_t>(host_cluster) + 1);
  bits_[static_cast<std::size_t>(host_cluster)] = true;
  digest_.add(host_cluster, guest_cluster);
}

}  // namespace omiforge::qcow2
