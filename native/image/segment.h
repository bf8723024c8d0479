#pragma once

#include <cstdint>
#include <optional>

#include "image/image.h"
#include "io/file.h"

// What is done with one segment, an aligned range of guest bytes: the unit of parallel work.
namespace omiforge {

// The block of most file systems: a smaller run of zeros saves nothing as a hole. qemu-img uses it as well.
constexpr std::size_t kHoleBytes = 4096;

// Moves the clusters of `segment` (a whole number of them) that are not all zeros together at its beginning,
// in order, and sets their bits in `has_data` (one bit a cluster, least significant first). Returns the bytes
// they take.
std::size_t pack_clusters(MutableBytes segment, std::size_t cluster_bytes, MutableBytes has_data);

// Sets the bits of the clusters in [from, from + length) that are not all zeros, as pack_clusters does;
// `from` begins a cluster, and the last one may be cut by the end of the disk. Of most clusters no more than
// the beginning is read. False, and no bits that mean anything, where a cluster would have to be inflated for
// it. `scratch` holds a cluster.
bool scan_clusters(Image& image, GuestOffset from, std::uint64_t length, std::size_t cluster_bytes,
                   MutableBytes has_data, MutableBytes scratch);

// Writes the clusters in [from, from + length) whose bits are set to `target`, one behind the other from
// `offset` on. `scratch` holds at least a cluster, and is best short enough for a near cache. The guest bytes
// that the last cluster lacks are written as zeros.
void copy_clusters(Image& image, GuestOffset from, std::uint64_t length, std::size_t cluster_bytes,
                   ByteView has_data, std::uint64_t offset, const File& target, MutableBytes scratch);

// Writes `segment` to `target` at `offset`, leaving out every 4 KiB that is all zeros, so that a new file
// stays sparse there. Returns the bytes written.
std::uint64_t place_bytes(ByteView segment, std::uint64_t offset, const File& target);

// Copies guest bytes to where they belong in the raw file `target`, likewise, a part as long as `scratch` at
// a time: a whole number of 4 KiB, and short enough to be written while it is in a near cache. Returns the
// bytes written.
std::uint64_t copy_range(Image& image, GuestOffset from, std::uint64_t length, const File& target,
                         MutableBytes scratch);

// The first guest offset in [from, from + length) at which the two images differ. Ranges that both read as
// zeros are not read. Both scratch buffers hold `length` bytes.
std::optional<GuestOffset> find_difference(Image& a, Image& b, GuestOffset from, std::uint64_t length,
                                           MutableBytes scratch_a, MutableBytes scratch_b);

// The first guest offset in [from, from + length) that is not zero. `scratch` holds `length` bytes.
std::optional<GuestOffset> find_non_zero(Image& image, GuestOffset from, std::uint64_t length,
                                         MutableBytes scratch);

}  // namespace omiforge
