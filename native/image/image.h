#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "codec/compression_type.h"
#include "image/extent.h"
#include "io/bytes.h"

namespace omiforge {

// A cluster as an image stores it, and what it holds.
struct CompressedCluster {
  ByteView compressed;  // up to the end of the stream, and no further
  ByteView content;
};

// A virtual disk that can be read. Not thread-safe: each thread opens its own.
class Image {
 public:
  virtual ~Image() = default;

  // Length of the virtual disk in bytes; need not be a multiple of anything.
  virtual std::uint64_t size() const = 0;

  // Length of all the files that hold it.
  virtual std::uint64_t stored_bytes() const = 0;

  // The extent that begins exactly at `from`, cut to `limit` bytes. It may be shorter than the longest run of
  // its kind: two extents in a row can be of one kind. Needs from + limit <= size() and limit > 0.
  virtual Extent next_extent(GuestOffset from, std::uint64_t limit) = 0;

  // The cluster of that size at `from`, where it is stored as one compressed cluster of that type whose
  // stream has an end. Valid until the next call. Throws what read() throws, of a cluster that is damaged as
  // well. Needs from + cluster_bytes <= size().
  virtual std::optional<CompressedCluster> compressed_cluster(GuestOffset, std::uint64_t /*cluster_bytes*/,
                                                              codec::CompressionType) {
    return std::nullopt;
  }

  // The paths of all other files that are read for it.
  virtual std::vector<std::string> external_files() const { return {}; }

  // Fills `out` with the guest bytes at `from`; holes are filled without touching the file. Needs
  // from + out.size <= size().
  void read(GuestOffset from, MutableBytes out);

 protected:
  // Reads all of an extent of kind kData or kCompressed.
  virtual void read_stored(const Extent& extent, MutableBytes out) = 0;
};

}  // namespace omiforge
