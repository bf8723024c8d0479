#pragma once

#include <cstdint>

#include "io/bytes.h"

namespace omiforge::codec {

// Reads the header of a gzip member (RFC 1952 section 2.3), which arrives in pieces of any size.
class GzipHeader {
 public:
  // Uses bytes of `in` up to the end of the header. Returns how many. Throws GZIP_BAD_HEADER; the message
  // tells what is wrong, and of the place it says nothing.
  std::size_t read(ByteView in);
  bool is_complete() const { return part_ == Part::kNothing; }
  // Bytes of the header so far; after an error those before the part that is wrong.
  std::uint64_t length() const { return length_; }

 private:
  enum class Part { kFixed, kExtraLength, kExtra, kName, kComment, kCrc, kNothing };

  std::size_t read_part(ByteView in);
  std::size_t read_number(ByteView in, std::size_t bytes);
  std::size_t read_text(ByteView in);
  void check_fixed(std::size_t index, std::uint8_t byte);
  void begin(Part part);

  Part part_ = Part::kFixed;
  std::size_t done_ = 0;      // bytes of the part
  std::uint32_t number_ = 0;  // a little-endian number, as far as it was read
  std::uint32_t extra_left_ = 0;
  std::uint8_t flags_ = 0;
  std::uint64_t length_ = 0;
  std::uint32_t crc_ = 0;  // of all bytes before the CRC itself
};

}  // namespace omiforge::codec
