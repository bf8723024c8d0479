#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "codec/bit_reader.h"

// Huffman codes of deflate (RFC 1951 section 3.2), as far as one needs them to walk over symbols.
namespace omiforge::codec {

constexpr unsigned kMaxCodeBits = 15;

// Bits that follow the code of a symbol (RFC 1951 section 3.2.5).
unsigned lit_len_extra_bits(std::size_t symbol);
unsigned distance_extra_bits(std::size_t symbol);

// A code by the lengths of its symbols' codes (RFC 1951 section 3.2.2), read bit by bit.
class CanonicalCode {
 public:
  CanonicalCode(const std::uint8_t* lengths, std::size_t symbols);

  // No two symbols have codes of which one begins with the other.
  bool is_valid() const { return is_valid_; }
  // The next symbol, or -1 where there is none with these bits.
  int read(BitReader& bits) const;
  // Calls `take(symbol, code, code_bits)` for each symbol that has a code.
  template <typename Take>
  void each(Take take) const {
    unsigned code = 0;
    std::size_t at = 0;
    for (unsigned bits = 1; bits <= kMaxCodeBits; ++bits, code <<= 1) {
      for (unsigned i = 0; i < count_[bits]; ++i) take(sorted_[at++], code++, bits);
    }
  }

 private:
  std::array<unsigned, kMaxCodeBits + 1> count_{};
  std::vector<std::uint16_t> sorted_;
  bool is_valid_ = false;
};

enum class SymbolKind : std::uint8_t { kBad, kLiterals, kLength, kEnd, kLong };

// How far to go for what the next bits begin with, extra bits included.
struct SymbolStep {
  std::uint8_t bits = 0;
  std::uint8_t code_bits = 0;
  SymbolKind kind = SymbolKind::kBad;
};

// A code as a table by the next bits.
class SymbolSteps {
 public:
  enum class Chains { kNothing, kLiterals };

  // `index_bits`: how many of the next bits the table knows. With chains one step takes as many literals as
  // these bits hold, and what follows them.
  SymbolSteps(unsigned index_bits, Chains chains)
      : index_bits_(index_bits), chains_(chains), steps_(std::size_t{1} << index_bits) {}

  // False where the lengths make no code. Symbols above 256 count as kLength, 256 as kEnd.
  bool build(const std::uint8_t* lengths, std::size_t symbols, unsigned (*extra_bits)(std::size_t));

  SymbolStep at(std::uint64_t bits) const {
    const SymbolStep step = steps_[bits & (steps_.size() - 1)];
    return step.kind == SymbolKind::kLong ? find_long(bits) : step;
  }

 private:
  struct LongCode {
    unsigned reversed = 0;
    SymbolStep step;
  };

  void add(unsigned code, SymbolStep step);
  void chain_literals();
  SymbolStep find_long(std::uint64_t bits) const;

  unsigned index_bits_;
  Chains chains_;
  std::vector<SymbolStep> steps_;
  std::vector<LongCode> long_codes_;
};

}  // namespace omiforge::codec
