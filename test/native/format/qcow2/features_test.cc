#include "format/qcow2/features.h"

#include <doctest/doctest.h>

#include "builders/qcow2_header.h"
#include "format/qcow2/header.h"

// Features and extensions that are not known, which are told of and nothing more.
namespace omiforge::test {

using qcow2::Feature;
using qcow2::FeatureKind;
using qcow2::Header;

TEST_CASE("features: the known ones are not listed") {
  Header header;
  CHECK(qcow2::find_unknown_features(header).empty());
  header.incompatible = 0x1f;
  header.compatible = 1;
  header.autoclear = 3;
  CHECK(qcow2::find_unknown_features(header).empty());
}

TEST_CASE("features: every other bit is, of the field that it is in") {
  for (unsigned bit = 0; bit < 64; ++bit) {
    CAPTURE(bit);
    Header header;
    header.incompatible = header.compatible = header.autoclear = std::uint64_t{1} << bit;
    const std::vector<Feature> unknown = qcow2::find_unknown_features(header);
    CHECK_EQ(unknown.size(), bit == 0 ? 0 : bit == 1 ? 1 : bit < 5 ? 2 : 3);
    for (const Feature& feature : unknown) CHECK_EQ(feature.bit, bit);
  }
}

TEST_CASE("features: names are those of the same field and bit") {
  Header header;
  header.incompatible = header.compatible = header.autoclear = std::uint64_t{1} << 63;
  header.feature_names = {{1, 62, "no"},  {1, 63, ""},      {1, 63, "one"},
                          {1, 63, "two"}, {2, 63, "three"}, {3, 63, "no"}};
  const std::vector<Feature> unknown = qcow2::find_unknown_features(header);
  REQUIRE_EQ(unknown.size(), 3);
  CHECK(unknown[0].kind == FeatureKind::kIncompatible);
  CHECK_EQ(unknown[0].name, "");
  CHECK(unknown[1].kind == FeatureKind::kCompatible);
  CHECK_EQ(unknown[1].name, "one");
  CHECK(unknown[2].kind == FeatureKind::kAutoclear);
  CHECK_EQ(unknown[2].name, "three");
}

TEST_CASE("features: bitmaps and unknown header extensions") {
  HeaderFields fields;
  Bytes head = header_bytes(fields);
  const auto parse = [&] { return qcow2::parse_header(view(head)); };
  CHECK_FALSE(parse().bitmaps.has_value());
  CHECK(parse().unknown_extensions.empty());
  Bytes bitmaps(24);
  store_be32(bitmaps.data(), 7);
  std::size_t at = put_extension(head, 104, 0x23852875, bitmaps);
  at = put_extension(head, at, 0x0537be77, Bytes(16));
  at = put_extension(head, at, 0xffffffff, Bytes(3));
  put_extension(head, at, 0x00000001, {});
  CHECK_EQ(parse().bitmaps->count, 7);
  CHECK_FALSE(parse().has_consistent_bitmaps());
  const Header header = parse();
  REQUIRE_EQ(header.unknown_extensions.size(), 2);
  CHECK_EQ(header.unknown_extensions[0].type, 0xffffffff);
  CHECK_EQ(header.unknown_extensions[0].length, 3);
  CHECK_EQ(header.unknown_extensions[1].type, 1);
  CHECK_EQ(header.unknown_extensions[1].length, 0);

  // Of a wrong length it is there, but nothing is made of it.
  head = header_bytes(fields);
  put_extension(head, 104, 0x23852875, Bytes(3));
  REQUIRE(parse().bitmaps.has_value());
  CHECK_EQ(parse().bitmaps->count, 0);
  fields.autoclear_features = 1;
  head = header_bytes(fields);
  CHECK(parse().has_consistent_bitmaps());
}

}  // namespace omiforge::test
