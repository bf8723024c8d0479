#include "builders/qcow2_header.h"
#include "seeds/seeds.h"

namespace omiforge::fuzz {

using test::Bytes;
using test::bytes_of;
using test::HeaderFields;

namespace {

Bytes with_extension(std::uint32_t type, const Bytes& data, const HeaderFields& fields = {}) {
  Bytes head = test::header_bytes(fields);
  test::put_extension(head, fields.header_length, type, data);
  return head;
}

Bytes with_backing_file() {
  HeaderFields fields;
  fields.backing_file_offset = 256;
  fields.backing_file_size = 8;
  Bytes head = with_extension(0xe2792aca, bytes_of("raw"), fields);
  const Bytes name = bytes_of("base.img");
  std::copy(name.begin(), name.end(), head.begin() + 256);
  return head;
}

}  // namespace

Seeds header_seeds() {
  Seeds seeds;
  HeaderFields version_2;
  version_2.version = 2;
  seeds["version-2"] = test::header_bytes(version_2);
  seeds["version-3"] = test::header_bytes({});
  HeaderFields small;
  small.cluster_bits = 9;
  small.l1_table_offset = 512;
  small.nb_snapshots = 1;
  small.snapshots_offset = 1024;
  // Longer than its first cluster, which is all that counts.
  seeds["small-clusters"] = test::header_bytes(small, 1536);
  HeaderFields compressed;
  compressed.header_length = 112;
  compressed.incompatible_features = 8;
  compressed.compression_type = 1;
  seeds["zstd"] = test::header_bytes(compressed);
  for (unsigned bit = 0; bit < 6; ++bit) {
    HeaderFields fields;
    fields.incompatible_features = std::uint64_t{1} << bit;
    const Bytes name = test::feature_name_entry(0, static_cast<std::uint8_t>(bit), bytes_of("a feature"));
    seeds["incompatible-" + std::to_string(bit)] = with_extension(0x6803f857, name, fields);
  }
  seeds["encrypted"] = with_extension(0x0537be77, Bytes(16));
  seeds["bitmaps"] = with_extension(0x23852875, Bytes(24));
  seeds["data-file"] = with_extension(0x44415441, bytes_of("data.raw"));
  seeds["backing-file"] = with_backing_file();
  return seeds;
}

}  // namespace omiforge::fuzz
