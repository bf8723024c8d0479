#include "image/segment.h"

#include <algorithm>
#include <cstring>

namespace omiforge {
namespace {

std::size_t block_at(ByteView bytes, std::size_t at) { return std::min(kHoleBytes, bytes.size - at); }

// What is not zero is so within its first bytes, nearly always.
constexpr std::uint64_t kLookBytes = 512;

bool is_bit_set(ByteView bits, std::uint64_t i) { return (bits.data[i / 8] >> (i % 8) & 1) != 0; }
void set_bit(MutableBytes bits, std::uint64_t i) {
  bits.data[i / 8] = static_cast<std::uint8_t>(bits.data[i / 8] | (1 << (i % 8)));
}

bool is_stored_plainly(Image& image, GuestOffset from, std::uint64_t length) {
  for (std::uint64_t done = 0; done < length;) {
    const Extent extent = image.next_extent(from + done, length - done);
    if (extent.kind == ExtentKind::kCompressed) return false;
    done += extent.length;
  }
  return true;
}

bool reads_as_zeros(Image& image, GuestOffset from, MutableBytes cluster) {
  const Extent extent = image.next_extent(from, cluster.size);
  if (extent.length == cluster.size && extent.reads_as_zeros()) return true;
  const MutableBytes begin = cluster.slice(0, std::min<std::size_t>(kLookBytes, cluster.size));
  image.read(from, begin);
  if (!is_zero(begin)) return false;
  image.read(from, cluster);
  return is_zero(cluster);
}

// A shorter run is written faster than room is taken for it.
constexpr std::size_t kLeastReserved = 128 * 1024;

void write_run(ByteView bytes, std::uint64_t offset, const File& target) {
  if (bytes.size >= kLeastReserved) target.reserve(offset, bytes.size);
  target.write(offset, bytes);
}

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
    set_bit(has_data, i);
    if (segment.data + packed != cluster.data)
      std::memcpy(segment.data + packed, cluster.data, cluster_bytes);
    packed += cluster_bytes;
  }
  return packed;
}

bool scan_clusters(Image& image, GuestOffset from, std::uint64_t length, std::size_t cluster_bytes,
                   MutableBytes has_data, MutableBytes scratch) {
  std::memset(has_data.data, 0, has_data.size);
  if (!is_stored_plainly(image, from, length)) return false;
  for (std::uint64_t at = 0; at < length; at += cluster_bytes) {
    const std::uint64_t count = std::min<std::uint64_t>(cluster_bytes, length - at);
    const MutableBytes cluster = scratch.slice(0, static_cast<std::size_t>(count));
    if (!reads_as_zeros(image, from + at, cluster)) set_bit(has_data, at / cluster_bytes);
  }
  return true;
}

void copy_clusters(Image& image, GuestOffset from, std::uint64_t length, std::size_t cluster_bytes,
                   ByteView has_data, std::uint64_t offset, const File& target, MutableBytes scratch) {
  const std::uint64_t clusters = divide_up(length, cluster_bytes);
  std::uint64_t set = 0;
  for (std::uint64_t i = 0; i < clusters; ++i) set += is_bit_set(has_data, i) ? 1 : 0;
  if (set == 0) return;
  target.reserve(offset, set * cluster_bytes);
  const std::uint64_t most = scratch.size / cluster_bytes;
  for (std::uint64_t i = 0; i < clusters;) {
    if (!is_bit_set(has_data, i)) {
      ++i;
      continue;
    }
    const std::uint64_t begin = i;
    while (i < clusters && i - begin < most && is_bit_set(has_data, i)) ++i;
    const MutableBytes run = scratch.slice(0, static_cast<std::size_t>((i - begin) * cluster_bytes));
    const std::uint64_t in_range = std::min<std::uint64_t>(run.size, length - begin * cluster_bytes);
    image.read(from + begin * cluster_bytes, run.slice(0, static_cast<std::size_t>(in_range)));
    std::memset(run.data + in_range, 0, run.size - static_cast<std::size_t>(in_range));
    target.write(offset, run);
    offset += run.size;
  }
}

std::uint64_t place_bytes(ByteView segment, std::uint64_t offset, const File& target) {
  std::uint64_t written = 0;
  std::size_t at = 0;
  while (at < segment.size) {
    const std::size_t begin = at;
    while (at < segment.size && !is_zero(segment.slice(at, block_at(segment, at))))
      at += block_at(segment, at);
    if (at > begin) write_run(segment.slice(begin, at - begin), offset + begin, target);
    written += at - begin;
    while (at < segment.size && is_zero(segment.slice(at, block_at(segment, at))))
      at += block_at(segment, at);
  }
  return written;
}

std::uint64_t copy_range(Image& image, GuestOffset from, std::uint64_t length, const File& target,
                         MutableBytes scratch) {
  std::uint64_t written = 0;
  for (std::uint64_t done = 0; done < length; done += scratch.size) {
    const MutableBytes part =
        scratch.slice(0, static_cast<std::size_t>(std::min<std::uint64_t>(scratch.size, length - done)));
    image.read(from + done, part);
    written += place_bytes(part, from.value + done, target);
  }
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
