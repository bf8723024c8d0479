#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "io/bytes.h"

namespace omiforge::codec {

// Reads bits as deflate packs them: from the lowest of each byte on (RFC 1951 section 3.1.1). Behind the end
// there are zeros.
class BitReader {
 public:
  explicit BitReader(ByteView bytes) : bytes_(bytes) {
    const std::size_t count = std::min(bytes.size, kWordBytes);
    tail_begin_ = bytes.size - count;
    if (count != 0) std::memcpy(tail_.data(), bytes.data + tail_begin_, count);
  }

  ByteView bytes() const { return bytes_; }
  // In bits from the beginning.
  std::uint64_t position() const { return position_; }
  bool is_past_end() const { return position_ > std::uint64_t{bytes_.size} * 8; }

  // Whether a whole word begins in the byte of the next bit.
  bool has_word() const { return range_fits(position_ / 8, kWordBytes, bytes_.size); }

  // The bits from here on, the next one lowest; at least 57 of them.
  std::uint64_t peek() const {
    const std::size_t at = static_cast<std::size_t>(position_ / 8);
    const std::uint8_t* from =
        has_word() ? bytes_.data + at : tail_.data() + std::min(at - tail_begin_, kWordBytes);
    return load_le64(from) >> (position_ % 8);
  }

  void skip(std::uint64_t bits) { position_ += bits; }

  // At most 32 bits.
  unsigned take(unsigned bits) {
    const auto value = static_cast<unsigned>(peek() & ((std::uint64_t{1} << bits) - 1));
    skip(bits);
    return value;
  }

  void align_to_byte() { position_ = (position_ + 7) / 8 * 8; }

 private:
  static constexpr std::size_t kWordBytes = 8;

  ByteView bytes_;
  // The last bytes again with zeros behind them, so that a whole word can be loaded anywhere.
  std::array<std::uint8_t, 2 * kWordBytes> tail_{};
  std::size_t tail_begin_ = 0;
  std::uint64_t position_ = 0;
};

// The same for a loop that has to be fast and stops where no whole word is left.
class BitWindow {
 public:
  // From where `bits` stands; a word must begin there.
  explicit BitWindow(const BitReader& bits)
      : bytes_(bits.bytes()), next_byte_(static_cast<std::size_t>(bits.position() / 8)) {
    refill();
    skip(static_cast<unsigned>(bits.position() % 8));
  }

  std::uint64_t position() const { return std::uint64_t{next_byte_} * 8 - count_; }
  // Whether there may be a refill.
  bool has_word() const { return range_fits(next_byte_, sizeof bits_, bytes_.size); }

  // The bits from here on, the next one lowest. Since the last refill no more than 56 may be skipped.
  std::uint64_t peek() const { return bits_; }

  void skip(unsigned bits) {
    bits_ >>= bits;
    count_ -= bits;
  }

  // As many whole bytes are added as there is room for. The rest of the word gets above the bits that count,
  // where it comes again with the next one.
  void refill() {
    bits_ |= load_le64(bytes_.data + next_byte_) << count_;
    next_byte_ += (63 - count_) / 8;
    count_ |= 56;
  }

 private:
  ByteView bytes_;
  std::size_t next_byte_;
  std::uint64_t bits_ = 0;
  unsigned count_ = 0;
};

}  // namespace omiforge::codec
