#pragma once

#include <cstdint>

#include "image/offsets.h"

// The table entries of qcow2 ("Cluster mapping" in the specification): each mask is written here once, and a
// raw entry becomes a meaning, or the other way round, here alone.
namespace omiforge::qcow2 {

// Bytes of one entry of an L1 table, a standard L2 table or a refcount table.
constexpr std::uint64_t kEntryBytes = 8;

// Offset of the L2 table that an L1 entry names; 0 means that the whole range is unallocated.
HostOffset l2_table_offset(std::uint64_t l1_entry);

// An L1 or L2 entry for a table or cluster at `at`, whose refcount is exactly one.
std::uint64_t make_owned_entry(HostOffset at);

// An L2 entry for a compressed cluster of `bytes` at `at`: at least one and less than a cluster, at an offset
// for which the descriptor has the bits (54 for clusters of 64 KiB).
std::uint64_t make_compressed_entry(HostOffset at, std::uint64_t bytes, std::uint32_t cluster_bits);

enum class ClusterKind {
  kUnallocated,
  kZero,        // reads as zeros, with or without a cluster set aside
  kAllocated,   // plain data at `host`
  kCompressed,  // compressed data at `host`, at most `compressed_bytes` long
};

// What an L2 entry says of one guest cluster, or of one subcluster of it.
struct ClusterMapping {
  ClusterKind kind = ClusterKind::kUnallocated;
  // kAllocated and kCompressed: where the whole cluster begins; kZero, and kUnallocated beside subclusters
  // that are allocated: the cluster set aside.
  HostOffset host;
  std::uint64_t compressed_bytes = 0;  // kCompressed: up to the end of the last 512-byte sector it touches
  const char* fault = nullptr;         // how the entry by itself contradicts the specification, if it does
  bool has_host = false;               // whether a place is told: never where it is kUnallocated
};

// Where the guest clusters of an image are. In a data file they are never compressed, and one can be at
// offset 0, which the copied flag then tells.
enum class ClusterPlace { kImageFile, kDataFile };

// `cluster_bits` is 9 to 21. The offsets are as the entry states them: alignment and range are the caller's
// to check.
ClusterMapping decode_l2_entry(std::uint64_t entry, std::uint32_t cluster_bits,
                               ClusterPlace place = ClusterPlace::kImageFile);

// Bytes of one extended L2 entry: the descriptor of the cluster, then the bitmap of its subclusters.
constexpr std::uint64_t kExtendedEntryBytes = 16;
constexpr std::uint64_t kSectorBytes = 512;
constexpr std::uint32_t kSubclusters = 32;

// The same for subcluster `index` (0 to 31) of the cluster of an extended L2 entry. A compressed cluster has
// no subclusters: all of them answer alike.
ClusterMapping decode_extended_l2_entry(std::uint64_t descriptor, std::uint64_t bitmap,
                                        std::uint32_t cluster_bits, std::uint32_t index,
                                        ClusterPlace place = ClusterPlace::kImageFile);

// Whether bit 0 is set in the entry of a cluster that is not compressed: the zero flag, reserved in
// version 2.
bool has_zero_flag(std::uint64_t entry);

// What an L2 entry takes of the file, whatever reading it gives: a plain cluster, one set aside for zeros, or
// compressed data. The offset is as the entry states it.
struct ClusterReference {
  bool is_compressed = false;
  HostOffset host;
  std::uint64_t bytes = 0;  // 0 where the entry names no cluster
};

ClusterReference decode_cluster_reference(std::uint64_t l2_entry, std::uint32_t cluster_bits);

// Bit 63 of an L1 or L2 entry: the refcount of what it names is exactly one.
bool has_copied_flag(std::uint64_t entry);
// Whether bits are set that have no meaning yet; in an L2 entry that of a cluster that is not compressed.
bool has_reserved_l1_bits(std::uint64_t l1_entry);
bool has_reserved_l2_bits(std::uint64_t l2_entry);

// The bitmap of an extended L2 entry: bits 0 to 31 are set for subclusters that are allocated, bits 32 to 63
// for those that read as zeros.
bool has_allocated_subclusters(std::uint64_t subclusters);
bool has_contradicting_subclusters(std::uint64_t subclusters);

// A refcount table entry: where its refcount block is, 0 for none.
HostOffset refcount_block_offset(std::uint64_t table_entry);
bool has_reserved_refcount_bits(std::uint64_t table_entry);

// A bitmap table entry: where its cluster is, 0 for none.
HostOffset bitmap_cluster_offset(std::uint64_t table_entry);
// Reserved bits are set, or bit 0 ("all ones") beside a cluster.
bool has_reserved_bitmap_bits(std::uint64_t table_entry);

}  // namespace omiforge::qcow2
