#pragma once

#include <cstdint>
#include <vector>

#include "builders/bytes.h"

// Deflate streams put together bit by bit (RFC 1951 section 3.2), so that it is known where everything
// stands, also in those that no compressor makes. What they would inflate to does not matter: a match may
// refer to where nothing was.
namespace omiforge::test {

// How long the codes of the symbols are; 0 is a symbol without one.
using CodeLengths = std::vector<std::uint8_t>;

// Lengths of codes that leave no bits over for so many of `of` symbols, always for `always` too. The less
// even, the more of them are long.
CodeLengths random_lengths(Random& random, std::size_t symbols, std::size_t of, std::size_t always,
                           bool is_even);

class DeflateBlocks {
 public:
  std::uint64_t bit_count() const { return bit_count_; }
  const Bytes& bytes() const { return bytes_; }

  // Lowest bit first.
  void put(std::uint64_t bits, unsigned count);
  // The code of a symbol, highest bit first.
  void put_code(const CodeLengths& lengths, std::size_t symbol);

  void stored(bool is_final, const Bytes& content);
  void begin_fixed(bool is_final);
  // 257 to 288 lengths of literals, the end and lengths; 1 to 32 of distances.
  void begin_dynamic(bool is_final, const CodeLengths& lit_len, const CodeLengths& distances);
  // Symbols that have codes, with whatever extra bits; not the end.
  void random_symbols(Random& random, const CodeLengths& lit_len, const CodeLengths& distances, int count);

 private:
  Bytes bytes_;
  std::uint64_t bit_count_ = 0;
};

// The codes of begin_fixed.
CodeLengths fixed_lit_len();
CodeLengths fixed_distances();

constexpr std::size_t kEndOfBlock = 256;

}  // namespace omiforge::test
