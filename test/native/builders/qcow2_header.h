#pragma once

#include <cstdint>

#include "builders/bytes.h"

namespace omiforge::test {

// Every field of a qcow2 header, as the specification names it. As it stands: a valid header of version 3,
// whatever the cluster size.
struct HeaderFields {
  std::uint32_t magic = 0x514649fb;
  std::uint32_t version = 3;
  std::uint64_t backing_file_offset = 0;
  std::uint32_t backing_file_size = 0;
  std::uint32_t cluster_bits = 16;
  std::uint64_t size = 1 << 20;
  std::uint32_t crypt_method = 0;
  std::uint32_t l1_size = 64;
  std::uint64_t l1_table_offset = 2 << 21;
  std::uint64_t refcount_table_offset = 1 << 21;
  std::uint32_t refcount_table_clusters = 1;
  std::uint32_t nb_snapshots = 0;
  std::uint64_t snapshots_offset = 0;
  // From here on in version 3 alone.
  std::uint64_t incompatible_features = 0;
  std::uint64_t compatible_features = 0;
  std::uint64_t autoclear_features = 0;
  std::uint32_t refcount_order = 4;
  std::uint32_t header_length = 104;
  // Written where header_length says that the field is there.
  std::uint8_t compression_type = 0;
};

// The header, followed by zeros up to `size` bytes. `size` is at least 112.
Bytes header_bytes(const HeaderFields& fields, std::size_t size = 512);

// Puts a header extension at byte `at` and returns the byte behind it and its padding.
std::size_t put_extension(Bytes& head, std::size_t at, std::uint32_t type, const Bytes& data);

// The data of a feature name table with one entry.
Bytes feature_name_entry(std::uint8_t bitmap, std::uint8_t bit, const Bytes& name);

}  // namespace omiforge::test
