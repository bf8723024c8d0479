#include <doctest/doctest.h>

#include "builders/qcow2_header.h"
#include "builders/thrown.h"
#include "codec/zstd_frames.h"
#include "format/qcow2/header.h"

// Which images are described but not read, which are not even described, and what the user is told.
namespace omiforge::test {

using qcow2::Header;

namespace {

const ReadOptions put_up_with_corrupt{std::nullopt, true};

std::optional<Error> refusal_of(const HeaderFields& fields) {
  return qcow2::find_refusal(qcow2::parse_header(view(header_bytes(fields))));
}

void check_refusal(const std::optional<Error>& refusal, const std::string& code, const std::string& message) {
  REQUIRE(refusal.has_value());
  CHECK_EQ(std::string(error_name(refusal->code())), code);
  CHECK_EQ(std::string(refusal->what()), message);
}

std::string unsupported(const std::string& what) {
  return "needs " + what +
         ", which this version does not read; convert it with 'qemu-img convert -O qcow2' first";
}

void check_unsupported(const std::optional<Error>& refusal, const std::string& what) {
  check_refusal(refusal, "QCOW2_UNSUPPORTED_FEATURE", unsupported(what));
}

// What has no meaning yet may change that of all the rest, so that nothing can be described.
void check_unknown(const Bytes& head, const std::string& what) {
  const Thrown error = thrown_by([&] { qcow2::parse_header(view(head)); });
  CHECK_EQ(error.code, "QCOW2_UNSUPPORTED_FEATURE");
  CHECK_EQ(error.message, unsupported(what));
}

}  // namespace

TEST_CASE("refusal: none for a plain image, nor for what does not change the bytes") {
  HeaderFields fields;
  CHECK_FALSE(refusal_of(fields).has_value());
  fields.incompatible_features = 1 | 16;  // dirty: only the refcounts may be wrong; extended L2 entries
  fields.compatible_features = ~std::uint64_t{0};
  fields.autoclear_features = ~std::uint64_t{2};
  fields.nb_snapshots = 3;
  CHECK_FALSE(refusal_of(fields).has_value());
}

TEST_CASE("refusal: an unknown incompatible bit, by number and by name") {
  for (unsigned bit = 5; bit < 64; ++bit) {
    HeaderFields fields;
    fields.incompatible_features = std::uint64_t{1} << bit;
    const std::string number = "incompatible feature bit " + std::to_string(bit);
    check_unknown(header_bytes(fields), number);

    Bytes head = header_bytes(fields);
    const auto number_of_bit = static_cast<std::uint8_t>(bit);
    Bytes table = feature_name_entry(1, number_of_bit, bytes_of("compatible"));
    append(table, feature_name_entry(2, number_of_bit, bytes_of("autoclear")));
    append(table, feature_name_entry(0, static_cast<std::uint8_t>(bit - 1), bytes_of("another")));
    append(table, feature_name_entry(0, number_of_bit, bytes_of("time travel")));
    put_extension(head, 104, 0x6803f857, table);
    check_unknown(head, number + " (time travel)");
  }
}

TEST_CASE("refusal: an empty name is not shown, and the lowest unknown bit is named") {
  HeaderFields fields;
  fields.incompatible_features = 0xffffffffffffffff ^ 8;
  Bytes head = header_bytes(fields);
  put_extension(head, 104, 0x6803f857, feature_name_entry(0, 5, {}));
  check_unknown(head, "incompatible feature bit 5");
}

TEST_CASE("refusal: encryption, by its method") {
  HeaderFields fields;
  fields.crypt_method = 1;
  check_unsupported(refusal_of(fields), "decryption (AES)");
  fields.crypt_method = 2;
  check_unsupported(refusal_of(fields), "decryption (LUKS)");
  fields.crypt_method = 3;
  check_unknown(header_bytes(fields), "decryption (method 3)");
}

TEST_CASE("refusal: a raw data file that is not there") {
  HeaderFields fields;
  fields.autoclear_features = 2;
  check_refusal(refusal_of(fields), "QCOW2_BAD_HEADER",
                "is marked as having a raw data file (autoclear bit 1) and has no data file (incompatible "
                "bit 2); the image is damaged");
}

TEST_CASE("refusal: an external data file") {
  HeaderFields fields;
  fields.incompatible_features = 4;
  Bytes head = header_bytes(fields);
  put_extension(head, 104, 0x44415441, bytes_of("/etc/shadow"));
  check_refusal(
      qcow2::find_refusal(qcow2::parse_header(view(head))), "QCOW2_EXTERNAL_FILE",
      "keeps its data in an external file ('/etc/shadow'), which is not read without --allow-external; or "
      "merge it with 'qemu-img convert -O qcow2' first");
  check_refusal(refusal_of(fields), "QCOW2_EXTERNAL_FILE",
                "keeps its data in an external file (''), which is not read without --allow-external; or "
                "merge it with 'qemu-img convert -O qcow2' first");
}

TEST_CASE("refusal: a backing file name of no length is none") {
  HeaderFields fields;
  fields.backing_file_offset = 200;
  fields.backing_file_size = 0;
  CHECK_FALSE(refusal_of(fields).has_value());
}

TEST_CASE("refusal: a backing file") {
  HeaderFields fields;
  fields.backing_file_offset = 200;
  fields.backing_file_size = 4;
  Bytes head = header_bytes(fields);
  const Bytes name = bytes_of("base");
  std::copy(name.begin(), name.end(), head.begin() + 200);
  check_refusal(qcow2::find_refusal(qcow2::parse_header(view(head))), "QCOW2_EXTERNAL_FILE",
                "names a backing file ('base'), which is not read without --allow-external; or "
                "merge it with 'qemu-img convert -O qcow2' first");
}

TEST_CASE("refusal: other files are none where a folder is allowed, but what else is wrong still is") {
  const ReadOptions options{std::nullopt, false, {"folder"}};
  HeaderFields fields;
  fields.incompatible_features = 4;
  fields.backing_file_offset = 200;
  fields.backing_file_size = 4;
  const auto refusal = [&] {
    return qcow2::find_refusal(qcow2::parse_header(view(header_bytes(fields))), options);
  };
  CHECK_FALSE(refusal().has_value());
  fields.incompatible_features = 4 | 2;
  CHECK_EQ(std::string(error_name(refusal()->code())), "QCOW2_CORRUPT");
  fields.crypt_method = 2;
  check_unsupported(refusal(), "decryption (LUKS)");
}

TEST_CASE("refusal: an image that is marked corrupt") {
  HeaderFields fields;
  fields.incompatible_features = 2;
  check_refusal(
      refusal_of(fields), "QCOW2_CORRUPT",
      "is marked corrupt (incompatible bit 1); repair it with 'qemu-img check -r all' first, or read "
      "what is left with --force-corrupt");
  CHECK_FALSE(
      qcow2::find_refusal(qcow2::parse_header(view(header_bytes(fields))), put_up_with_corrupt).has_value());
  fields.crypt_method = 1;
  CHECK(
      qcow2::find_refusal(qcow2::parse_header(view(header_bytes(fields))), put_up_with_corrupt).has_value());
}

TEST_CASE("refusal: zstd in a build without it, and unknown compression types") {
  HeaderFields fields;
  fields.incompatible_features = 8;
  fields.header_length = 112;
  fields.compression_type = 1;
  if (codec::has_zstd()) {
    CHECK_FALSE(refusal_of(fields).has_value());
  } else {
    check_refusal(refusal_of(fields), "QCOW2_UNSUPPORTED_FEATURE",
                  "has zstd compressed clusters (compression type 1), which this build of omiforge does not "
                  "read; install libzstd-dev and pkg-config and build it again, or convert the image with "
                  "'qemu-img convert -O qcow2' first");
  }
  fields.compression_type = 2;
  check_unknown(header_bytes(fields), "compression type 2");
  fields.compression_type = 255;
  check_unknown(header_bytes(fields), "compression type 255");
}

}  // namespace omiforge::test
