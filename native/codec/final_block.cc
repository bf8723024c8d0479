#include "codec/final_block.h"

#include <algorithm>
#include <array>

#include "codec/bit_reader.h"
#include "codec/canonical_code.h"
#include "codec/symbol_steps.h"
#include "io/error.h"

namespace omiforge::codec {
namespace {

[[noreturn]] void fail() {
  throw Error(ErrorCode::kInternal, "what was deflated is no deflate stream; the memory may be faulty");
}

// What the header of a block can count to.
constexpr std::size_t kMostLitLen = CanonicalCode::kMostSymbols;
constexpr std::size_t kMostDistances = 32;
using Lengths = std::array<std::uint8_t, kMostLitLen + kMostDistances>;

// RFC 1951 section 3.2.6.
SymbolSteps fixed_codes() {
  Lengths lengths;
  for (std::size_t i = 0; i < kMostLitLen; ++i) lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
  std::fill_n(lengths.data() + kMostLitLen, kMostDistances, std::uint8_t{5});
  return {{lengths.data(), kMostLitLen}, {lengths.data() + kMostLitLen, kMostDistances}};
}

// The code of the code lengths (RFC 1951 section 3.2.7), all of it in one table.
class LengthCode {
 public:
  struct Entry {
    std::uint8_t bits = 0;  // 0: no symbol has these bits
    std::uint8_t symbol = 0;
  };

  explicit LengthCode(BitReader& bits) {
    constexpr std::array<std::uint8_t, 19> kOrder{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                  11, 4,  12, 3, 13, 2, 14, 1, 15};
    const std::size_t count = 4 + bits.take(4);
    std::array<std::uint8_t, kOrder.size()> lengths{};
    for (std::size_t i = 0; i < count; ++i) {
      lengths[kOrder[i]] = static_cast<std::uint8_t>(bits.take(kLengthBits));
    }
    const CanonicalCode code({lengths.data(), lengths.size()});
    if (!code.is_valid()) fail();
    code.tabulate(table_.data(), kIndexBits, [](unsigned symbol, unsigned code_bits) {
      return Entry{static_cast<std::uint8_t>(code_bits), static_cast<std::uint8_t>(symbol)};
    });
  }

  unsigned read(BitReader& bits) const {
    const Entry entry = table_[bits.peek() % table_.size()];
    if (entry.bits == 0) fail();
    bits.skip(entry.bits);
    return entry.symbol;
  }

 private:
  static constexpr unsigned kLengthBits = 3;
  // The longest code that the bits of a length can tell.
  static constexpr unsigned kIndexBits = (1 << kLengthBits) - 1;
  std::array<Entry, 1 << kIndexBits> table_;
};

// Reads the code lengths of both codes; 16 repeats, 17 and 18 are zeros.
void read_lengths(BitReader& bits, const LengthCode& code, std::size_t count, Lengths& lengths) {
  for (std::size_t i = 0; i < count;) {
    const unsigned symbol = code.read(bits);
    if (symbol < 16) {
      lengths[i++] = static_cast<std::uint8_t>(symbol);
      continue;
    }
    if (symbol == 16 && i == 0) fail();
    const std::uint8_t value = symbol == 16 ? lengths[i - 1] : std::uint8_t{0};
    const std::size_t times = symbol == 16   ? 3 + bits.take(2)
                              : symbol == 17 ? 3 + bits.take(3)
                                             : 11 + bits.take(7);
    if (times > count - i) fail();
    std::fill_n(lengths.data() + i, times, value);
    i += times;
  }
}

// RFC 1951 section 3.2.7.
SymbolSteps dynamic_codes(BitReader& bits) {
  const std::size_t lit_len_count = 257 + bits.take(5);
  const std::size_t distance_count = 1 + bits.take(5);
  const LengthCode code(bits);
  Lengths lengths;
  read_lengths(bits, code, lit_len_count + distance_count, lengths);
  return {{lengths.data(), lit_len_count}, {lengths.data() + lit_len_count, distance_count}};
}

void skip_stored(BitReader& bits) {
  bits.align_to_byte();
  const std::uint64_t length = bits.take(16);
  if ((bits.take(16) ^ length) != 0xffff) fail();
  bits.skip(length * 8);
}

void skip_symbols(BitReader& bits, const SymbolSteps& steps) {
  if (!steps.are_valid() || !steps.skip_block(bits)) fail();
}

}  // namespace

StreamEnd find_stream_end(ByteView stream) {
  BitReader bits(stream);
  while (!bits.is_past_end()) {
    const std::uint64_t begin = bits.position();
    const bool is_final = bits.take(1) == 1;
    switch (bits.take(2)) {
      case 0:
        skip_stored(bits);
        break;
      case 1:
        skip_symbols(bits, fixed_codes());
        break;
      case 2:
        skip_symbols(bits, dynamic_codes(bits));
        break;
      default:
        fail();
    }
    if (is_final && (bits.position() + 7) / 8 == stream.size) return {begin, bits.position()};
    if (is_final) break;
  }
  fail();
}

}  // namespace omiforge::codec
