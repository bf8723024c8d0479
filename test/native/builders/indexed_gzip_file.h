#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "builders/bytes.h"

// Gzip files that list their pieces in the header, with whatever lies a test wants to tell.
namespace omiforge::test {

// A piece: its deflated form, and what the index says of it.
struct PieceParts {
  Bytes deflated;
  std::uint64_t content_length = 0;
  std::uint64_t deflated_length = 0;
  std::uint32_t crc = 0;
  bool is_zeros = false;
};

// A true piece, deflated by zlib and ended with a flush.
PieceParts piece_of(const Bytes& content, int level = 6);
PieceParts zeros_piece(std::size_t length);
// A piece of which the index says that it holds that, whatever is in it.
PieceParts claimed(const Bytes& deflated, const Bytes& content);
// The index makes one piece of two.
PieceParts joined_piece(const PieceParts& a, const PieceParts& b);

// What is not as it is in a sound file.
struct IndexParts {
  std::uint8_t flags = 4;
  Bytes identifier{'O', 'F'};
  std::uint8_t version = 1;
  std::optional<std::uint32_t> count;
  std::size_t spare_bytes = 7;  // zeros behind the list
  std::optional<std::uint32_t> subfield_length;
  std::optional<std::uint32_t> extra_length;
  Bytes behind_subfield;  // in the extra field
  Bytes behind_extra;     // name, comment and CRC of the header, where the flags say so
  Bytes behind_pieces;    // which the index does not name
  Bytes final_block{1, 0, 0, 0xff, 0xff};
  std::optional<std::uint32_t> trailer_crc;
  std::optional<std::uint32_t> trailer_length;
  Bytes behind_trailer;
};

Bytes indexed_gzip_file(const std::vector<PieceParts>& pieces, const IndexParts& parts = {});

// One block of codes of its own, of which the codes of 'a', 'b' and the end of the block are 0, 10 and
// 110000000. It holds `content`, which is of 'a' and 'b', and stops in front of the code that ends it, filled
// up with 'a' to a whole byte, which are part of `content` then.
Bytes block_without_end(Bytes& content, bool is_final);

}  // namespace omiforge::test
