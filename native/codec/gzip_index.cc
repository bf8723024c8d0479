#include "codec/gzip_index.h"

#include <algorithm>
#include <array>

#include "codec/crc32.h"

namespace omiforge::codec {
namespace {

// Of a header with an extra field and nothing else: the fixed part, then XLEN.
constexpr std::array<std::uint8_t, 4> kStart{0x1f, 0x8b, 8, 1 << 2};
constexpr std::size_t kFixedBytes = 10;
constexpr std::size_t kExtraBegin = kFixedBytes + 2;
constexpr std::size_t kSubfieldHeaderBytes = 4;
constexpr std::uint8_t kVersion = 1;

// The empty stored block that ends the stream, and the trailer.
constexpr std::array<std::uint8_t, 5> kFinalBlock{1, 0, 0, 0xff, 0xff};
constexpr std::size_t kTrailerBytes = 8;
constexpr std::size_t kEndBytes = kFinalBlock.size() + kTrailerBytes;

// More than any disk, few enough that no sum of two overflows.
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 60;

// What one byte of deflate can hold: 258 bytes in two bits (RFC 1951 section 3.2.5). A disk is no longer than
// its file allows.
constexpr std::uint64_t kMostExpansion = 258 * 4;

// Takes numbers from the front of bytes; false where they are used up.
class Numbers {
 public:
  explicit Numbers(ByteView bytes) : bytes_(bytes) {}

  bool take_fixed(std::uint32_t& value) {
    if (bytes_.size - at_ < 4) return false;
    value = 0;
    for (unsigned i = 0; i < 4; ++i) value |= std::uint32_t{bytes_.data[at_++]} << (8 * i);
    return true;
  }

  bool take_grouped(std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 63 && at_ < bytes_.size; shift += 7) {
      const std::uint8_t byte = bytes_.data[at_++];
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if ((byte & 0x80) == 0) return true;
    }
    return false;
  }

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
};

bool read_piece(Numbers& numbers, std::uint64_t content_begin, std::uint64_t deflated_begin,
                GzipPiece& piece) {
  std::uint64_t content = 0;
  if (!numbers.take_grouped(content) || !numbers.take_grouped(piece.deflated_length)) return false;
  if (!numbers.take_fixed(piece.crc)) return false;
  piece.content_begin = content_begin;
  piece.content_length = content >> 1;
  piece.deflated_begin = deflated_begin;
  piece.is_zeros = (content & 1) != 0;
  return piece.content_length != 0 && piece.content_length < kMostBytes - content_begin &&
         piece.content_length / kMostExpansion <= piece.deflated_length && piece.deflated_length != 0 &&
         piece.deflated_length < kMostBytes - deflated_begin;
}

// Reads the pieces of the subfield; they begin in the file at `deflated_begin`. None where they make no
// sense.
std::vector<GzipPiece> read_pieces(ByteView subfield, std::uint64_t deflated_begin) {
  std::uint32_t count = 0;
  if (subfield.size == 0 || subfield.data[0] != kVersion) return {};
  Numbers numbers(subfield.slice(1, subfield.size - 1));
  if (!numbers.take_fixed(count)) return {};
  std::vector<GzipPiece> pieces;
  std::uint64_t content = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    GzipPiece piece;
    // What is not there ends it, so no more is allocated than the field can hold.
    if (!read_piece(numbers, content, deflated_begin, piece)) return {};
    content = piece.content_end();
    deflated_begin += piece.deflated_length;
    pieces.push_back(piece);
  }
  return pieces;
}

}  // namespace

std::optional<GzipIndex> GzipIndex::find(const Source& file) {
  std::array<std::uint8_t, kExtraBegin + kSubfieldHeaderBytes> head{};
  if (file.size() < head.size() + kEndBytes) return std::nullopt;
  file.read(0, {head.data(), head.size()});
  const std::size_t extra_length = load_le16(head.data() + kFixedBytes);
  const std::size_t subfield_length = load_le16(head.data() + kExtraBegin + 2);
  const bool is_ours = std::equal(kStart.begin(), kStart.end(), head.begin()) && head[kExtraBegin] == 'O' &&
                       head[kExtraBegin + 1] == 'F' && subfield_length + kSubfieldHeaderBytes == extra_length;
  const std::uint64_t data_begin = kExtraBegin + extra_length;
  if (!is_ours || file.size() < data_begin + kEndBytes) return std::nullopt;

  std::vector<std::uint8_t> subfield(subfield_length);
  file.read(head.size(), {subfield.data(), subfield.size()});
  GzipIndex index;
  index.pieces_ = read_pieces({subfield.data(), subfield.size()}, data_begin);
  if (index.pieces_.empty()) return std::nullopt;
  const GzipPiece& last = index.pieces_.back();
  if (last.deflated_begin + last.deflated_length + kEndBytes != file.size()) return std::nullopt;

  std::array<std::uint8_t, kEndBytes> end{};
  file.read(file.size() - kEndBytes, {end.data(), end.size()});
  if (!std::equal(kFinalBlock.begin(), kFinalBlock.end(), end.begin())) return std::nullopt;
  const std::uint64_t trailer = load_le64(end.data() + kFinalBlock.size());
  index.trailer_crc_ = static_cast<std::uint32_t>(trailer);
  index.trailer_length_ = static_cast<std::uint32_t>(trailer >> 32);
  return index;
}

bool GzipIndex::agrees_with_trailer() const {
  std::uint32_t crc = 0;
  for (const GzipPiece& piece : pieces_) crc = combine_crc32(crc, piece.crc, piece.content_length);
  return crc == trailer_crc_ && static_cast<std::uint32_t>(content_length()) == trailer_length_;
}

const GzipPiece& GzipIndex::piece_at(std::uint64_t at) const {
  const auto behind = std::upper_bound(
      pieces_.begin(), pieces_.end(), at,
      [](std::uint64_t offset, const GzipPiece& piece) { return offset < piece.content_begin; });
  return *(behind - 1);
}

}  // namespace omiforge::codec
