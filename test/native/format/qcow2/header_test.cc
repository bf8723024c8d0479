#include "format/qcow2/header.h"

#include <doctest/doctest.h>

#include "builders/qcow2_header.h"
#include "builders/thrown.h"

namespace omiforge::test {

using qcow2::Header;
using qcow2::parse_header;

namespace {

Header parse(const HeaderFields& fields) { return parse_header(view(header_bytes(fields))); }

// The header is refused with one line that names the field, what it holds and what is allowed.
void check_refused(const HeaderFields& fields, const std::string& field, const std::string& found,
                   const std::string& allowed) {
  const Thrown error = thrown_by([&] { parse(fields); });
  CHECK_EQ(error.code, "QCOW2_BAD_HEADER");
  CHECK_EQ(error.message, "header field " + field + " is " + found + "; allowed is " + allowed);
}

}  // namespace

TEST_CASE("header: every field of version 3") {
  HeaderFields fields;
  fields.cluster_bits = 17;
  fields.size = 0x123456789a00;
  fields.l1_size = 0x12345;
  fields.l1_table_offset = 0x123456780000;
  fields.refcount_table_offset = 0x234567860000;
  fields.refcount_table_clusters = 63;
  fields.nb_snapshots = 0x0102;
  fields.snapshots_offset = 0x345678920000;
  fields.incompatible_features = 7;
  fields.compatible_features = 0x4000000000000001;
  fields.autoclear_features = 0x2000000000000003;
  fields.refcount_order = 6;
  fields.header_length = 112;
  fields.crypt_method = 2;
  const Header header = parse(fields);
  CHECK_EQ(header.version, 3);
  CHECK_EQ(header.cluster_bits, 17);
  CHECK_EQ(header.cluster_bytes(), 131072);
  CHECK_EQ(header.l2_entries(), 16384);
  CHECK_EQ(header.size, 0x123456789a00);
  CHECK_EQ(header.crypt_method, 2);
  CHECK_EQ(header.l1_entries, 0x12345);
  CHECK_EQ(header.l1_table.value, 0x123456780000);
  CHECK_EQ(header.refcount_table.value, 0x234567860000);
  CHECK_EQ(header.refcount_table_clusters, 63);
  CHECK_EQ(header.snapshot_count, 0x0102);
  CHECK_EQ(header.snapshot_table.value, 0x345678920000);
  CHECK_EQ(header.incompatible, 7);
  CHECK_EQ(header.compatible, 0x4000000000000001);
  CHECK_EQ(header.autoclear, 0x2000000000000003);
  CHECK_EQ(header.refcount_order, 6);
  CHECK_EQ(header.header_length, 112);
  CHECK_EQ(header.compression_type, 0);
  CHECK_FALSE(header.has_backing_file);
}

TEST_CASE("header: version 2 ends after 72 bytes, whatever follows") {
  HeaderFields fields;
  fields.version = 2;
  // As version 3 this would be full of features and of wrong numbers.
  Bytes head = header_bytes(fields);
  std::fill(head.begin() + 72, head.begin() + 80, std::uint8_t{0});
  std::fill(head.begin() + 80, head.begin() + 112, std::uint8_t{0xff});
  const Header header = parse_header(view(head));
  CHECK_EQ(header.version, 2);
  CHECK_EQ(header.header_length, 72);
  CHECK_EQ(header.refcount_order, 4);
  CHECK_EQ(header.incompatible, 0);
  CHECK_EQ(header.compatible, 0);
  CHECK_EQ(header.autoclear, 0);
  CHECK_EQ(header.compression_type, 0);
  CHECK_EQ(parse_header(view(header_bytes(fields, 112))).version, 2);
  CHECK_EQ(parse_header(view(first_bytes(head, 72))).version, 2);
}

TEST_CASE("header: what the feature bits say") {
  HeaderFields fields;
  const Header none = parse(fields);
  CHECK_FALSE(none.is_dirty());
  CHECK_FALSE(none.is_corrupt());
  CHECK_FALSE(none.has_data_file());
  CHECK_FALSE(none.has_extended_l2());
  CHECK_FALSE(none.has_lazy_refcounts());
  fields.incompatible_features = 1;
  CHECK(parse(fields).is_dirty());
  fields.incompatible_features = 2;
  CHECK(parse(fields).is_corrupt());
  fields.incompatible_features = 4;
  CHECK(parse(fields).has_data_file());
  fields.incompatible_features = 16;
  CHECK(parse(fields).has_extended_l2());
  fields.compatible_features = 1;
  CHECK(parse(fields).has_lazy_refcounts());
}

TEST_CASE("header: magic") {
  HeaderFields fields;
  fields.magic = 0x514649fa;
  const Thrown error = thrown_by([&] { parse(fields); });
  CHECK_EQ(error.code, "QCOW2_BAD_HEADER");
  CHECK_EQ(error.message, "does not begin with the qcow2 magic 'QFI\\xfb'");
}

TEST_CASE("header: version") {
  HeaderFields fields;
  for (const std::uint32_t version : {0u, 1u, 4u, 0xffffffffu}) {
    fields.version = version;
    check_refused(fields, "version", std::to_string(version), "2 or 3");
  }
}

TEST_CASE("header: cluster_bits") {
  HeaderFields fields;
  for (const std::uint32_t bits : {0u, 8u, 22u, 63u, 64u, 0xffffffffu}) {
    fields.cluster_bits = bits;
    check_refused(fields, "cluster_bits", std::to_string(bits), "9 to 21");
  }
  for (std::uint32_t bits = 9; bits <= 21; ++bits) {
    fields.cluster_bits = bits;
    CHECK_EQ(parse(fields).cluster_bits, bits);
  }
}

TEST_CASE("header: refcount_order") {
  HeaderFields fields;
  for (std::uint32_t order = 0; order <= 6; ++order) {
    fields.refcount_order = order;
    CHECK_EQ(parse(fields).refcount_order, order);
  }
  fields.refcount_order = 7;
  check_refused(fields, "refcount_order", "7", "0 to 6");
  fields.refcount_order = 0xffffffff;
  check_refused(fields, "refcount_order", "4294967295", "0 to 6");
}

TEST_CASE("header: header_length") {
  const std::string allowed = "104 to the cluster size";
  HeaderFields fields;
  for (const std::uint32_t length : {0u, 72u, 96u, 103u, 0xffffffffu, 0xfffffff8u}) {
    fields.header_length = length;
    check_refused(fields, "header_length", std::to_string(length), allowed);
  }
  // The specification wants multiples of 8; qemu does not mind others.
  for (const std::uint32_t length : {104u, 105u, 112u, 120u, 512u}) {
    fields.header_length = length;
    CHECK_EQ(parse(fields).header_length, length);
  }
  // Past the bytes there are, and past the first cluster.
  fields.header_length = 520;
  check_refused(fields, "header_length", "520", allowed);
  fields.cluster_bits = 9;
  CHECK_EQ(thrown_by([&] { parse_header(view(header_bytes(fields, 1024))); }).message,
           "header field header_length is 520; allowed is " + allowed);
}

TEST_CASE("header: compression_type goes with its feature bit") {
  HeaderFields fields;
  fields.header_length = 112;
  fields.compression_type = 1;
  check_refused(fields, "compression_type", "1", "0 where incompatible bit 3 is not set");
  fields.incompatible_features = 8;
  CHECK_EQ(parse(fields).compression_type, 1);
  fields.compression_type = 0;
  check_refused(fields, "compression_type", "0", "not 0 where incompatible bit 3 is set");
}

TEST_CASE("header: compression_type is absent from a header of 104 bytes") {
  HeaderFields fields;
  Bytes head = header_bytes(fields);
  // Not the field but the first byte of an (unknown) header extension.
  put_extension(head, 104, 0x01020304, {});
  CHECK_EQ(parse_header(view(head)).compression_type, 0);
  fields.incompatible_features = 8;
  check_refused(fields, "compression_type", "0", "not 0 where incompatible bit 3 is set");
}

TEST_CASE("header: l1_table_offset") {
  HeaderFields fields;
  for (const std::uint64_t off : {std::uint64_t{1}, std::uint64_t{512}, std::uint64_t{0x8000}}) {
    fields.l1_table_offset = 0x200000 + off;
    check_refused(fields, "l1_table_offset", std::to_string(0x200000 + off),
                  "a multiple of the cluster size");
  }
}

TEST_CASE("header: refcount_table_offset") {
  HeaderFields fields;
  fields.refcount_table_offset = 0x8000;
  check_refused(fields, "refcount_table_offset", "32768", "a multiple of the cluster size");
}

TEST_CASE("header: refcount_table_clusters") {
  HeaderFields fields;
  for (std::uint32_t bits = 9; bits <= 21; ++bits) {
    const std::uint32_t most = (8u << 20) >> bits;
    fields.cluster_bits = bits;
    fields.refcount_table_clusters = most;
    CHECK_EQ(parse(fields).refcount_table_clusters, most);
    fields.refcount_table_clusters = most + 1;
    check_refused(fields, "refcount_table_clusters", std::to_string(most + 1), "a table of at most 8 MiB");
  }
}

TEST_CASE("header: snapshots_offset is one, also without snapshots, as qemu has it") {
  HeaderFields fields;
  fields.snapshots_offset = 0x10001;
  check_refused(fields, "snapshots_offset", "65537", "a multiple of the cluster size");
  fields.nb_snapshots = 1;
  check_refused(fields, "snapshots_offset", "65537", "a multiple of the cluster size");
}

TEST_CASE("header: a disk has whole sectors, as qemu counts it") {
  HeaderFields fields;
  fields.l1_size = 1;
  for (const std::uint64_t size : {0, 1, 511, 512, 513, 1023, 1024}) {
    fields.size = size;
    CHECK_EQ(parse(fields).size, size / 512 * 512);
  }
}

TEST_CASE("header: l1_size at most 32 MiB of entries") {
  HeaderFields fields;
  fields.l1_size = 4194304;
  CHECK_EQ(parse(fields).l1_entries, 4194304);
  fields.l1_size = 4194305;
  check_refused(fields, "l1_size", "4194305", "at most 4194304 entries");
}

TEST_CASE("header: l1_size has to be enough for the size, at every cluster size") {
  for (std::uint32_t bits = 9; bits <= 21; ++bits) {
    HeaderFields fields;
    fields.cluster_bits = bits;
    fields.l1_size = 7;
    const std::uint64_t mapped = std::uint64_t{7} << (bits - 3) << bits;
    fields.size = mapped;
    CHECK_EQ(parse(fields).size, mapped);
    fields.size = mapped + 1;
    check_refused(fields, "l1_size", "7",
                  "at least 8 for a disk of " + std::to_string(mapped + 1) + " bytes");
  }
}

TEST_CASE("header: with extended L2 entries a table maps half as much") {
  HeaderFields fields;
  fields.incompatible_features = 16;
  fields.l1_size = 1;
  fields.size = 256 << 20;
  CHECK_EQ(parse(fields).l1_entries, 1);
  fields.size += 512;
  check_refused(fields, "l1_size", "1", "at least 2 for a disk of 268435968 bytes");
}

TEST_CASE("header: the size is bounded by the L1 table, the largest number too") {
  HeaderFields fields;
  fields.size = ~std::uint64_t{0};
  CHECK_EQ(thrown_by([&] { parse(fields); }).code, "QCOW2_BAD_HEADER");
  fields.cluster_bits = 21;
  fields.l1_size = 4194304;
  CHECK_EQ(thrown_by([&] { parse(fields); }).code, "QCOW2_BAD_HEADER");
  fields.size = std::uint64_t{1} << 61;
  CHECK_EQ(parse(fields).size, std::uint64_t{1} << 61);
}

TEST_CASE("header: an empty disk needs no L1 table") {
  HeaderFields fields;
  fields.size = 0;
  fields.l1_size = 0;
  CHECK_EQ(parse(fields).l1_entries, 0);
}

}  // namespace omiforge::test
