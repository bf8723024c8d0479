#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "io/source.h"

namespace omiforge::codec {

// A stretch of a gzip file's content that inflates on its own: its deflated form begins and ends at a byte,
// at the boundary of a block, and refers to nothing before it.
struct GzipPiece {
  std::uint64_t content_begin = 0;
  std::uint64_t content_length = 0;
  std::uint64_t deflated_begin = 0;  // in the file
  std::uint64_t deflated_length = 0;
  std::uint32_t crc = 0;  // CRC-32 of the content
  bool is_zeros = false;

  std::uint64_t content_end() const { return content_begin + content_length; }
};

// The pieces of a gzip file that omiforge has written, as the extra field of its header lists them (RFC 1952
// section 2.3.1.1). The subfield "OF" holds
//
//   version, one byte: 1
//   number of pieces, 4 bytes, little-endian
//   for each piece: content length * 2 + 1 for zeros, deflated length (both in 7-bit groups, the lowest
//   first, the highest bit of a byte says that another follows), CRC-32 of the content (4 bytes,
//   little-endian) zeros, as room was set aside before the number of pieces was known
//
// The pieces follow each other without gaps from behind the header on; behind them there are an empty stored
// block that ends the stream, and the trailer. Whatever is not exactly so has no index, and has to be read
// from its beginning.
//
// The index is a claim of the file: a piece counts only after it has inflated to exactly what the index says
// of it, and has taken exactly its bytes. Where all pieces have, the content is what any gzip reader makes of
// the file.
class GzipIndex {
 public:
  // Nothing where the file has no index that could be right.
  static std::optional<GzipIndex> find(const Source& file);

  const std::vector<GzipPiece>& pieces() const { return pieces_; }
  // Not 0.
  std::uint64_t content_length() const { return pieces_.back().content_end(); }
  // Whether length and CRC-32 of all pieces together are what the trailer says.
  bool agrees_with_trailer() const;
  // The piece that holds the byte `at` of the content, which is before its end.
  const GzipPiece& piece_at(std::uint64_t at) const;

 private:
  std::vector<GzipPiece> pieces_;
  std::uint32_t trailer_crc_ = 0;
  std::uint32_t trailer_length_ = 0;
};

}  // namespace omiforge::codec
