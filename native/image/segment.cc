#include "image/segment.h"

#include <algorithm>
#include <cstring>

namespace omiforge {
namespace {

std::size_t block_at(ByteView bytes, std::size_t at) { return std::min(kHoleBytes, bytes.size - at); }

// The length of the extent at `from`, and whether it reads as zeros.
std::pair<std::uint64_t, bool> zero_run(Image& image, GuestOffset from, std::uint64_t limit) {
  const Extent extent = image.next_extent(from, limit);
  return {extent.length, extent.reads_as_zeros()};
}

}  // namespace

std::size_t pack_clusters(MutableBytes segment, std::size_t cluster_bytes, MutableBytes has_data) {
  std::memset(has_data.data, 0, has_data.size);
  std::size_t packed = 0;
  for (std::size_t i = 0; i * cluster_bytes < segment.size; ++i) {
    const MutableBytes cluster = segment.slice(i * cluster_bytes, cluster_bytes);
    if (is_zero(cluster)) continue;
    has_data.data[i / 8] = static_cast<std::uint8_t>(has_data.data[i / 8] | (1 << (i % 8)));
    if (segment.data + packed != cluster.data)
      std::memcpy(segment.data + packed, cluster.data, cluster_bytes);
    packed += cluster_bytes;
  }
  return packed;
}

std::uint64_t place_bytes(ByteView segment, std::uint64_t offset, const File& target) {
  std::uint64_t written = 0;
  std::size_t at = 0;
  while (at < segment.size) {
    const std::size_t begin = at;
    while (at < segment.size && !is_zero(segment.slice(at, block_at(segment, at))))
      at += block_at(segment, at);
    if (at > begin) target.write(offset + begin, segment.slice(begin, at - begin));
    written += at - begin;
    while (at < segment.size && is_zero(segment.slice(at, block_at(segment, at))))
      at += block_at(segment, at);
  }
  if (written != 0) target.begin_writeback(offset, segment.size);
  return written;
}

std::optional<GuestOffset> find_difference(Image& a, Image& b, GuestOffset from, std::uint64_t length,
                                           MutableBytes scratch_a, MutableBytes scratch_b) {
  std::uint64_t done = 0;
  while (done < length) {
    const GuestOffset at = from + done;
    const auto [length_a, zero_a] = zero_run(a, at, length - done);
    const auto [length_b, zero_b] = zero_run(b, at, length - done);
    const std::size_t count = static_cast<std::size_t>(std::min(length_a, length_b));
    if (!zero_a || !zero_b) {
      a.read(at, scratch_a.slice(0, count));
      b.read(at, scratch_b.slice(0, count));
      if (std::memcmp(scratch_a.data, scratch_b.data, count) != 0) {
        const auto differing = std::mismatch(scratch_a.data, scratch_a.data + count, scratch_b.data);
        return at + static_cast<std::uint64_t>(differing.first - scratch_a.data);
      }
    }
    done += count;
  }
  return std::nullopt;
}

std::optional<GuestOffset> find_non_zero(Image& image, GuestOffset from, std::uint64_t length,
                                         MutableBytes scratch) {
  std::uint64_t done = 0;
  while (done < length) {
    const GuestOffset at = from + done;
    const auto [count, zero] = zero_run(image, at, length - done);
    if (!zero) {
      const MutableBytes bytes = scratch.slice(0, static_cast<std::size_t>(count));
      image.read(at, bytes);
      if (!is_zero(bytes)) {
        const std::uint8_t* found =
            std::find_if(bytes.data, bytes.data + bytes.size, [](std::uint8_t byte) { return byte != 0; });
        return at + static_cast<std::uint64_t>(found - bytes.data);
      }
    }
    done += count;
  }
  return std::nullopt;
}

}  // namespace omiforge
