#include "codec/gzip_header.h"

#include <algorithm>
#include <string>

#include "codec/crc32.h"
#include "io/error.h"

namespace omiforge::codec {
namespace {

constexpr std::size_t kFixedBytes = 10;
constexpr std::uint8_t kDeflateMethod = 8;

// RFC 1952 section 2.3.1.
constexpr std::uint8_t kHasCrc = 1 << 1;
constexpr std::uint8_t kHasExtra = 1 << 2;
constexpr std::uint8_t kHasName = 1 << 3;
constexpr std::uint8_t kHasComment = 1 << 4;
constexpr std::uint8_t kReserved = 0xe0;

[[noreturn]] void fail(const std::string& what) { throw Error(ErrorCode::kGzipBadHeader, what); }

}  // namespace

std::size_t GzipHeader::read(ByteView in) {
  std::size_t used = 0;
  while (used < in.size && !is_complete()) {
    const ByteView rest = in.slice(used, in.size - used);
    const bool is_counted = part_ != Part::kCrc;
    const std::size_t count = read_part(rest);
    if (is_counted) crc_ = combine_crc32(crc_, crc32(rest.slice(0, count)), count);
    used += count;
    length_ += count;
  }
  return used;
}

std::size_t GzipHeader::read_part(ByteView in) {
  switch (part_) {
    case Part::kFixed:
      check_fixed(done_, in.data[0]);
      if (++done_ == kFixedBytes) begin(Part::kExtraLength);
      return 1;
    case Part::kExtraLength: {
      const std::size_t count = read_number(in, 2);
      if (done_ == 2) {
        extra_left_ = number_;
        begin(Part::kExtra);
      }
      return count;
    }
    case Part::kExtra: {
      const std::size_t count = std::min<std::size_t>(in.size, extra_left_);
      extra_left_ -= static_cast<std::uint32_t>(count);
      if (extra_left_ == 0) begin(Part::kName);
      return count;
    }
    case Part::kName:
    case Part::kComment:
      return read_text(in);
    default: {
      const std::size_t count = read_number(in, 2);
      if (done_ != 2) return count;
      if (number_ != (crc_ & 0xffff)) fail("header crc mismatch");
      begin(Part::kNothing);
      return count;
    }
  }
}

std::size_t GzipHeader::read_number(ByteView in, std::size_t bytes) {
  std::size_t count = 0;
  while (done_ < bytes && count < in.size) number_ |= std::uint32_t{in.data[count++]} << (8 * done_++);
  return count;
}

std::size_t GzipHeader::read_text(ByteView in) {
  const std::uint8_t* end = std::find(in.data, in.data + in.size, std::uint8_t{0});
  if (end == in.data + in.size) return in.size;
  const auto count = static_cast<std::size_t>(end - in.data) + 1;
  begin(part_ == Part::kName ? Part::kComment : Part::kCrc);
  return count;
}

void GzipHeader::check_fixed(std::size_t index, std::uint8_t byte) {
  if ((index == 0 && byte != 0x1f) || (index == 1 && byte != 0x8b)) fail("no gzip header");
  if (index == 2 && byte != kDeflateMethod) fail("unknown compression method " + std::to_string(byte));
  if (index != 3) return;
  if ((byte & kReserved) != 0) fail("unknown header flags set");
  flags_ = byte;
}

// Goes to the part, or to the next one that the flags name.
void GzipHeader::begin(Part part) {
  done_ = 0;
  number_ = 0;
  const bool has_extra = (flags_ & kHasExtra) != 0;
  if (part == Part::kExtraLength && !has_extra) part = Part::kName;
  if (part == Part::kExtra && extra_left_ == 0) part = Part::kName;
  if (part == Part::kName && (flags_ & kHasName) == 0) part = Part::kComment;
  if (part == Part::kComment && (flags_ & kHasComment) == 0) part = Part::kCrc;
  if (part == Part::kCrc && (flags_ & kHasCrc) == 0) part = Part::kNothing;
  part_ = part;
}

}  // namespace omiforge::codec
