#include "codec/gzip_index.h"

#include <doctest/doctest.h>

#include "builders/indexed_gzip_file.h"
#include "builders/temporary_folder.h"

namespace omiforge::test {
namespace {

using codec::GzipIndex;

std::optional<GzipIndex> index_of(const Bytes& file) { return GzipIndex::find(file_with(file)); }

std::vector<PieceParts> sample_pieces() {
  Random random(1);
  return {piece_of(mixed_content(random, 5000)), zeros_piece(100'000), piece_of(mixed_content(random, 300))};
}

bool is_found(const std::vector<PieceParts>& pieces, const IndexParts& parts = {}) {
  return index_of(indexed_gzip_file(pieces, parts)).has_value();
}

// The first piece with other lengths; all that was deflated stays what it is.
std::vector<PieceParts> with_lengths(std::uint64_t content, std::uint64_t deflated) {
  std::vector<PieceParts> pieces = sample_pieces();
  pieces[0].content_length = content;
  pieces[0].deflated_length = deflated;
  return pieces;
}

}  // namespace

TEST_CASE("gzip index: the pieces of a sound file") {
  const std::vector<PieceParts> parts = sample_pieces();
  const Bytes file = indexed_gzip_file(parts);
  const std::optional<GzipIndex> index = index_of(file);
  REQUIRE(index.has_value());
  REQUIRE_EQ(index->pieces().size(), parts.size());
  std::uint64_t content = 0;
  std::uint64_t deflated = index->pieces()[0].deflated_begin;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const codec::GzipPiece& piece = index->pieces()[i];
    CHECK_EQ(piece.content_begin, content);
    CHECK_EQ(piece.content_length, parts[i].content_length);
    CHECK_EQ(piece.deflated_begin, deflated);
    CHECK_EQ(piece.deflated_length, parts[i].deflated.size());
    CHECK_EQ(piece.crc, parts[i].crc);
    CHECK_EQ(piece.is_zeros, parts[i].is_zeros);
    CHECK_EQ(&index->piece_at(piece.content_begin), &piece);
    CHECK_EQ(&index->piece_at(piece.content_end() - 1), &piece);
    content = piece.content_end();
    deflated += piece.deflated_length;
  }
  CHECK_EQ(index->content_length(), content);
  CHECK_EQ(deflated + 13, file.size());
  CHECK(index->agrees_with_trailer());
}

TEST_CASE("gzip index: without spare room, and with all that a field can have") {
  IndexParts parts;
  parts.spare_bytes = 0;
  CHECK(is_found(sample_pieces(), parts));
  const std::size_t list =
      index_of(indexed_gzip_file(sample_pieces(), parts))->pieces()[0].deflated_begin - 16;
  parts.spare_bytes = 65'535 - 4 - list;
  CHECK(is_found(sample_pieces(), parts));
}

TEST_CASE("gzip index: a file cut at every byte has none") {
  const Bytes file = indexed_gzip_file(sample_pieces());
  for (std::size_t size = 0; size < file.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(index_of(first_bytes(file, size)).has_value());
  }
}

TEST_CASE("gzip index: another header than omiforge writes") {
  const std::vector<PieceParts> pieces = sample_pieces();
  IndexParts parts;
  for (int flags = 0; flags < 256; ++flags) {
    parts.flags = static_cast<std::uint8_t>(flags);
    CHECK_EQ(is_found(pieces, parts), flags == 4);
  }
  parts = {};
  parts.flags = 4 | 8 | 16 | 2;
  parts.behind_extra = bytes_of(std::string_view("name\0comment\0cc", 15));
  CHECK_FALSE(is_found(pieces, parts));
  const Bytes file = indexed_gzip_file(pieces);
  for (const std::size_t at : {0u, 1u, 2u, 12u, 13u}) {
    Bytes changed = file;
    changed[at] ^= 0x20;
    CHECK_FALSE(index_of(changed).has_value());
  }
}

TEST_CASE("gzip index: an extra field with another length, or more subfields") {
  const std::vector<PieceParts> pieces = sample_pieces();
  const std::uint64_t data_begin = index_of(indexed_gzip_file(pieces))->pieces()[0].deflated_begin;
  const auto extra_length = static_cast<std::uint32_t>(data_begin - 12);
  for (const std::uint32_t wrong : {0u, 1u, 4u, extra_length - 1, extra_length + 1, 65'535u}) {
    IndexParts parts;
    parts.extra_length = wrong;
    CHECK_FALSE(is_found(pieces, parts));
    parts = {};
    parts.subfield_length = wrong;
    CHECK_FALSE(is_found(pieces, parts));
    // Both: the pieces begin elsewhere, and no more end where the file does.
    parts.extra_length = wrong;
    parts.subfield_length = wrong - 4;
    CHECK_FALSE(is_found(pieces, parts));
  }
  IndexParts parts;
  parts.behind_subfield = {'X', 'Y', 1, 0, 9};
  CHECK_FALSE(is_found(pieces, parts));
}

TEST_CASE("gzip index: another version, and counts that the field does not hold") {
  const std::vector<PieceParts> pieces = sample_pieces();
  IndexParts parts;
  for (const std::uint8_t version : Bytes{0, 2, 255}) {
    parts.version = version;
    CHECK_FALSE(is_found(pieces, parts));
  }
  parts = {};
  // Behind the list there are zeros, which make no piece.
  for (const std::uint32_t count : {0u, 1u, 2u, 4u, 1000u, 0x7fffffffu, 0xffffffffu}) {
    for (const std::size_t spare : {std::size_t{0}, std::size_t{7}, std::size_t{60'000}}) {
      parts.count = count;
      parts.spare_bytes = spare;
      CHECK_FALSE(is_found(pieces, parts));
    }
  }
}

TEST_CASE("gzip index: lengths that cannot be") {
  const std::vector<PieceParts> good = sample_pieces();
  const std::uint64_t content = good[0].content_length;
  const std::uint64_t deflated = good[0].deflated.size();
  CHECK(is_found(with_lengths(content, deflated)));
  for (const std::uint64_t wrong :
       {std::uint64_t{0}, deflated - 1, deflated + 1, std::uint64_t{1} << 32, std::uint64_t{1} << 59,
        (std::uint64_t{1} << 60) - 1, std::uint64_t{1} << 60, ~std::uint64_t{0} >> 1, ~std::uint64_t{0}}) {
    CAPTURE(wrong);
    CHECK_FALSE(is_found(with_lengths(content, wrong)));
  }
  // No deflate makes more than 1032 bytes of one.
  for (const std::uint64_t wrong : {std::uint64_t{0}, 1032 * deflated + 1032, std::uint64_t{1} << 40,
                                    std::uint64_t{1} << 59, std::uint64_t{1} << 60, ~std::uint64_t{0} >> 1}) {
    CAPTURE(wrong);
    CHECK_FALSE(is_found(with_lengths(wrong, deflated)));
  }
}

TEST_CASE("gzip index: lengths whose sum is more than a number holds") {
  std::vector<PieceParts> pieces = sample_pieces();
  // 16 deflated lengths of 2^60 come to the one that would be right, modulo 2^64.
  for (int i = 0; i < 16; ++i) {
    PieceParts huge = pieces[0];
    huge.deflated.clear();
    huge.deflated_length = std::uint64_t{1} << 60;
    pieces.push_back(huge);
  }
  CHECK_FALSE(is_found(pieces));
}

TEST_CASE("gzip index: bytes that no piece names, or another end") {
  const std::vector<PieceParts> pieces = sample_pieces();
  IndexParts parts;
  parts.behind_pieces = {0, 0, 0, 0xff, 0xff};
  CHECK_FALSE(is_found(pieces, parts));
  parts = {};
  for (const Bytes& end : {Bytes{0x03, 0x00}, Bytes{0, 0, 0, 0xff, 0xff}, Bytes{1, 1, 0, 0xfe, 0xff}}) {
    parts.final_block = end;
    CHECK_FALSE(is_found(pieces, parts));
  }
  parts = {};
  for (const std::size_t count : {1u, 13u, 512u}) {
    parts.behind_trailer = Bytes(count);
    CHECK_FALSE(is_found(pieces, parts));
  }
  // A second member.
  parts.behind_trailer = indexed_gzip_file(pieces);
  CHECK_FALSE(is_found(pieces, parts));
}

TEST_CASE("gzip index: a trailer that says something else") {
  IndexParts parts;
  parts.trailer_crc = 1;
  CHECK_FALSE(index_of(indexed_gzip_file(sample_pieces(), parts))->agrees_with_trailer());
  parts = {};
  parts.trailer_length = 1;
  CHECK_FALSE(index_of(indexed_gzip_file(sample_pieces(), parts))->agrees_with_trailer());
}

}  // namespace omiforge::test
