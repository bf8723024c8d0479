#include "codec/indexed_gzip.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "builders/indexed_gzip_file.h"
#include "builders/temporary_folder.h"
#include "builders/thrown.h"
#include "codec/piece_proof.h"

namespace omiforge::test {
namespace {

using codec::IndexedGzip;
using codec::PieceProof;

constexpr std::size_t kPart = 4 * 1024 * 1024;

Bytes content_at(const IndexedGzip& gzip, std::uint64_t offset, std::size_t size) {
  Bytes out(size, 0xee);
  gzip.read(offset, room(out));
  return out;
}

Bytes slice_of(const Bytes& bytes, std::size_t from, std::size_t size) {
  return Bytes(bytes.begin() + static_cast<std::ptrdiff_t>(from),
               bytes.begin() + static_cast<std::ptrdiff_t>(from + size));
}

struct Sample {
  std::vector<PieceParts> pieces;
  Bytes content;

  void add(const Bytes& more, bool is_zeros = false) {
    pieces.push_back(is_zeros ? zeros_piece(more.size()) : piece_of(more, 1));
    append(content, more);
  }
};

// Pieces of every kind: zeros that are stated and others, some that are joined.
Sample sample(std::uint64_t seed, std::size_t most_bytes) {
  Random random(seed);
  Sample made;
  for (int i = 0; i < 12; ++i) {
    const auto size = static_cast<std::size_t>(1 + below(random, most_bytes));
    const std::uint64_t kind = below(random, 4);
    made.add(kind < 2 ? Bytes(size) : mixed_content(random, size), kind == 0);
    if (made.pieces.size() < 2 || below(random, 3) != 0) continue;
    const PieceParts last = made.pieces.back();
    made.pieces.pop_back();
    made.pieces.back() = joined_piece(made.pieces.back(), last);
  }
  return made;
}

void check_reads(const IndexedGzip& gzip, const Bytes& content, Random& random, int reads) {
  for (int i = 0; i < reads; ++i) {
    const auto at = static_cast<std::size_t>(below(random, content.size()));
    const auto size = static_cast<std::size_t>(below(random, content.size() - at + 1));
    CAPTURE(at);
    CAPTURE(size);
    CHECK(content_at(gzip, at, size) == slice_of(content, at, size));
  }
}

std::string proof_of_all(const Bytes& file) {
  return code_thrown_by([&] {
    const IndexedGzip gzip(file_with(file));
    PieceProof proof(gzip.file());
    for (const codec::GzipPiece& piece : gzip.index().pieces()) proof.prove(piece);
  });
}

}  // namespace

TEST_CASE("indexed gzip: any range, in any order") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(seed);
    const Sample made = sample(seed, 20'000);
    const IndexedGzip gzip(file_with(indexed_gzip_file(made.pieces)));
    REQUIRE_EQ(gzip.size(), made.content.size());
    CHECK(content_at(gzip, 0, made.content.size()) == made.content);
    Random random(seed);
    check_reads(gzip, made.content, random, 60);
  }
}

TEST_CASE("indexed gzip: a piece that is read in parts, forwards and backwards") {
  Random random(1);
  Sample made;
  made.add(mixed_content(random, 1000));
  // Of 2.5 parts, and then another that ends where a part does.
  made.add(mixed_content(random, 2 * kPart + kPart / 2));
  made.add(mixed_content(random, 2 * kPart));
  const IndexedGzip gzip(file_with(indexed_gzip_file(made.pieces)));
  constexpr std::size_t kStep = kPart / 2 + 4321;
  for (std::size_t at = 0; at + kStep <= made.content.size(); at += kStep) {
    CHECK(content_at(gzip, at, kStep) == slice_of(made.content, at, kStep));
  }
  for (std::size_t at = made.content.size(); at >= kStep; at -= kStep) {
    CHECK(content_at(gzip, at - kStep, kStep) == slice_of(made.content, at - kStep, kStep));
  }
  check_reads(gzip, made.content, random, 6);
}

TEST_CASE("indexed gzip: past the end") {
  const Sample made = sample(1, 100);
  const IndexedGzip gzip(file_with(indexed_gzip_file(made.pieces)));
  CHECK(content_at(gzip, gzip.size(), 0).empty());
  for (const std::uint64_t at : {gzip.size(), gzip.size() + 1, ~std::uint64_t{0}}) {
    CHECK_EQ(code_thrown_by([&] { content_at(gzip, at, 1); }), "IO_SHORT_READ");
  }
  CHECK_EQ(code_thrown_by([&] { content_at(gzip, gzip.size() - 1, 2); }), "IO_SHORT_READ");
}

