#include "builders/indexed_gzip_file.h"

#include <zlib.h>

#include <array>
#include <stdexcept>

namespace omiforge::test {
namespace {

constexpr int kRaw = -15;

std::uint32_t crc_of(const Bytes& bytes) {
  return static_cast<std::uint32_t>(::crc32(0, bytes.data(), static_cast<uInt>(bytes.size())));
}

void append_le(Bytes& to, std::uint64_t value, int count) {
  for (int i = 0; i < count; ++i) to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void append_groups(Bytes& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<std::uint8_t>(value | 0x80));
  to.push_back(static_cast<std::uint8_t>(value));
}

Bytes list_of(const std::vector<PieceParts>& pieces, const IndexParts& parts) {
  Bytes list{parts.version};
  append_le(list, parts.count.value_or(static_cast<std::uint32_t>(pieces.size())), 4);
  for (const PieceParts& piece : pieces) {
    append_groups(list, piece.content_length << 1 | (piece.is_zeros ? 1 : 0));
    append_groups(list, piece.deflated_length);
    append_le(list, piece.crc, 4);
  }
  list.resize(list.size() + parts.spare_bytes);
  return list;
}

// Bits in the order of deflate.
class Bits {
 public:
  // The lowest first, as numbers are.
  void number(std::uint32_t value, int count) {
    for (int i = 0; i < count; ++i) bit(value >> i & 1);
  }
  // The highest first, as codes are.
  void code(std::uint32_t value, int count) {
    while (count-- > 0) bit(value >> count & 1);
  }
  bool is_whole() const { return count_ % 8 == 0; }
  const Bytes& bytes() const { return bytes_; }

 private:
  void bit(std::uint32_t value) {
    if (is_whole()) bytes_.push_back(0);
    bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | value << (count_ % 8));
    ++count_;
  }

  Bytes bytes_;
  std::size_t count_ = 0;
};

// The lengths of the codes of literals and lengths: together they are complete, and the end of the block is
// the first one of nine bits.
std::array<std::uint32_t, 286> literal_lengths() {
  std::array<std::uint32_t, 286> lengths{};
  for (std::size_t i = 0; i < 196; ++i) lengths[i < 97 ? i : i + 2] = 10;
  lengths['a'] = 1;
  lengths['b'] = 2;
  for (std::size_t i = 256; i < lengths.size(); ++i) lengths[i] = 9;
  return lengths;
}

}  // namespace

PieceParts claimed(const Bytes& deflated, const Bytes& content) {
  return {deflated, content.size(), deflated.size(), crc_of(content), false};
}

PieceParts piece_of(const Bytes& content, int level) {
  z_stream z{};
  if (deflateInit2(&z, level, Z_DEFLATED, kRaw, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2 failed");
  }
  Bytes out(deflateBound(&z, static_cast<uLong>(content.size())) + 64);
  z.next_in = const_cast<Bytef*>(content.data());
  z.avail_in = static_cast<uInt>(content.size());
  z.next_out = out.data();
  z.avail_out = static_cast<uInt>(out.size());
  ::deflate(&z, Z_FULL_FLUSH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return claimed(out, content);
}

PieceParts zeros_piece(std::size_t length) {
  PieceParts piece = piece_of(Bytes(length));
  piece.is_zeros = true;
  return piece;
}

PieceParts joined_piece(const PieceParts& a, const PieceParts& b) {
  PieceParts both = a;
  append(both.deflated, b.deflated);
  both.content_length += b.content_length;
  both.deflated_length += b.deflated_length;
  both.crc =
      static_cast<std::uint32_t>(::crc32_combine(a.crc, b.crc, static_cast<z_off_t>(b.content_length)));
  both.is_zeros = a.is_zeros && b.is_zeros;
  return both;
}

Bytes indexed_gzip_file(const std::vector<PieceParts>& pieces, const IndexParts& parts) {
  const Bytes list = list_of(pieces, parts);
  Bytes extra = parts.identifier;
  append_le(extra, parts.subfield_length.value_or(static_cast<std::uint32_t>(list.size())), 2);
  append(extra, list);
  append(extra, parts.behind_subfield);
  Bytes file{0x1f, 0x8b, 8, parts.flags, 0, 0, 0, 0, 0, 255};
  append_le(file, parts.extra_length.value_or(static_cast<std::uint32_t>(extra.size())), 2);
  append(file, extra);
  append(file, parts.behind_extra);
  PieceParts all;
  for (const PieceParts& piece : pieces) all = joined_piece(all, piece);
  append(file, all.deflated);
  append(file, parts.behind_pieces);
  append(file, parts.final_block);
  append_le(file, parts.trailer_crc.value_or(all.crc), 4);
  append_le(file, parts.trailer_length.value_or(static_cast<std::uint32_t>(all.content_length)), 4);
  append(file, parts.behind_trailer);
  return file;
}

Bytes block_without_end(Bytes& content, bool is_final) {
  Bits bits;
  bits.number(is_final ? 1 : 0, 1);
  bits.number(2, 2);
  const auto literals = literal_lengths();
  bits.number(static_cast<std::uint32_t>(literals.size()) - 257, 5);
  bits.number(2 - 1, 5);
  bits.number(19 - 4, 4);
  // The codes of the lengths 0 to 15 are these numbers, in four bits; those of repetitions are not used.
  for (int i = 0; i < 19; ++i) bits.number(i < 3 ? 0 : 4, 3);
  for (const std::uint32_t length : literals) bits.code(length, 4);
  for (int i = 0; i < 2; ++i) bits.code(1, 4);
  for (const std::uint8_t byte : content) byte == 'a' ? bits.code(0, 1) : bits.code(2, 2);
  for (; !bits.is_whole(); content.push_back('a')) bits.code(0, 1);
  return bits.bytes();
}

}  // namespace omiforge::test
