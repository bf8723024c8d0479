#include "codec/piece_proof.h"

#include <doctest/doctest.h>

#include "builders/indexed_gzip_file.h"
#include "builders/temporary_folder.h"
#include "builders/thrown.h"
#include "codec/indexed_gzip.h"

namespace omiforge::test {
namespace {

constexpr std::size_t kSegment = 4 * 1024 * 1024;

// The code of the first error of all pieces, which one proof has to prove in order.
std::string proof_of(const std::vector<PieceParts>& pieces) {
  return code_thrown_by([&] {
    const codec::IndexedGzip gzip(file_with(indexed_gzip_file(pieces)));
    codec::PieceProof proof(gzip.file());
    for (const codec::GzipPiece& piece : gzip.index().pieces()) proof.prove(piece);
  });
}

PieceParts times(const PieceParts& one, int count) {
  PieceParts all = one;
  for (int i = 1; i < count; ++i) all = joined_piece(all, one);
  return all;
}

}  // namespace

TEST_CASE("piece proof: zeros of any length, and data") {
  Random random(1);
  const PieceParts segment = zeros_piece(kSegment);
  CHECK_EQ(proof_of({times(segment, 3), zeros_piece(5000), times(segment, 200), piece_of(noise(random, 100)),
                     segment}),
           "");
}

TEST_CASE("piece proof: runs of zeros with a rest, and with several patterns in one file") {
  const PieceParts segment = zeros_piece(kSegment);
  PieceParts stored = piece_of(Bytes(kSegment), 1);
  stored.is_zeros = true;
  REQUIRE_NE(stored.deflated, segment.deflated);
  CHECK_EQ(proof_of({times(segment, 2), joined_piece(times(segment, 5), zeros_piece(777)), times(stored, 2),
                     joined_piece(segment, stored), times(segment, 3)}),
           "");
}

TEST_CASE("piece proof: zeros where there are none") {
  Random random(2);
  Bytes almost(kSegment);
  almost[kSegment - 1] = 1;
  for (const Bytes& content : {noise(random, 1000), Bytes(1, 1), almost}) {
    PieceParts lie = piece_of(content);
    lie.is_zeros = true;
    CHECK_EQ(proof_of({lie}), "GZIP_CORRUPT");
    // With the CRC-32 of zeros.
    lie.crc = zeros_piece(content.size()).crc;
    CHECK_EQ(proof_of({lie}), "GZIP_CORRUPT");
    CHECK_EQ(proof_of({zeros_piece(kSegment), lie}), "GZIP_CORRUPT");
  }
}

TEST_CASE("piece proof: data that is zeros may be called data") {
  PieceParts zeros = zeros_piece(kSegment);
  zeros.is_zeros = false;
  CHECK_EQ(proof_of({zeros, zeros_piece(10)}), "");
}

TEST_CASE("piece proof: one byte of a pattern is another, in each of the repetitions") {
  const PieceParts run = times(zeros_piece(kSegment), 130);
  const std::size_t pattern = run.deflated.size() / 130;
  for (const std::size_t repetition : {0u, 1u, 63u, 64u, 65u, 127u, 128u, 129u}) {
    for (const std::size_t within : {std::size_t{5}, pattern - 1}) {
      PieceParts bad = run;
      bad.deflated[repetition * pattern + within] ^= 0x10;
      CAPTURE(repetition);
      CHECK_EQ(proof_of({bad}), "GZIP_CORRUPT");
    }
  }
}

TEST_CASE("piece proof: zeros of another length or CRC-32 than stated") {
  const PieceParts run = times(zeros_piece(kSegment), 4);
  PieceParts bad = run;
  bad.crc ^= 1;
  CHECK_EQ(proof_of({bad}), "GZIP_CORRUPT");
  for (const std::uint64_t wrong :
       {kSegment * 3, kSegment * 2, kSegment, kSegment * 4 - 1, kSegment * 4 + 1}) {
    bad = run;
    bad.content_length = wrong;
    CHECK_EQ(proof_of({bad}), "GZIP_CORRUPT");
    bad.crc = zeros_piece(static_cast<std::size_t>(wrong)).crc;
    CHECK_EQ(proof_of({bad}), "GZIP_CORRUPT");
  }
}

TEST_CASE("piece proof: a pattern that was proved counts for no other one of its length") {
  const PieceParts segment = zeros_piece(kSegment);
  PieceParts other = segment;
  // Of the same length, but no deflate at all.
  other.deflated.assign(segment.deflated.size(), 0xff);
  CHECK_EQ(proof_of({segment, other}), "GZIP_CORRUPT");
  // The final block that ends the data early stands in the last repetition alone.
  PieceParts run = times(segment, 3);
  run.deflated[2 * segment.deflated.size()] |= 1;
  CHECK_EQ(proof_of({segment, run}), "GZIP_CORRUPT");
}

}  // namespace omiforge::test