TEST_CASE("indexed gzip: stated zeros are holes") {
  Sample made;
  made.add(Bytes(10), true);
  made.add(Bytes(20), true);
  made.add(bytes_of("data"));
  made.add(bytes_of("more data"));
  made.add(Bytes(30), true);
  const IndexedGzip gzip(file_with(indexed_gzip_file(made.pieces)));
  CHECK_EQ(gzip.next_data(0), 30);
  CHECK_EQ(gzip.next_data(35), 35);
  CHECK_EQ(gzip.next_data(43), 73);
  CHECK_EQ(gzip.run_at(5).end, 30);
  CHECK(gzip.run_at(5).is_hole);
  CHECK_EQ(gzip.run_at(31).end, 43);
  CHECK_FALSE(gzip.run_at(31).is_hole);
  CHECK_EQ(gzip.run_at(73).end, std::numeric_limits<std::uint64_t>::max());
  CHECK(gzip.run_at(73).is_hole);
}

TEST_CASE("indexed gzip: a damage in any byte of a piece is an error of all who read its end") {
  const Sample made = sample(3, 200);
  const Bytes good = indexed_gzip_file(made.pieces);
  const IndexedGzip sound(file_with(good));
  const std::uint64_t begin = sound.index().pieces()[0].deflated_begin;
  REQUIRE_EQ(proof_of_all(good), "");
  for (std::size_t at = begin; at + 13 < good.size(); ++at) {
    CAPTURE(at);
    Bytes bad = good;
    bad[at] ^= static_cast<std::uint8_t>(1 << (at % 8));
    const std::string code = proof_of_all(bad);
    if (code == "GZIP_CORRUPT") continue;
    // Padding in front of a stored block means nothing.
    CHECK_EQ(code, "");
    CHECK(content_at(IndexedGzip(file_with(bad)), 0, made.content.size()) == made.content);
  }
}

TEST_CASE("indexed gzip: after a failure it fails again, and other pieces are still read") {
  Random random(4);
  Sample made;
  made.add(mixed_content(random, kPart + 1000));
  made.add(mixed_content(random, 500));
  made.pieces[0].crc ^= 1;
  const IndexedGzip gzip(file_with(indexed_gzip_file(made.pieces)));
  for (int i = 0; i < 2; ++i) {
    CHECK_EQ(code_thrown_by([&] { content_at(gzip, kPart, 10); }), "GZIP_CORRUPT");
    CHECK(content_at(gzip, kPart + 1000, 500) == slice_of(made.content, kPart + 1000, 500));
  }
}

TEST_CASE("indexed gzip: a file without an index") {
  IndexParts parts;
  parts.version = 9;
  const Bytes file = indexed_gzip_file(sample(1, 10).pieces, parts);
  CHECK_EQ(code_thrown_by([&] { const IndexedGzip gzip(file_with(file)); }), "GZIP_CORRUPT");
}

// The index finds sound pieces within a stored block, whose bytes gzip reads as content.
TEST_CASE("indexed gzip: content that only the index sees is refused") {
  const Bytes secret = bytes_of("what only the index shows");
  const PieceParts hidden = piece_of(secret);
  const auto length = static_cast<std::uint8_t>(hidden.deflated.size());
  const Bytes stored_header{0, length, 0, static_cast<std::uint8_t>(~length), 0xff};
  // As a piece of its own the header of the stored block holds nothing, and lacks its bytes.
  PieceParts before = claimed(stored_header, {});
  for (const std::uint64_t content_length : {0u, 1u, 100u}) {
    before.content_length = content_length;
    CHECK_NE(proof_of_all(indexed_gzip_file({before, hidden})), "");
  }
  // With something in front of it.
  const Bytes front = bytes_of("content");
  PieceParts with_header = piece_of(front);
  append(with_header.deflated, stored_header);
  with_header = claimed(with_header.deflated, front);
  CHECK_EQ(proof_of_all(indexed_gzip_file({with_header, hidden})), "GZIP_CORRUPT");
  // Or within a block of codes, which goes on behind the piece.
  for (const bool is_final : {true, false}) {
    Bytes letters = bytes_of("abba");
    const Bytes block = block_without_end(letters, is_final);
    CHECK_EQ(proof_of_all(indexed_gzip_file({claimed(block, letters), hidden})), "GZIP_CORRUPT");
  }
}

}  // namespace omiforge::test
