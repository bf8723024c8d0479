#include "format/qcow2/entries.h"

namespace omiforge::qcow2 {
namespace {

constexpr std::uint64_t kCopiedFlag = std::uint64_t{1} << 63;
constexpr std::uint64_t kCompressedFlag = std::uint64_t{1} << 62;
constexpr std::uint64_t kZeroFlag = 1;
// Bits 9 to 55, in L1 entries and in the standard cluster descriptor alike.
constexpr std::uint64_t kOffsetMask = 0x00fffffffffffe00;
constexpr std::uint64_t kReservedL1Bits = 0x7f000000000001ff;
constexpr std::uint64_t kReservedL2Bits = 0x3f000000000001fe;
// Bits 9 to 63 of a refcount table entry.
constexpr std::uint64_t kBlockOffsetMask = 0xfffffffffffffe00;
constexpr std::uint64_t kReservedBitmapBits = 0xff000000000001fe;
constexpr std::uint64_t kAllOnesFlag = 1;
constexpr std::uint64_t kAllocatedSubclusters = 0xffffffff;
// No host offset has more bits, in whatever entry.
constexpr std::uint32_t kHostOffsetBits = 56;

// Compressed cluster descriptor: bits 0 to x-1 are a byte offset, bits x to 61 the number of further 512-byte
// sectors, with x = 62 - (cluster_bits - 8).
std::uint32_t offset_bits_of(std::uint32_t cluster_bits) { return 62 - (cluster_bits - 8); }

ClusterMapping decode_compressed(std::uint64_t entry, std::uint32_t cluster_bits, ClusterPlace place) {
  const std::uint32_t offset_bits = offset_bits_of(cluster_bits);
  const std::uint64_t offset = entry & ((std::uint64_t{1} << offset_bits) - 1);
  const std::uint64_t further_sectors = (entry & (kCompressedFlag - 1)) >> offset_bits;
  const std::uint64_t bytes = (further_sectors + 1) * kSectorBytes - offset % kSectorBytes;
  // With small clusters the field is wider than an offset may be.
  const char* fault =
      offset >> kHostOffsetBits == 0 ? nullptr : "the offset of a compressed cluster uses bits above bit 55";
  if (place == ClusterPlace::kDataFile) {
    fault = "a cluster is compressed, which no cluster is in an image with a data file";
  }
  return {ClusterKind::kCompressed, {offset}, bytes, fault, true};
}

bool has_host_cluster(std::uint64_t entry, ClusterPlace place) {
  if ((entry & kOffsetMask) != 0) return true;
  return place == ClusterPlace::kDataFile && has_copied_flag(entry);
}

}  // namespace

HostOffset l2_table_offset(std::uint64_t l1_entry) { return {l1_entry & kOffsetMask}; }

std::uint64_t make_owned_entry(HostOffset at) { return at.value | kCopiedFlag; }

std::uint64_t make_compressed_entry(HostOffset at, std::uint64_t bytes, std::uint32_t cluster_bits) {
  const std::uint64_t further_sectors = (at.value % kSectorBytes + bytes - 1) / kSectorBytes;
  return kCompressedFlag | further_sectors << offset_bits_of(cluster_bits) | at.value;
}

bool has_zero_flag(std::uint64_t entry) { return (entry & kCompressedFlag) == 0 && (entry & kZeroFlag) != 0; }

ClusterMapping decode_l2_entry(std::uint64_t entry, std::uint32_t cluster_bits, ClusterPlace place) {
  if ((entry & kCompressedFlag) != 0) return decode_compressed(entry, cluster_bits, place);
  const HostOffset host{entry & kOffsetMask};
  // The copied flag beside offset 0 tells nothing here, as qemu has it.
  if (has_zero_flag(entry)) return {ClusterKind::kZero, host, 0, nullptr, host.value != 0};
  if (!has_host_cluster(entry, place)) return {};
  return {ClusterKind::kAllocated, host, 0, nullptr, true};
}

ClusterMapping decode_extended_l2_entry(std::uint64_t descriptor, std::uint64_t bitmap,
                                        std::uint32_t cluster_bits, std::uint32_t index, ClusterPlace place) {
  if ((descriptor & kCompressedFlag) != 0) return decode_compressed(descriptor, cluster_bits, place);
  const auto allocated = static_cast<std::uint32_t>(bitmap);
  const auto zero = static_cast<std::uint32_t>(bitmap >> kSubclusters);
  const HostOffset host{descriptor & kOffsetMask};
  const bool has_host = has_host_cluster(descriptor, place);
  const char* fault = nullptr;
  if (has_zero_flag(descriptor)) {
    fault = "the zero flag is set, which extended L2 entries do not have";
  } else if ((allocated & zero) != 0) {
    fault = "a subcluster is said to be both allocated and zero";
  } else if (allocated != 0 && !has_host) {
    fault = "subclusters are said to be allocated in a cluster that is not";
  }
  if ((zero >> index & 1) != 0) return {ClusterKind::kZero, host, 0, fault, has_host};
  if ((allocated >> index & 1) != 0) return {ClusterKind::kAllocated, host, 0, fault, true};
  return {ClusterKind::kUnallocated, host, 0, fault, false};
}

ClusterReference decode_cluster_reference(std::uint64_t l2_entry, std::uint32_t cluster_bits) {
  if ((l2_entry & kCompressedFlag) != 0) {
    const ClusterMapping mapping = decode_compressed(l2_entry, cluster_bits, ClusterPlace::kImageFile);
    return {true, mapping.host, mapping.compressed_bytes};
  }
  const HostOffset host{l2_entry & kOffsetMask};
  return {false, host, host.value == 0 ? 0 : std::uint64_t{1} << cluster_bits};
}

bool has_copied_flag(std::uint64_t entry) { return (entry & kCopiedFlag) != 0; }

bool has_reserved_l1_bits(std::uint64_t l1_entry) { return (l1_entry & kReservedL1Bits) != 0; }

bool has_reserved_l2_bits(std::uint64_t l2_entry) { return (l2_entry & kReservedL2Bits) != 0; }

bool has_allocated_subclusters(std::uint64_t subclusters) {
  return (subclusters & kAllocatedSubclusters) != 0;
}

bool has_contradicting_subclusters(std::uint64_t subclusters) {
  return ((subclusters >> 32) & subclusters) != 0;
}

HostOffset refcount_block_offset(std::uint64_t table_entry) { return {table_entry & kBlockOffsetMask}; }

bool has_reserved_refcount_bits(std::uint64_t table_entry) { return (table_entry & ~kBlockOffsetMask) != 0; }

HostOffset bitmap_cluster_offset(std::uint64_t table_entry) { return {table_entry & kOffsetMask}; }

bool has_reserved_bitmap_bits(std::uint64_t table_entry) {
  if ((table_entry & kReservedBitmapBits) != 0) return true;
  return (table_entry & kAllOnesFlag) != 0 && (table_entry & kOffsetMask) != 0;
}

}  // namespace omiforge::qcow2
