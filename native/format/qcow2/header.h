#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "codec/compression_type.h"
#include "format/qcow2/entries.h"
#include "format/read_options.h"
#include "image/offsets.h"
#include "io/bytes.h"
#include "io/error.h"

namespace omiforge::qcow2 {

constexpr std::uint32_t kMagic = 0x514649fb;  // "QFI\xfb"
// The limit of qemu, which no image in use comes near: 2 EiB with clusters of 2 MiB.
constexpr std::uint64_t kMaxL1Bytes = 32 * 1024 * 1024;

using codec::CompressionType;

// An entry of the feature name table: how the writer of the image calls a feature bit.
struct FeatureName {
  std::uint8_t bitmap = 0;  // 0 incompatible, 1 compatible, 2 autoclear
  std::uint8_t bit = 0;
  std::string name;
};

// A header extension of a type that is not known here.
struct UnknownExtension {
  std::uint32_t type = 0;
  std::uint32_t length = 0;
};

// The bitmaps extension, as it stands: whoever follows it checks it.
struct BitmapsExtension {
  std::uint32_t count = 0;
  std::uint64_t directory_bytes = 0;
  HostOffset directory;
};

// What the header and its extensions say, after every number in it was checked against the specification.
// Offsets are aligned where they must be, below 2^63 together with the length of what is there, and the L1
// table is large enough for the size; whether a table lies within the file is checked by check_header_ranges,
// which needs the file.
struct Header {
  std::uint32_t version = 0;       // 2 or 3
  std::uint32_t cluster_bits = 0;  // 9 to 21
  std::uint64_t size = 0;          // virtual size in bytes: whole sectors, as qemu counts it
  std::uint32_t crypt_method = 0;
  std::uint32_t l1_entries = 0;
  HostOffset l1_table;
  HostOffset refcount_table;
  std::uint32_t refcount_table_clusters = 0;
  std::uint32_t snapshot_count = 0;
  HostOffset snapshot_table;
  std::uint64_t incompatible = 0;
  std::uint64_t compatible = 0;
  std::uint64_t autoclear = 0;
  std::uint32_t refcount_order = 4;
  std::uint8_t compression_type = 0;
  std::uint32_t header_length = 72;
  bool has_backing_file = false;
  std::string backing_file;
  std::string backing_format;
  std::string data_file;
  std::vector<FeatureName> feature_names;
  std::optional<BitmapsExtension> bitmaps;
  std::vector<UnknownExtension> unknown_extensions;

  std::uint64_t cluster_bytes() const { return std::uint64_t{1} << cluster_bits; }
  std::uint64_t l2_entry_bytes() const { return has_extended_l2() ? kExtendedEntryBytes : kEntryBytes; }
  // Entries of one L2 table, which is one cluster.
  std::uint64_t l2_entries() const { return cluster_bytes() / l2_entry_bytes(); }
  // The parts of a cluster that can each be of another kind; 1 where it has no subclusters.
  std::uint32_t subclusters() const { return has_extended_l2() ? kSubclusters : 1; }
  std::uint64_t subcluster_bytes() const { return cluster_bytes() / subclusters(); }
  // L1 entries that a disk of so many bytes needs.
  std::uint64_t l1_entries_for(std::uint64_t disk_bytes) const {
    return divide_up(disk_bytes, l2_entries() * cluster_bytes());
  }
  // Where the last cluster of a file of that length ends. A writer need not fill it: what is missing of it
  // reads as zeros.
  std::uint64_t last_cluster_end(std::uint64_t file_bytes) const {
    return divide_up(file_bytes, cluster_bytes()) * cluster_bytes();
  }
  bool is_dirty() const { return (incompatible & 1) != 0; }
  bool is_corrupt() const { return (incompatible & 2) != 0; }
  bool has_data_file() const { return (incompatible & 4) != 0; }
  bool has_extended_l2() const { return (incompatible & 16) != 0; }
  ClusterPlace cluster_place() const {
    return has_data_file() ? ClusterPlace::kDataFile : ClusterPlace::kImageFile;
  }
  // Where they are not, something that does not know of bitmaps has written to the image.
  bool has_consistent_bitmaps() const { return (autoclear & 1) != 0; }
  // Whether the data file alone is the disk as well.
  bool has_raw_data_flag() const { return (autoclear & 2) != 0; }
  bool has_lazy_refcounts() const { return (compatible & 1) != 0; }
};

// A disk has whole sectors: what a number of bytes holds beyond the last of them belongs to none.
constexpr std::uint64_t whole_sectors(std::uint64_t bytes) { return bytes / kSectorBytes * kSectorBytes; }

// Whether the bytes begin as a qcow2 of version 2 or later does.
bool is_qcow2(ByteView head);

// How many bytes of the file parse_header needs, from the first 24 or more: the first cluster, at most 2 MiB.
// For anything but a qcow2 it is the size of what was given, whose fault parse_header then names.
std::uint64_t first_cluster_bytes(ByteView head);

// Reads the header out of the first bytes of a file: its first cluster, or all of a shorter file. Throws
// QCOW2_BAD_HEADER naming the field, what it holds and what is allowed, and QCOW2_UNSUPPORTED_FEATURE where
// it uses something that has no meaning yet, so that nothing else in it is certain.
Header parse_header(ByteView head);

// What a check can do without, and nobody else: that there is a refcount table, and that the L1 table lies
// within a file of that length. Throws QCOW2_BAD_HEADER or QCOW2_TRUNCATED.
void check_header_ranges(const Header& header, std::uint64_t file_bytes);

// Throws QCOW2_UNSUPPORTED_FEATURE where the image is encrypted, and QCOW2_BAD_HEADER where it is said of its
// data file, which it has not, that it is raw.
void check_can_be_opened(const Header& header);

// Why the guest bytes of such an image cannot or must not be read, if so.
std::optional<Error> find_refusal(const Header& header, const ReadOptions& options = {});

}  // namespace omiforge::qcow2
