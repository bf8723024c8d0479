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

enum class ClusterKind {
  kUnallocated,
  kZero,        // reads as zeros, with or without a cluster set aside
  kAllocated,   // plain data at `host`
  kCompressed,  // compressed data at `host`, at most `compressed_bytes` long
};

// What an L2 entry says of one guest cluster, or of one subcluster of it.
struct ClusterMapping {
  ClusterKind kind = ClusterKind::kUnallocated;
  HostOffset host;                     // kAllocated and kCompressed: where the whole cluster begins
  std::uint64_t compressed_bytes = 0;  // kCompressed: up to the end of the last 512-byte sector it touches
  const char* fault = nullptr;         // how the entry by itself contradicts the specification, if it does
};

// `cluster_bits` is 9 to 21. The offsets are as the entry states them: alignment and range are the caller's
// to check.
ClusterMapping decode_l2_entry(std::uint64_t entry, std::uint32_t cluster_bits);

// Bytes of one extended L2 entry: the descriptor of the cluster, then the bitmap of its subclusters.
constexpr std::uint64_t kExtendedEntryBytes = 16;
constexpr std::uint32_t kSubclusters = 32;

// The same for subcluster `index` (0 to 31) of the cluster of an extended L2 entry. A compressed cluster has
// no subclusters: all of them answer alike.
ClusterMapping decode_extended_l2_entry(std::uint64_t descriptor, std::uint64_t bitmap,
                                        std::uint32_t cluster_bits, std::uint32_t index);

// Whether bit 0 is set in the entry of a cluster that is not compressed: the zero flag, reserved in
// version 2.
bool has_zero_flag(std::uint64_t entry);

}  // namespace omiforge::qcow2
