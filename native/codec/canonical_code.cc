#include "codec/canonical_code.h"

namespace omiforge::codec {

CanonicalCode::CanonicalCode(ByteView lengths) {
  for (std::size_t i = 0; i < lengths.size; ++i) ++count_[lengths.data[i]];
  count_[0] = 0;
  std::array<std::uint16_t, kMaxCodeBits + 2> begin{};
  // Kraft's sum, in units of the longest code: above one, codes would begin with each other.
  unsigned sum = 0;
  for (unsigned bits = 1; bits <= kMaxCodeBits; ++bits) {
    sum += unsigned{count_[bits]} << (kMaxCodeBits - bits);
    begin[bits + 1] = static_cast<std::uint16_t>(begin[bits] + count_[bits]);
  }
  is_valid_ = sum <= 1u << kMaxCodeBits;
  for (std::size_t i = 0; i < lengths.size; ++i) {
    const unsigned bits = lengths.data[i];
    if (bits != 0) sorted_[begin[bits]++] = static_cast<std::uint16_t>(i);
  }
}

int CanonicalCode::read(BitReader& bits) const {
  std::uint64_t next = bits.peek();
  unsigned code = 0;
  unsigned first = 0;
  std::size_t at = 0;
  for (unsigned length = 1; length <= kMaxCodeBits; ++length, next >>= 1) {
    code |= static_cast<unsigned>(next & 1);
    if (code - first < count_[length]) {
      bits.skip(length);
      return sorted_[at + (code - first)];
    }
    at += count_[length];
    first = (first + count_[length]) << 1;
    code <<= 1;
  }
  return -1;
}

}  // namespace omiforge::codec
