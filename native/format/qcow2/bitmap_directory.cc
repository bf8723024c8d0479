#include "format/qcow2/bitmap_directory.h"

#include <array>

#include "format/qcow2/table_read.h"

namespace omiforge::qcow2 {
namespace {

// The limits of qemu.
constexpr std::uint32_t kMaxBitmaps = 65535;
constexpr std::uint64_t kMaxDirectoryBytes = 0x40000000;
constexpr std::uint64_t kMaxBitmapBytes = 0x20000000;
constexpr std::uint16_t kMaxNameBytes = 1023;
constexpr std::uint8_t kMinGranularityBits = 9;
constexpr std::uint8_t kMaxGranularityBits = 31;

constexpr std::size_t kFixedBytes = 24;
constexpr std::uint8_t kDirtyTracking = 1;
constexpr std::uint32_t kInUse = 1;
constexpr std::uint32_t kAuto = 2;
constexpr std::uint32_t kReservedFlags = 0xfffffffc;

[[noreturn]] void corrupt(const Source& file, const std::string& what) {
  throw Error(ErrorCode::kQcow2Corrupt, what + "; the image is damaged", file.path());
}

// The fixed part of an entry.
struct DirectoryEntry {
  HostOffset table;
  std::uint32_t table_entries = 0;
  std::uint32_t flags = 0;
  std::uint8_t type = 0;
  std::uint8_t granularity_bits = 0;
  std::uint16_t name_bytes = 0;
  std::uint32_t extra_bytes = 0;
};

DirectoryEntry parse(const std::array<std::uint8_t, kFixedBytes>& bytes) {
  const std::uint8_t* at = bytes.data();
  return {{load_be64(at)}, load_be32(at + 8),  load_be32(at + 12), at[16],
          at[17],          load_be16(at + 18), load_be32(at + 20)};
}

// Clusters that a bit for each part of the disk takes.
std::uint64_t clusters_needed(const Header& header, std::uint32_t granularity_bits) {
  const std::uint64_t bits = divide_up(header.size, std::uint64_t{1} << granularity_bits);
  return divide_up(divide_up(bits, 8), header.cluster_bytes());
}

bool is_valid(const DirectoryEntry& entry, const Header& header) {
  if (entry.table_entries == 0 || entry.table_entries * header.cluster_bytes() > kMaxBitmapBytes)
    return false;
  if (entry.table.value == 0 || entry.table.value % header.cluster_bytes() != 0) return false;
  if (entry.granularity_bits < kMinGranularityBits || entry.granularity_bits > kMaxGranularityBits) {
    return false;
  }
  if ((entry.flags & kReservedFlags) != 0 || entry.type != kDirtyTracking) return false;
  if (entry.name_bytes > kMaxNameBytes || entry.extra_bytes != 0) return false;
  // A bitmap in use may be of the size that the disk had before.
  return (entry.flags & kInUse) != 0 ||
         entry.table_entries == clusters_needed(header, entry.granularity_bits);
}

void check_extension(const Source& file, const Header& header, const BitmapsExtension& extension) {
  if (extension.count == 0 || extension.count > kMaxBitmaps) {
    corrupt(file, "the bitmaps extension states " + std::to_string(extension.count) +
                      " bitmaps; allowed is 1 to 65535");
  }
  if (extension.directory_bytes > kMaxDirectoryBytes ||
      extension.directory.value % header.cluster_bytes() != 0 ||
      !range_fits(extension.directory.value, extension.directory_bytes, file.size())) {
    corrupt(file, "the bitmap directory of " + std::to_string(extension.directory_bytes) + " bytes at byte " +
                      std::to_string(extension.directory.value) +
                      " is not at a multiple of the cluster size within the file");
  }
}

}  // namespace

std::vector<Bitmap> read_bitmap_directory(const Source& file, const Header& header,
                                          const BitmapsExtension& extension) {
  check_extension(file, header, extension);
  std::vector<Bitmap> bitmaps;
  std::uint64_t done = 0;
  for (std::uint32_t i = 0; i < extension.count; ++i) {
    std::array<std::uint8_t, kFixedBytes> bytes{};
    const bool is_there = range_fits(done, kFixedBytes, extension.directory_bytes);
    if (is_there) read_table(file, extension.directory + done, {bytes.data(), bytes.size()});
    const DirectoryEntry entry = parse(bytes);
    const HostOffset name_at = extension.directory + done + kFixedBytes;
    // Entries are padded to multiples of 8.
    done += divide_up(std::uint64_t{kFixedBytes} + entry.extra_bytes + entry.name_bytes, 8) * 8;
    if (!is_there || done > extension.directory_bytes || !is_valid(entry, header)) {
      corrupt(file, "bitmap directory entry " + std::to_string(i) + " contradicts the specification");
    }
    std::string name(entry.name_bytes, '\0');
    read_table(file, name_at, {reinterpret_cast<std::uint8_t*>(name.data()), name.size()});
    bitmaps.push_back({std::move(name), entry.table, entry.table_entries, entry.granularity_bits,
                       (entry.flags & kInUse) != 0, (entry.flags & kAuto) != 0});
  }
  if (done != extension.directory_bytes) {
    corrupt(file, "the bitmap directory of " + std::to_string(extension.directory_bytes) +
                      " bytes ends at byte " + std::to_string(done));
  }
  return bitmaps;
}

}  // namespace omiforge::qcow2
