#include <doctest/doctest.h>

#include "builders/qcow2_header.h"
#include "builders/thrown.h"
#include "format/qcow2/header.h"

// How much of a file a header needs and looks at, whatever stands there.
namespace omiforge::test {
namespace {

qcow2::Header parse(const HeaderFields& fields) { return qcow2::parse_header(view(header_bytes(fields))); }

}  // namespace

TEST_CASE("header: cut short at every byte") {
  HeaderFields fields;
  const Bytes version_3 = header_bytes(fields);
  for (std::size_t size = 0; size < 104; ++size) {
    CAPTURE(size);
    const Thrown error = thrown_by([&] { qcow2::parse_header(view(first_bytes(version_3, size))); });
    CHECK_EQ(error.code, "QCOW2_BAD_HEADER");
    CHECK(error.says("is " + std::to_string(size) + " bytes long; "));
    CHECK(error.says(size < 72 ? "needs at least 72 bytes" : "of version 3 needs at least 104 bytes"));
  }
  CHECK_EQ(qcow2::parse_header(view(first_bytes(version_3, 104))).version, 3);
}

TEST_CASE("header: is_qcow2 wants the magic and version 2 or later") {
  HeaderFields fields;
  CHECK(qcow2::is_qcow2(view(header_bytes(fields))));
  CHECK_FALSE(qcow2::is_qcow2({}));
  CHECK_FALSE(qcow2::is_qcow2(view(first_bytes(header_bytes(fields), 7))));
  CHECK(qcow2::is_qcow2(view(first_bytes(header_bytes(fields), 8))));
  fields.version = 2;
  CHECK(qcow2::is_qcow2(view(header_bytes(fields))));
  // A later version is a qcow2 that is then refused by its number; version 1 is another format.
  fields.version = 4;
  CHECK(qcow2::is_qcow2(view(header_bytes(fields))));
  fields.version = 1;
  CHECK_FALSE(qcow2::is_qcow2(view(header_bytes(fields))));
  fields.magic = 0;
  fields.version = 3;
  CHECK_FALSE(qcow2::is_qcow2(view(header_bytes(fields))));
}

TEST_CASE("header: first_cluster_bytes is bounded, whatever the header says") {
  HeaderFields fields;
  for (std::uint32_t bits = 9; bits <= 21; ++bits) {
    fields.cluster_bits = bits;
    CHECK_EQ(qcow2::first_cluster_bytes(view(header_bytes(fields))), std::uint64_t{1} << bits);
  }
  for (const std::uint32_t bits : {0u, 8u, 22u, 64u, 0xffffffffu}) {
    fields.cluster_bits = bits;
    CHECK_EQ(qcow2::first_cluster_bytes(view(header_bytes(fields))), 512);
  }
  CHECK_EQ(qcow2::first_cluster_bytes(view(Bytes(300, 'x'))), 300);
  CHECK_EQ(qcow2::first_cluster_bytes({}), 0);
  for (std::size_t size = 0; size < 72; ++size) {
    CHECK_EQ(qcow2::first_cluster_bytes(view(first_bytes(header_bytes(fields), size))), size);
  }
}

TEST_CASE("header: the L1 table has to lie within the file, or in its last cluster") {
  HeaderFields fields;
  fields.l1_size = 64;
  fields.l1_table_offset = 0x200000;
  const qcow2::Header header = parse(fields);
  CHECK_EQ(code_thrown_by([&] { qcow2::check_header_ranges(header, 0x200000 + 512); }), "");
  CHECK_EQ(code_thrown_by([&] { qcow2::check_header_ranges(header, 0x200000 + 1); }), "");
  const Thrown error = thrown_by([&] { qcow2::check_header_ranges(header, 0x200000); });
  CHECK_EQ(error.code, "QCOW2_TRUNCATED");
  CHECK_EQ(
      error.message,
      "L1 table of 512 bytes at byte 2097152 lies past the end of the file at byte 2097152; the file was "
      "cut short");
  fields.l1_table_offset = 0x7ffffffffffe0000;
  CHECK_EQ(code_thrown_by([&] { qcow2::check_header_ranges(parse(fields), 1 << 20); }), "QCOW2_TRUNCATED");
  // One cluster more, and the table ends at byte 2^63 - 1: the last place of all.
  fields.l1_size = 8192;
  CHECK_EQ(code_thrown_by([&] { parse(fields); }), "");
}

TEST_CASE("header: no table reaches to 2^63") {
  const std::uint64_t last = 0x7fffffffffff0000;
  for (const bool is_beyond : {false, true}) {
    const std::uint64_t at = last + (is_beyond ? 65536 : 0);
    HeaderFields fields;
    fields.nb_snapshots = 1;
    fields.snapshots_offset = at;
    CHECK_EQ(code_thrown_by([&] { parse(fields); }).empty(), !is_beyond);
    fields = {};
    fields.l1_size = 1;
    fields.l1_table_offset = at;
    CHECK_EQ(code_thrown_by([&] { parse(fields); }).empty(), !is_beyond);
    fields = {};
    fields.refcount_table_clusters = 1;
    fields.refcount_table_offset = at - 65536;
    CHECK_EQ(code_thrown_by([&] { parse(fields); }).empty(), !is_beyond);
  }
  HeaderFields fields;
  fields.l1_size = 8192;
  fields.l1_table_offset = last;
  CHECK_EQ(thrown_by([&] { parse(fields); }).message,
           "header field l1_table_offset is 9223372036854710272; allowed is a place below 2^63");
}

TEST_CASE("header: an image without a refcount table is for a check alone") {
  HeaderFields fields;
  fields.refcount_table_clusters = 0;
  const qcow2::Header header = parse(fields);
  CHECK_EQ(thrown_by([&] { qcow2::check_header_ranges(header, 1 << 30); }).message,
           "header field refcount_table_clusters is 0; allowed is at least 1");
}

TEST_CASE("header: any bytes behind a valid beginning give a header or a refusal") {
  Random random(20);
  int parsed = 0;
  int refused = 0;
  for (int round = 0; round < 20000; ++round) {
    HeaderFields fields;
    fields.version = 2 + static_cast<std::uint32_t>(below(random, 2));
    Bytes head = header_bytes(fields, 112 + static_cast<std::size_t>(below(random, 401)));
    put_extension(head, 104, 0x6803f857, {});
    for (std::uint64_t change = 1 + below(random, 4); change > 0; --change) {
      head[8 + static_cast<std::size_t>(below(random, head.size() - 8))] =
          static_cast<std::uint8_t>(random());
    }
    const std::string code = code_thrown_by([&] {
      const qcow2::Header header = qcow2::parse_header(view(head));
      qcow2::find_refusal(header);
    });
    parsed += code.empty() ? 1 : 0;
    refused += code == "QCOW2_BAD_HEADER" || code == "QCOW2_UNSUPPORTED_FEATURE" ? 1 : 0;
  }
  CHECK_EQ(parsed + refused, 20000);
  // Both ways were taken often.
  CHECK_GT(parsed, 1000);
  CHECK_GT(refused, 1000);
}

}  // namespace omiforge::test
