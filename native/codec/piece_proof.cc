#include "codec/piece_proof.h"

#include <algorithm>
#include <string>

#include "codec/crc32.h"
#include "codec/piece_inflater.h"
#include "io/error.h"

namespace omiforge::codec {
namespace {

// What one pattern stands for: a segment, as they are written.
constexpr std::uint64_t kPatternBytes = 4 * 1024 * 1024;
// Far more than a segment of zeros takes.
constexpr std::uint64_t kMostPatternBytes = 64 * 1024;
// How many patterns are read at one time.
constexpr std::uint64_t kPatternsPerRead = 64;

void inflate_all(const Source& file, const GzipPiece& piece) {
  PieceInflater inflater(file, piece);
  std::vector<std::uint8_t> part;
  while (!inflater.is_complete()) {
    part.resize(static_cast<std::size_t>(std::min(kPatternBytes, piece.content_length - inflater.done())));
    inflater.read({part.data(), part.size()});
    if (!piece.is_zeros || is_zero({part.data(), part.size()})) continue;
    throw Error(ErrorCode::kGzipCorrupt,
                "the piece at byte " + std::to_string(piece.deflated_begin) +
                    " is not zeros, as the index in the gzip header says; the file is damaged",
                file.path());
  }
}

}  // namespace

void PieceProof::prove(const GzipPiece& piece) {
  if (!piece.is_zeros || !repeats_pattern(piece)) inflate_all(file_, piece);
}

// Whether the piece is the pattern of so many zeros over and over, and its CRC-32 that of them.
bool PieceProof::repeats_pattern(const GzipPiece& piece) {
  const std::uint64_t times = piece.content_length / kPatternBytes;
  if (times == 0 || piece.content_length % kPatternBytes != 0 || piece.deflated_length % times != 0) {
    return false;
  }
  const std::uint64_t length = piece.deflated_length / times;
  if (length > kMostPatternBytes || piece.crc != crc32_of_zeros(piece.content_length)) return false;
  if (pattern_.size() != length) learn_pattern(piece, length);
  std::vector<std::uint8_t> read(static_cast<std::size_t>(length * std::min(times, kPatternsPerRead)));
  for (std::uint64_t at = 0; at < piece.deflated_length; at += read.size()) {
    read.resize(static_cast<std::size_t>(std::min<std::uint64_t>(read.size(), piece.deflated_length - at)));
    file_.read(piece.deflated_begin + at, {read.data(), read.size()});
    for (std::size_t i = 0; i < read.size(); i += pattern_.size()) {
      if (std::memcmp(read.data() + i, pattern_.data(), pattern_.size()) != 0) return false;
    }
  }
  return true;
}

void PieceProof::learn_pattern(const GzipPiece& piece, std::uint64_t length) {
  GzipPiece first = piece;
  first.content_length = kPatternBytes;
  first.deflated_length = length;
  first.crc = crc32_of_zeros(kPatternBytes);
  inflate_all(file_, first);
  pattern_.resize(static_cast<std::size_t>(length));
  file_.read(piece.deflated_begin, {pattern_.data(), pattern_.size()});
}

}  // namespace omiforge::codec
