#include <doctest/doctest.h>

#include "builders/deflated.h"
#include "builders/gzip_reader.h"
#include "builders/thrown.h"
#include "codec/gzip_inflater.h"

// Damaged and cut gzip files: each ends in the error that says what is wrong, never in other bytes.
namespace omiforge::test {
namespace {

Bytes flipped(Bytes file, std::size_t bit) {
  file[bit / 8] = static_cast<std::uint8_t>(file[bit / 8] ^ (1 << (bit % 8)));
  return file;
}

std::string code_of(const Bytes& file, std::size_t in_piece = kWhole) {
  return code_thrown_by([&] { read_gzip(file, in_piece); });
}

Bytes sample_member(std::size_t size = 200) {
  Random random(size);
  return gzip_member(mixed_content(random, size));
}

}  // namespace

TEST_CASE("gzip damage: a file cut at every byte") {
  GzipParts parts;
  parts.has_extra = parts.has_name = parts.has_comment = parts.has_header_crc = true;
  parts.extra = parts.name = parts.comment = bytes_of("some text");
  Random random(1);
  for (const Bytes& file :
       {sample_member(), gzip_member(mixed_content(random, 100), parts), gzip_member({})}) {
    for (std::size_t size = 0; size < file.size(); ++size) {
      CAPTURE(size);
      for (const std::size_t in_piece : {kWhole, std::size_t{1}}) {
        const Thrown error = thrown_by([&] { read_gzip(first_bytes(file, size), in_piece); });
        CHECK_EQ(error.code, "GZIP_TRUNCATED");
        CHECK_EQ(error.message, "ends at byte " + std::to_string(size) +
                                    ", in the middle of a gzip member; the file was cut short");
      }
    }
  }
}

TEST_CASE("gzip damage: a later member cut at every byte") {
  const Bytes first = sample_member();
  Bytes file = first;
  append(file, sample_member(50));
  for (std::size_t size = first.size() + 1; size < file.size(); ++size) {
    CAPTURE(size);
    for (const std::size_t in_piece : {kWhole, std::size_t{1}}) {
      const Thrown error = thrown_by([&] { read_gzip(first_bytes(file, size), in_piece); });
      CHECK_EQ(error.code, "GZIP_TRUNCATED");
      CHECK(error.says("ends at byte " + std::to_string(size) + ","));
    }
  }
  CHECK_EQ(code_of(first_bytes(file, first.size())), "");
}

TEST_CASE("gzip damage: every bit of the two bytes that identify gzip, and of the method") {
  const Bytes file = sample_member();
  for (std::size_t bit = 0; bit < 24; ++bit) {
    CAPTURE(bit);
    CHECK_EQ(code_of(flipped(file, bit)), "GZIP_BAD_HEADER");
    CHECK_EQ(code_of(flipped(file, bit), 1), "GZIP_BAD_HEADER");
  }
}

TEST_CASE("gzip damage: every bit of the flags") {
  const Bytes file = sample_member();
  // FTEXT says nothing about the bytes.
  CHECK_EQ(code_of(flipped(file, 24)), "");
  // FHCRC: what follows is not the CRC of the header.
  CHECK_EQ(code_of(flipped(file, 25)), "GZIP_BAD_HEADER");
  // FEXTRA, FNAME, FCOMMENT: deflate data is skipped as if it were text.
  for (std::size_t bit = 26; bit <= 28; ++bit) CHECK_NE(code_of(flipped(file, bit)), "");
  for (std::size_t bit = 29; bit <= 31; ++bit) CHECK_EQ(code_of(flipped(file, bit)), "GZIP_BAD_HEADER");
}

TEST_CASE("gzip damage: time, extra flags and system do not matter") {
  const Bytes file = sample_member();
  for (std::size_t bit = 32; bit < 80; ++bit) CHECK_EQ(code_of(flipped(file, bit)), "");
}

TEST_CASE("gzip damage: every bit of a header that has its own CRC") {
  GzipParts parts;
  parts.has_extra = parts.has_name = parts.has_header_crc = true;
  parts.extra = bytes_of("ab");
  parts.name = bytes_of("n");
  const Bytes file = gzip_member(bytes_of("content"), parts);
  // 10 bytes, length and extra field, name and its end, CRC. Without FHCRC set (bit 25) nothing is checked,
  // and a changed length or end makes the CRC of other bytes.
  constexpr std::size_t kHeaderBits = (10 + 4 + 2 + 2) * 8;
  for (std::size_t bit = 0; bit < kHeaderBits; ++bit) {
    CAPTURE(bit);
    const std::string code = code_of(flipped(file, bit));
    const bool is_time_or_system = bit >= 32 && bit < 80;
    const bool is_extra_text = bit >= 96 && bit < 112;
    if (bit < 24 || is_time_or_system || is_extra_text || bit >= 128) {
      CHECK_EQ(code, "GZIP_BAD_HEADER");
    } else {
      CHECK_NE(code, "");
    }
  }
}

TEST_CASE("gzip damage: every bit of the trailer") {
  const Bytes file = sample_member();
  for (std::size_t bit = (file.size() - 8) * 8; bit < file.size() * 8; ++bit) {
    CAPTURE(bit);
    for (const std::size_t in_piece : {kWhole, std::size_t{1}}) {
      const Thrown error = thrown_by([&] { read_gzip(flipped(file, bit), in_piece); });
      CHECK_EQ(error.code, "GZIP_CHECKSUM_MISMATCH");
      CHECK(error.says("CRC-32 or length in a gzip trailer differs from the data near byte "));
    }
  }
}

TEST_CASE("gzip damage: every bit of the data") {
  Random random(8);
  const Bytes content = mixed_content(random, 400);
  const Bytes file = gzip_member(content);
  int corrupt = 0;
  int mismatches = 0;
  for (std::size_t bit = 80; bit < (file.size() - 8) * 8; ++bit) {
    CAPTURE(bit);
    const std::string code = code_of(flipped(file, bit));
    if (code.empty()) {
      // Another way to say the same, such as a longer distance within a run of one value.
      CHECK(read_gzip(flipped(file, bit)).content == content);
      continue;
    }
    // A stream that ends later takes the trailer for data, and one that ends earlier the data for a trailer.
    CHECK((code == "GZIP_CORRUPT" || code == "GZIP_CHECKSUM_MISMATCH" || code == "GZIP_TRUNCATED"));
    corrupt += code == "GZIP_CORRUPT" ? 1 : 0;
    mismatches += code == "GZIP_CHECKSUM_MISMATCH" ? 1 : 0;
  }
  CHECK_GT(corrupt, 100);
  CHECK_GT(mismatches, 100);
}

TEST_CASE("gzip damage: what is no gzip at all") {
  for (const Bytes& file : {bytes_of("plain text, long enough"), Bytes(100), deflated(Bytes(100)),
                            Bytes{0x78, 0x9c, 0x63, 0x00, 0x00, 0x01, 0x00, 0x01}}) {
    const Thrown error = thrown_by([&] { read_gzip(file); });
    CHECK_EQ(error.code, "GZIP_BAD_HEADER");
    CHECK(error.says("not a valid gzip header near byte 0 ("));
  }
}

TEST_CASE("gzip damage: a later member with a bad header is damage, not garbage") {
  const Bytes first = sample_member();
  // Unknown method, reserved flags.
  for (const std::size_t bad : {2, 3}) {
    Bytes file = first;
    append(file, bad == 2 ? Bytes{0x1f, 0x8b, 7, 0, 0, 0} : Bytes{0x1f, 0x8b, 8, 0xe0, 0, 0});
    for (const std::size_t in_piece : {kWhole, std::size_t{1}}) {
      const Thrown error = thrown_by([&] { read_gzip(file, in_piece); });
      CHECK_EQ(error.code, "GZIP_BAD_HEADER");
      CHECK(error.says("near byte " + std::to_string(first.size() + bad) + " ("));
    }
  }
}

TEST_CASE("gzip damage: the place is one in the whole file, however it arrived") {
  const Bytes first = sample_member(5000);
  Bytes file = first;
  append(file, sample_member(300));
  // The lowest bit of the CRC.
  const Bytes damaged = flipped(file, (file.size() - 8) * 8);
  for (const std::size_t in_piece : {kWhole, std::size_t{1}, std::size_t{1000}}) {
    CHECK(thrown_by([&] {
            read_gzip(damaged, in_piece);
          }).says("near byte " + std::to_string(file.size() - 8) + " (incorrect data check)"));
  }
}

TEST_CASE("gzip damage: an inflater that has failed goes on failing") {
  const Bytes damaged = flipped(sample_member(), 16);
  codec::GzipInflater inflater;
  Bytes out(1000);
  for (int round = 0; round < 3; ++round) {
    CHECK_EQ(thrown_by([&] { inflater.inflate(view(damaged), room(out)); }).code, "GZIP_BAD_HEADER");
  }
}

TEST_CASE("gzip damage: random changes give the content, garbage behind it, or an error") {
  Random random(7);
  const Bytes content = mixed_content(random, 2000);
  const Bytes good = gzip_member(content);
  int failed = 0;
  for (int round = 0; round < 3000; ++round) {
    Bytes file = good;
    for (std::uint64_t change = 1 + below(random, 3); change > 0; --change) {
      file[below(random, file.size())] = static_cast<std::uint8_t>(random());
    }
    try {
      const GzipContent result = read_gzip(file, 1 + below(random, 3000), 1 + below(random, 3000));
      REQUIRE(result.content == content);
    } catch (const Error& error) {
      REQUIRE(std::string(error_name(error.code())).rfind("GZIP_", 0) == 0);
      ++failed;
    }
  }
  CHECK_GT(failed, 1000);
}

}  // namespace omiforge::test
