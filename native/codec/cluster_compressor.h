#pragma once

#include <cstddef>
#include <memory>
#include <variant>

#include "codec/compression_type.h"
#include "codec/deflate.h"
#include "io/bytes.h"

namespace omiforge::codec {

struct ZstdSetting {
  int level = 3;  // kLeastZstdLevel to kMostZstdLevel
};

// The levels that zstd offers without being asked to take more memory for them.
constexpr int kLeastZstdLevel = 1;
constexpr int kMostZstdLevel = 19;

// How clusters are compressed; which of the two it is decides the compression type of the image.
using ClusterSetting = std::variant<DeflateSetting, ZstdSetting>;

CompressionType type_of(const ClusterSetting& setting);

// Compresses clusters of a qcow2, each on its own; keeps what it needs for that from cluster to cluster. The
// same input gives the same output on every machine with the same library.
class ClusterCompressor {
 public:
  virtual ~ClusterCompressor() = default;

  // Returns the bytes written to `out`, or 0 where the compressed cluster does not fit.
  virtual std::size_t compress(ByteView cluster, MutableBytes out) = 0;
};

// Throws ENGINE_UNAVAILABLE where the build lacks the library, INTERNAL for a level that it does not have.
std::unique_ptr<ClusterCompressor> make_cluster_compressor(const ClusterSetting& setting);

}  // namespace omiforge::codec
