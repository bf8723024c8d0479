#include "format/qcow2/entries.h"

namespace omiforge::qcow2 {
namespace {

constexpr std::uint64_t kCopiedFlag = std::uint64_t{1} << 63;
constexpr std::uint64_t kCompressedFlag = std::uint64_t{1} << 62;
constexpr std::uint64_t kZeroFlag = 1;
// Bits 9 to 55, in L1 entries and in the standard cluster descriptor alike.
constexpr std::uint64_t kOffsetMask = 0x00fffffffffffe00;
constexpr std::uint64_t kSectorBytes = 512;
// No host offset has more bits, in whatever entry.
constexpr std::uint32_t kHostOffsetBits = 56;

// Compressed cluster descriptor: bits 0 to x-1 are a byte offset, bits x to 61 the number of further 512-byte
// sectors, with x = 62 - (cluster_bits - 8).
ClusterMapping decode_compressed(std::uint64_t entry, std::uint32_t cluster_bits) {
  const std::uint32_t offset_bits = 62 - (cluster_bits - 8);
  const std::uint64_t offset = entry & ((std::uint64_t{1} << offset_bits) - 1);
  const std::uint64_t further_sectors = (entry & (kCompressedFlag - 1)) >> offset_bits;
  const std::uint64_t bytes = (further_sectors + 1) * kSectorBytes - offset % kSectorBytes;
  // With small clusters the field is wider than an offset may be.
  const char* fault =
      offset >> kHostOffsetBits == 0 ? nullptr : "the offset of a compressed cluster uses bits above bit 55";
  return {ClusterKind::kCompressed, {offset}, bytes, fault};
}

}  // namespace

HostOffset l2_table_offset(std::uint64_t l1_entry) { return {l1_entry & kOffsetMask}; }

std::uint64_t make_owned_entry(HostOffset at) { return at.value | kCopiedFlag; }

bool has_zero_flag(std::uint64_t entry) { return (entry & kCompressedFlag) == 0 && (entry & kZeroFlag) != 0; }

ClusterMapping decode_l2_entry(std::uint64_t entry, std::uint32_t cluster_bits) {
  if ((entry & kCompressedFlag) != 0) return decode_compressed(entry, cluster_bits);
  if (has_zero_flag(entry)) return {ClusterKind::kZero, {}, 0, nullptr};
  const HostOffset host{entry & kOffsetMask};
  if (host.value == 0) return {};
  return {ClusterKind::kAllocated, host, 0, nullptr};
}

ClusterMapping decode_extended_l2_entry(std::uint64_t descriptor, std::uint64_t bitmap,
                                        std::uint32_t cluster_bits, std::uint32_t index) {
  if ((descriptor & kCompressedFlag) != 0) return decode_compressed(descriptor, cluster_bits);
  const auto allocated = static_cast<std::uint32_t>(bitmap);
  const auto zero = static_cast<std::uint32_t>(bitmap >> kSubclusters);
  const HostOffset host{descriptor & kOffsetMask};
  const char* fault = nullptr;
  if (has_zero_flag(descriptor)) {
    fault = "the zero flag is set, which extended L2 entries do not have";
  } else if ((allocated & zero) != 0) {
    fault = "a subcluster is said to be both allocated and zero";
  } else if (allocated != 0 && host.value == 0) {
    fault = "subclusters are said to be allocated in a cluster that is not";
  }
  if ((zero >> index & 1) != 0) return {ClusterKind::kZero, {}, 0, fault};
  if ((allocated >> index & 1) != 0) return {ClusterKind::kAllocated, host, 0, fault};
  return {ClusterKind::kUnallocated, {}, 0, fault};
}

}  // namespace omiforge::qcow2
