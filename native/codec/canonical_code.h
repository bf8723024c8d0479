#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "codec/bit_reader.h"
#include "io/bytes.h"

namespace omiforge::codec {

// A Huffman code of deflate by the lengths of its symbols' codes (RFC 1951 section 3.2.2).
class CanonicalCode {
 public:
  static constexpr unsigned kMaxCodeBits = 15;
  static constexpr std::size_t kMostSymbols = 288;

  // `lengths`: one byte a symbol, kMostSymbols of them at most, each kMaxCodeBits or less; 0 is a symbol
  // without a code.
  explicit CanonicalCode(ByteView lengths);

  // No two symbols have codes of which one begins with the other. Where that is not so nothing else may be
  // asked.
  bool is_valid() const { return is_valid_; }

  // Takes the next symbol bit by bit; -1 where there is none with these bits.
  int read(BitReader& bits) const;

  // Fills `table`, of 2^index_bits entries, by what the next bits may be: with `make(symbol, code_bits)`
  // where they begin with a code, with Entry{} where they do not or where the code is longer than the index.
  template <typename Entry, typename Make>
  void tabulate(Entry* table, unsigned index_bits, Make make) const {
    table[0] = Entry{};
    unsigned code = 0;
    std::size_t at = 0;
    for (unsigned bits = 1; bits <= index_bits; ++bits) {
      // What is known by one bit less holds for both values of the highest one.
      const unsigned highest = 1u << (bits - 1);
      std::copy_n(table, highest, table + highest);
      for (unsigned i = 0; i < count_[bits]; ++i) {
        table[code] = make(sorted_[at++], bits);
        code = next_code(code, highest);
      }
    }
  }

 private:
  // The code after this one. Codes stand in the stream from their highest bit on (RFC 1951 section 3.1.1), so
  // here they are the other way round, and one is added at the `highest` bit. Nothing follows all ones.
  static unsigned next_code(unsigned code, unsigned highest) {
    unsigned bit = highest;
    while (code & bit) bit >>= 1;
    return (code & (bit - 1)) | bit;
  }

  std::array<std::uint16_t, kMaxCodeBits + 1> count_{};
  // The symbols in the order of their codes.
  std::array<std::uint16_t, kMostSymbols> sorted_{};
  bool is_valid_ = false;
};

}  // namespace omiforge::codec
