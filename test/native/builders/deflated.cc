#include "builders/deflated.h"

#include <zlib.h>

#include <stdexcept>

namespace omiforge::test {
namespace {

constexpr int kRaw = -15;

void append_le(Bytes& to, std::uint32_t value, int count) {
  for (int i = 0; i < count; ++i) to.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

std::uint32_t crc_of(const Bytes& bytes) {
  return static_cast<std::uint32_t>(::crc32(0, bytes.data(), static_cast<uInt>(bytes.size())));
}

}  // namespace

Bytes deflated(const Bytes& content, int level) {
  z_stream z{};
  if (deflateInit2(&z, level, Z_DEFLATED, kRaw, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2 failed");
  }
  Bytes out(deflateBound(&z, static_cast<uLong>(content.size())));
  z.next_in = const_cast<Bytef*>(content.data());
  z.avail_in = static_cast<uInt>(content.size());
  z.next_out = out.data();
  z.avail_out = static_cast<uInt>(out.size());
  const int answer = ::deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  if (answer != Z_STREAM_END) throw std::runtime_error("deflate did not end");
  return out;
}

Bytes inflated(const Bytes& stream) {
  z_stream z{};
  if (inflateInit2(&z, kRaw) != Z_OK) throw std::runtime_error("inflateInit2 failed");
  z.next_in = const_cast<Bytef*>(stream.data());
  z.avail_in = static_cast<uInt>(stream.size());
  Bytes content;
  Bytes piece(1 << 16);
  int answer = Z_OK;
  while (answer == Z_OK) {
    z.next_out = piece.data();
    z.avail_out = static_cast<uInt>(piece.size());
    answer = ::inflate(&z, Z_NO_FLUSH);
    append(content, first_bytes(piece, piece.size() - z.avail_out));
  }
  const uInt left = z.avail_in;
  inflateEnd(&z);
  if (answer != Z_STREAM_END || left != 0) throw std::runtime_error("not one whole deflate stream");
  return content;
}

std::optional<LastBlock> last_block(const Bytes& stream) {
  z_stream z{};
  if (inflateInit2(&z, kRaw) != Z_OK) throw std::runtime_error("inflateInit2 failed");
  z.next_in = const_cast<Bytef*>(stream.data());
  z.avail_in = static_cast<uInt>(stream.size());
  Bytes piece(1 << 16);
  LastBlock block;
  int answer = Z_OK;
  while (answer == Z_OK) {
    z.next_out = piece.data();
    z.avail_out = static_cast<uInt>(piece.size());
    // Stops behind each block, and then tells whether it was the last one, and how many bits of the last byte
    // it has not used.
    answer = ::inflate(&z, Z_BLOCK);
    constexpr int kIsLast = 64;
    constexpr int kIsBehindBlock = 128;
    if ((z.data_type & kIsBehindBlock) == 0) continue;
    const std::uint64_t position = std::uint64_t{z.total_in} * 8 - static_cast<unsigned>(z.data_type & 7);
    ((z.data_type & kIsLast) != 0 ? block.end : block.begin) = position;
  }
  const uInt left = z.avail_in;
  inflateEnd(&z);
  if (answer != Z_STREAM_END || left != 0) return std::nullopt;
  return block;
}

Bytes gzip_member(const Bytes& content, const GzipParts& parts, int level) {
  const int flags = (parts.is_text ? 1 : 0) | (parts.has_header_crc ? 2 : 0) | (parts.has_extra ? 4 : 0) |
                    (parts.has_name ? 8 : 0) | (parts.has_comment ? 16 : 0);
  Bytes member{0x1f, 0x8b, 8, static_cast<std::uint8_t>(flags), 0, 0, 0, 0, 0, 255};
  if (parts.has_extra) {
    append_le(member, static_cast<std::uint32_t>(parts.extra.size()), 2);
    append(member, parts.extra);
  }
  if (parts.has_name) {
    append(member, parts.name);
    member.push_back(0);
  }
  if (parts.has_comment) {
    append(member, parts.comment);
    member.push_back(0);
  }
  if (parts.has_header_crc) append_le(member, crc_of(member), 2);
  append(member, deflated(content, level));
  append_le(member, crc_of(content), 4);
  append_le(member, static_cast<std::uint32_t>(content.size()), 4);
  return member;
}

}  // namespace omiforge::test
