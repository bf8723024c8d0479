#include "format/qcow2/header.h"

#include <algorithm>
#include <limits>

#include "codec/zstd_frames.h"
#include "format/qcow2/features.h"
#include "format/qcow2/header_extensions.h"

namespace omiforge::qcow2 {
namespace {

constexpr std::size_t kHeaderBytesV2 = 72;
constexpr std::size_t kHeaderBytesV3 = 104;
constexpr std::uint32_t kMinClusterBits = 9;
constexpr std::uint32_t kMaxClusterBits = 21;
// So that a subcluster is a sector at least.
constexpr std::uint32_t kMinExtendedClusterBits = 14;
// Of the encryption methods: 0 is none, 1 AES.
constexpr std::uint32_t kLuks = 2;
constexpr std::uint32_t kMaxRefcountOrder = 6;
constexpr std::uint32_t kMaxBackingNameBytes = 1023;
// The limit of qemu: enough for 512 PiB of host clusters of 64 KiB.
constexpr std::uint64_t kMaxRefcountTableBytes = 8 * 1024 * 1024;
// Likewise.
constexpr std::uint32_t kMaxSnapshots = 65536;
// The fixed part of an entry of the snapshot table.
constexpr std::uint64_t kMinSnapshotBytes = 40;
constexpr std::uint64_t kMaxFileBytes = std::numeric_limits<std::int64_t>::max();

[[noreturn]] void bad(const std::string& field, std::uint64_t found, const std::string& allowed) {
  throw Error(ErrorCode::kQcow2BadHeader,
              "header field " + field + " is " + std::to_string(found) + "; allowed is " + allowed);
}

void parse_fixed_part(ByteView head, Header& header) {
  const std::uint8_t* at = head.data;
  header.version = load_be32(at + 4);
  if (header.version != 2 && header.version != 3) bad("version", header.version, "2 or 3");
  header.cluster_bits = load_be32(at + 20);
  if (header.cluster_bits < kMinClusterBits || header.cluster_bits > kMaxClusterBits) {
    bad("cluster_bits", header.cluster_bits, "9 to 21");
  }
  header.size = load_be64(at + 24);
  header.crypt_method = load_be32(at + 32);
  header.l1_entries = load_be32(at + 36);
  header.l1_table = {load_be64(at + 40)};
  header.refcount_table = {load_be64(at + 48)};
  header.refcount_table_clusters = load_be32(at + 56);
  header.snapshot_count = load_be32(at + 60);
  header.snapshot_table = {load_be64(at + 64)};
}

void parse_version_3_part(ByteView head, Header& header) {
  if (head.size < kHeaderBytesV3) {
    throw Error(ErrorCode::kQcow2BadHeader,
                "is " + std::to_string(head.size) +
                    " bytes long; a qcow2 header of version 3 needs at least 104 bytes");
  }
  const std::uint8_t* at = head.data;
  header.incompatible = load_be64(at + 72);
  header.compatible = load_be64(at + 80);
  header.autoclear = load_be64(at + 88);
  if (header.has_extended_l2() && header.cluster_bits < kMinExtendedClusterBits) {
    bad("cluster_bits", header.cluster_bits, "14 to 21 with extended L2 entries");
  }
  header.refcount_order = load_be32(at + 96);
  if (header.refcount_order > kMaxRefcountOrder) bad("refcount_order", header.refcount_order, "0 to 6");
  header.header_length = load_be32(at + 100);
  if (header.header_length < kHeaderBytesV3 || header.header_length > header.cluster_bytes() ||
      header.header_length > head.size) {
    bad("header_length", header.header_length, "104 to the cluster size");
  }
  if (header.header_length > kHeaderBytesV3) header.compression_type = at[kHeaderBytesV3];
  const bool has_type_bit = (header.incompatible & 8) != 0;
  if (has_type_bit != (header.compression_type != 0)) {
    bad("compression_type", header.compression_type,
        has_type_bit ? "not 0 where incompatible bit 3 is set" : "0 where incompatible bit 3 is not set");
  }
}

// Returns where the header extensions end: at the backing file's name, or with the first cluster.
std::uint64_t parse_backing_file(ByteView head, Header& header) {
  const std::uint64_t area_end = std::min<std::uint64_t>(header.cluster_bytes(), head.size);
  const std::uint64_t offset = load_be64(head.data + 8);
  if (offset == 0) return area_end;
  const std::uint32_t length = load_be32(head.data + 16);
  if (offset > area_end) {
    bad("backing_file_offset", offset, "within the first cluster");
  }
  if (length > kMaxBackingNameBytes || !range_fits(offset, length, area_end)) {
    bad("backing_file_size", length, "at most 1023, ending within the first cluster");
  }
  header.backing_file = text_of(head.slice(static_cast<std::size_t>(offset), length));
  // A name of no length names nothing, as qemu has it.
  header.has_backing_file = !header.backing_file.empty();
  return offset;
}

// That a table is where one can be: qemu looks at tables without entries too.
void check_place(const char* field, HostOffset at, std::uint64_t table_bytes, std::uint64_t cluster_bytes) {
  if (at.value % cluster_bytes != 0) bad(field, at.value, "a multiple of the cluster size");
  if (!range_fits(at.value, table_bytes, kMaxFileBytes)) bad(field, at.value, "a place below 2^63");
}

void check_tables(const Header& header) {
  const std::uint64_t cluster = header.cluster_bytes();
  if (header.snapshot_count > kMaxSnapshots) bad("nb_snapshots", header.snapshot_count, "at most 65536");
  check_place("snapshots_offset", header.snapshot_table, header.snapshot_count * kMinSnapshotBytes, cluster);
  if (header.refcount_table_clusters > kMaxRefcountTableBytes / cluster) {
    bad("refcount_table_clusters", header.refcount_table_clusters, "a table of at most 8 MiB");
  }
  check_place("refcount_table_offset", header.refcount_table, header.refcount_table_clusters * cluster,
              cluster);
  if (header.l1_entries > kMaxL1Bytes / kEntryBytes) {
    bad("l1_size", header.l1_entries, "at most 4194304 entries");
  }
  check_place("l1_table_offset", header.l1_table, header.l1_entries * kEntryBytes, cluster);
  const std::uint64_t needed = header.l1_entries_for(header.size);
  if (header.l1_entries < needed) {
    bad("l1_size", header.l1_entries,
        "at least " + std::to_string(needed) + " for a disk of " + std::to_string(header.size) + " bytes");
  }
}

Error external(const std::string& what) {
  return Error(ErrorCode::kQcow2ExternalFile, what +
                                                  ", which is not read without --allow-external; or merge it "
                                                  "with 'qemu-img convert -O qcow2' first");
}

Error unsupported(const std::string& what) {
  return Error(ErrorCode::kQcow2UnsupportedFeature,
               "needs " + what +
                   ", which this version does not read; convert it with 'qemu-img convert -O qcow2' first");
}

void check_features(const Header& header) {
  const std::vector<Feature> unknown = find_unknown_features(header);
  if (!unknown.empty() && unknown.front().kind == FeatureKind::kIncompatible) {
    const Feature& first = unknown.front();
    throw unsupported("incompatible feature bit " + std::to_string(first.bit) +
                      (first.name.empty() ? "" : " (" + first.name + ")"));
  }
  if (header.crypt_method > kLuks) {
    throw unsupported("decryption (method " + std::to_string(header.crypt_method) + ")");
  }
  if (header.compression_type > static_cast<std::uint8_t>(CompressionType::kZstd)) {
    throw unsupported("compression type " + std::to_string(header.compression_type));
  }
}

// Why no more than the header can be described, if so.
std::optional<Error> find_opening_refusal(const Header& header) {
  if (header.crypt_method != 0) {
    return unsupported(header.crypt_method == kLuks ? "decryption (LUKS)" : "decryption (AES)");
  }
  if (header.has_raw_data_flag() && !header.has_data_file()) {
    return Error(
        ErrorCode::kQcow2BadHeader,
        "is marked as having a raw data file (autoclear bit 1) and has no data file (incompatible bit "
        "2); the image is damaged");
  }
  return std::nullopt;
}

std::optional<Error> find_compression_refusal(std::uint8_t type) {
  if (type == static_cast<std::uint8_t>(CompressionType::kZlib) || codec::has_zstd()) return std::nullopt;
  return Error(
      ErrorCode::kQcow2UnsupportedFeature,
      "has zstd compressed clusters (compression type 1), which this build of omiforge does not read; "
      "install libzstd-dev and pkg-config and build it again, or convert the image with 'qemu-img "
      "convert -O qcow2' first");
}

}  // namespace

bool is_qcow2(ByteView head) {
  return head.size >= 8 && load_be32(head.data) == kMagic && load_be32(head.data + 4) >= 2;
}

std::uint64_t first_cluster_bytes(ByteView head) {
  if (head.size < kHeaderBytesV2 || !is_qcow2(head)) return head.size;
  const std::uint32_t cluster_bits = load_be32(head.data + 20);
  if (cluster_bits < kMinClusterBits || cluster_bits > kMaxClusterBits) return head.size;
  return std::uint64_t{1} << cluster_bits;
}

Header parse_header(ByteView head) {
  if (head.size < kHeaderBytesV2) {
    throw Error(ErrorCode::kQcow2BadHeader,
                "is " + std::to_string(head.size) + " bytes long; a qcow2 header needs at least 72 bytes");
  }
  if (load_be32(head.data) != kMagic) {
    throw Error(ErrorCode::kQcow2BadHeader, "does not begin with the qcow2 magic 'QFI\\xfb'");
  }
  Header header;
  parse_fixed_part(head, header);
  if (header.version >= 3) parse_version_3_part(head, header);
  const std::uint64_t extensions_end = parse_backing_file(head, header);
  parse_header_extensions(head, extensions_end, header);
  check_features(header);
  check_tables(header);
  header.size = whole_sectors(header.size);
  return header;
}

void check_header_ranges(const Header& header, std::uint64_t file_bytes) {
  if (header.refcount_table_clusters == 0) bad("refcount_table_clusters", 0, "at least 1");
  const std::uint64_t l1_bytes = std::uint64_t{header.l1_entries} * kEntryBytes;
  if (!range_fits(header.l1_table.value, l1_bytes, header.last_cluster_end(file_bytes))) {
    throw Error(ErrorCode::kQcow2Truncated, "L1 table of " + std::to_string(l1_bytes) + " bytes at byte " +
                                                std::to_string(header.l1_table.value) +
                                                " lies past the end of the file at byte " +
                                                std::to_string(file_bytes) + "; the file was cut short");
  }
}

void check_can_be_opened(const Header& header) {
  if (const auto refusal = find_opening_refusal(header)) throw *refusal;
}

std::optional<Error> find_refusal(const Header& header, const ReadOptions& options) {
  if (auto refusal = find_opening_refusal(header)) return refusal;
  if (!options.external.folder) {
    if (header.has_data_file())
      return external("keeps its data in an external file ('" + header.data_file + "')");
    if (header.has_backing_file) return external("names a backing file ('" + header.backing_file + "')");
  }
  if (header.is_corrupt() && !options.allow_corrupt) {
    return Error(
        ErrorCode::kQcow2Corrupt,
        "is marked corrupt (incompatible bit 1); repair it with 'qemu-img check -r all' first, or read "
        "what is left with --force-corrupt");
  }
  return find_compression_refusal(header.compression_type);
}

}  // namespace omiforge::qcow2
