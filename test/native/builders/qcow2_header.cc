#include "builders/qcow2_header.h"

#include <algorithm>

namespace omiforge::test {

Bytes header_bytes(const HeaderFields& fields, std::size_t size) {
  Bytes head(size);
  std::uint8_t* at = head.data();
  store_be32(at, fields.magic);
  store_be32(at + 4, fields.version);
  store_be64(at + 8, fields.backing_file_offset);
  store_be32(at + 16, fields.backing_file_size);
  store_be32(at + 20, fields.cluster_bits);
  store_be64(at + 24, fields.size);
  store_be32(at + 32, fields.crypt_method);
  store_be32(at + 36, fields.l1_size);
  store_be64(at + 40, fields.l1_table_offset);
  store_be64(at + 48, fields.refcount_table_offset);
  store_be32(at + 56, fields.refcount_table_clusters);
  store_be32(at + 60, fields.nb_snapshots);
  store_be64(at + 64, fields.snapshots_offset);
  if (fields.version < 3) return head;
  store_be64(at + 72, fields.incompatible_features);
  store_be64(at + 80, fields.compatible_features);
  store_be64(at + 88, fields.autoclear_features);
  store_be32(at + 96, fields.refcount_order);
  store_be32(at + 100, fields.header_length);
  if (fields.header_length > 104) at[104] = fields.compression_type;
  return head;
}

std::size_t put_extension(Bytes& head, std::size_t at, std::uint32_t type, const Bytes& data) {
  store_be32(head.data() + at, type);
  store_be32(head.data() + at + 4, static_cast<std::uint32_t>(data.size()));
  std::copy(data.begin(), data.end(), head.begin() + static_cast<std::ptrdiff_t>(at + 8));
  return at + 8 + (data.size() + 7) / 8 * 8;
}

Bytes feature_name_entry(std::uint8_t bitmap, std::uint8_t bit, const Bytes& name) {
  Bytes entry{bitmap, bit};
  append(entry, name);
  entry.resize(48);
  return entry;
}

}  // namespace omiforge::test
