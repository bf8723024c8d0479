#pragma once

#include <cstdint>
#include <optional>

#include "builders/bytes.h"

// Compressed bytes, and what they hold, by zlib itself and not by way of the core.
namespace omiforge::test {

// A whole raw deflate stream, final block included.
Bytes deflated(const Bytes& content, int level = 6);

// What a raw deflate stream holds. Throws std::runtime_error where it is damaged or has no end, or where
// bytes are left over.
Bytes inflated(const Bytes& stream);

// Where zlib sees the last block of a raw deflate stream, and the end of it, in bits.
struct LastBlock {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};
// Nothing where zlib does not inflate the whole stream, or bytes are left over.
std::optional<LastBlock> last_block(const Bytes& stream);

// The optional parts of a gzip header (RFC 1952 section 2.3).
struct GzipParts {
  bool is_text = false;
  bool has_header_crc = false;
  bool has_extra = false;
  Bytes extra;
  bool has_name = false;
  Bytes name;
  bool has_comment = false;
  Bytes comment;
};

// One gzip member.
Bytes gzip_member(const Bytes& content, const GzipParts& parts = {}, int level = 6);

}  // namespace omiforge::test
