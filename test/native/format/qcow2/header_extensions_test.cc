#include "format/qcow2/header_extensions.h"

#include <doctest/doctest.h>

#include "builders/qcow2_header.h"
#include "builders/thrown.h"

namespace omiforge::test {

using qcow2::Header;
using qcow2::parse_header;

namespace {

constexpr std::uint32_t kBackingFormat = 0xe2792aca;
constexpr std::uint32_t kFeatureNames = 0x6803f857;
constexpr std::uint32_t kDataFile = 0x44415441;
constexpr std::uint32_t kBitmaps = 0x23852875;
constexpr std::size_t kAreaBegin = 104;

// A header whose backing file is called `name` and stands at `offset`.
Bytes with_backing_file(const std::string& name, std::uint64_t offset, std::size_t size = 512) {
  HeaderFields fields;
  fields.backing_file_offset = offset;
  fields.backing_file_size = static_cast<std::uint32_t>(name.size());
  Bytes head = header_bytes(fields, size);
  std::copy(name.begin(), name.end(), head.begin() + static_cast<std::ptrdiff_t>(offset));
  return head;
}

}  // namespace

TEST_CASE("header extensions: each string, with and without padding") {
  for (std::size_t length = 0; length <= 17; ++length) {
    CAPTURE(length);
    const std::string text(length, 'q');
    Bytes head = header_bytes({});
    std::size_t at = put_extension(head, kAreaBegin, kBackingFormat, bytes_of(text));
    at = put_extension(head, at, kDataFile, bytes_of(text + "/data"));
    put_extension(head, at, kFeatureNames, feature_name_entry(0, 3, bytes_of("compression type")));
    const Header header = parse_header(view(head));
    CHECK_EQ(header.backing_format, text);
    CHECK_EQ(header.data_file, text + "/data");
    REQUIRE_EQ(header.feature_names.size(), 1);
    CHECK_EQ(header.feature_names[0].name, "compression type");
  }
}

TEST_CASE("header extensions: the feature name table") {
  Bytes table = feature_name_entry(0, 0, bytes_of("dirty bit"));
  append(table, feature_name_entry(1, 0, bytes_of("lazy refcounts")));
  append(table, feature_name_entry(2, 63, Bytes(46, 'n')));
  append(table, feature_name_entry(0, 5, {}));
  // Less than an entry is none.
  append(table, Bytes(47, 'x'));
  Bytes head = header_bytes({});
  put_extension(head, kAreaBegin, kFeatureNames, table);
  const Header header = parse_header(view(head));
  REQUIRE_EQ(header.feature_names.size(), 4);
  CHECK_EQ(header.feature_names[0].name, "dirty bit");
  CHECK_EQ(header.feature_names[1].bitmap, 1);
  CHECK_EQ(header.feature_names[1].bit, 0);
  CHECK_EQ(header.feature_names[2].bitmap, 2);
  CHECK_EQ(header.feature_names[2].bit, 63);
  CHECK_EQ(header.feature_names[2].name, std::string(46, 'n'));
  CHECK_EQ(header.feature_names[3].name, "");
}

TEST_CASE("header extensions: they begin where header_length says, and in version 2 after 72 bytes") {
  HeaderFields fields;
  fields.header_length = 120;
  Bytes head = header_bytes(fields);
  put_extension(head, 120, kBackingFormat, bytes_of("raw"));
  CHECK_EQ(parse_header(view(head)).backing_format, "raw");

  fields.version = 2;
  head = header_bytes(fields);
  put_extension(head, 72, kBackingFormat, bytes_of("qcow2"));
  CHECK_EQ(parse_header(view(head)).backing_format, "qcow2");
}

TEST_CASE("header extensions: unknown ones are skipped, and nothing counts behind the end mark") {
  Bytes head = header_bytes({});
  std::size_t at = put_extension(head, kAreaBegin, 0x12345678, Bytes(13, 0xff));
  at = put_extension(head, at, kBitmaps, Bytes(24, 0xff));
  at = put_extension(head, at, kBackingFormat, bytes_of("raw"));
  at = put_extension(head, at, 0, {});
  put_extension(head, at, kDataFile, bytes_of("unseen"));
  const Header header = parse_header(view(head));
  CHECK_EQ(header.backing_format, "raw");
  CHECK_EQ(header.data_file, "");
}

TEST_CASE("header extensions: the end mark has a length too, which qemu looks at") {
  Bytes head = header_bytes({});
  store_be32(head.data() + kAreaBegin + 4, 8);
  CHECK_EQ(parse_header(view(head)).version, 3);
  store_be32(head.data() + kAreaBegin + 4, 0xffffffff);
  CHECK_EQ(thrown_by([&] { parse_header(view(head)); }).code, "QCOW2_BAD_HEADER");
}

TEST_CASE("header extensions: one that runs past the area") {
  // The area ends with the first cluster, or with all of a shorter file.
  for (const std::uint32_t length : {401u, 0x7fffffffu, 0xffffffffu}) {
    Bytes head = header_bytes({}, 512);
    store_be32(head.data() + kAreaBegin, kDataFile);
    store_be32(head.data() + kAreaBegin + 4, length);
    const Thrown error = thrown_by([&] { parse_header(view(head)); });
    CHECK_EQ(error.code, "QCOW2_BAD_HEADER");
    CHECK_EQ(error.message, "header extension at byte 104 is " + std::to_string(length) +
                                " bytes long, which runs past the header area's end at byte 512; the image "
                                "is damaged");
  }
  Bytes head = header_bytes({}, 512);
  put_extension(head, kAreaBegin, kDataFile, Bytes(400, 'd'));
  CHECK_EQ(parse_header(view(head)).data_file, std::string(400, 'd'));
}

TEST_CASE("header extensions: the area ends at the backing file's name") {
  Bytes head = with_backing_file("base.img", 136);
  put_extension(head, kAreaBegin, kBackingFormat, Bytes(24, 'f'));
  const Header header = parse_header(view(head));
  CHECK_EQ(header.backing_format, std::string(24, 'f'));
  CHECK_EQ(header.backing_file, "base.img");
  store_be32(head.data() + kAreaBegin + 4, 25);
  const Thrown error = thrown_by([&] { parse_header(view(head)); });
  CHECK_EQ(error.code, "QCOW2_BAD_HEADER");
  CHECK(error.says("past the header area's end at byte 136"));
}

TEST_CASE("header extensions: fewer than 8 bytes left hold none") {
  for (std::size_t size = 104; size < 112; ++size) {
    const Bytes head = first_bytes(header_bytes({}), size);
    CHECK_EQ(parse_header(view(head)).header_length, 104);
  }
}

TEST_CASE("backing file: its name may stand anywhere behind the header in the first cluster") {
  const Header header = parse_header(view(with_backing_file("/images/base.qcow2", 300)));
  CHECK(header.has_backing_file);
  CHECK_EQ(header.backing_file, "/images/base.qcow2");
  CHECK_EQ(parse_header(view(with_backing_file("b", 104))).backing_file, "b");
  CHECK_EQ(parse_header(view(with_backing_file("b", 511))).backing_file, "b");
}

TEST_CASE("backing file: its name ends at a zero byte, as qemu has it") {
  CHECK_EQ(parse_header(view(with_backing_file(std::string("base\0secret", 11), 300))).backing_file, "base");
  CHECK_FALSE(parse_header(view(with_backing_file(std::string("\0base", 5), 300))).has_backing_file);
}

TEST_CASE("backing file: at most 1023 bytes of name") {
  CHECK_EQ(parse_header(view(with_backing_file(std::string(1023, 'n'), 112, 2048))).backing_file.size(),
           1023);
  const Thrown error =
      thrown_by([] { parse_header(view(with_backing_file(std::string(1024, 'n'), 112, 2048))); });
  CHECK_EQ(error.code, "QCOW2_BAD_HEADER");
  CHECK_EQ(
      error.message,
      "header field backing_file_size is 1024; allowed is at most 1023, ending within the first cluster");
}

TEST_CASE("backing file: a name that leaves the first cluster") {
  HeaderFields fields;
  fields.cluster_bits = 9;
  fields.backing_file_offset = 500;
  fields.backing_file_size = 12;
  CHECK_EQ(code_thrown_by([&] { parse_header(view(header_bytes(fields, 1024))); }), "");
  fields.backing_file_size = 13;
  CHECK(thrown_by([&] {
          parse_header(view(header_bytes(fields, 1024)));
        }).says("backing_file_size is 13; allowed is at most 1023, ending within the first cluster"));
  // The file ends before the cluster does.
  fields.cluster_bits = 16;
  CHECK(thrown_by([&] { parse_header(view(header_bytes(fields, 512))); }).says("backing_file_size is 13"));
}

TEST_CASE("backing file: an offset past the first cluster") {
  HeaderFields fields;
  fields.backing_file_size = 4;
  for (const std::uint64_t offset : {std::uint64_t{513}, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
    fields.backing_file_offset = offset;
    const Thrown error = thrown_by([&] { parse_header(view(header_bytes(fields))); });
    CHECK_EQ(error.code, "QCOW2_BAD_HEADER");
    CHECK_EQ(error.message, "header field backing_file_offset is " + std::to_string(offset) +
                                "; allowed is within the first cluster");
  }
}

TEST_CASE("backing file: an offset within the header leaves no room for extensions, as with qemu") {
  HeaderFields fields;
  fields.backing_file_offset = 9;
  Bytes head = header_bytes(fields);
  put_extension(head, kAreaBegin, kDataFile, bytes_of("unseen"));
  CHECK_FALSE(parse_header(view(head)).has_backing_file);
  CHECK_EQ(parse_header(view(head)).data_file, "");
}

TEST_CASE("backing file: without an offset the size means nothing") {
  HeaderFields fields;
  fields.backing_file_size = 0xffffffff;
  CHECK_FALSE(parse_header(view(header_bytes(fields))).has_backing_file);
}

}  // namespace omiforge::test
