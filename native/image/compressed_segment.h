#pragma once

#include <cstddef>
#include <cstdint>

#include "codec/cluster_compressor.h"
#include "image/image.h"

// A segment as compressed clusters: what is done with it for a qcow2 whose clusters are compressed.
namespace omiforge {

// A range of guest bytes that begins with a cluster and is to be compressed.
struct ClusterRange {
  GuestOffset from;
  std::uint64_t length = 0;  // the last cluster may be cut by the end of the disk: zeros fill it
  std::size_t cluster_bytes = 0;
};

enum class Recompress { kAlways, kWhereNeeded };

// Where the clusters go: rooms for all of them, and one number for each.
struct ClusterRoom {
  MutableBytes packed;
  MutableBytes plain;
  // Bytes that each cluster takes: none where it is all zeros, all where it does not get smaller.
  std::uint32_t* stored_bytes = nullptr;
};

struct PackedClusters {
  std::size_t packed_bytes = 0;
  std::size_t plain_bytes = 0;
};

// Compresses the clusters of a range into `packed`, one behind the other. Those that do not get smaller go to
// `plain` as they are, those that are all zeros nowhere. Unless it recompresses always, a cluster that is
// stored compressed by the same type and in the same size is taken as it is, once it is known to be sound.
PackedClusters compress_clusters(Image& image, const ClusterRange& range,
                                 const codec::ClusterSetting& setting, Recompress recompress,
                                 const ClusterRoom& room);

}  // namespace omiforge
