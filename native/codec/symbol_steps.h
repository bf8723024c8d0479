#pragma once

#include <array>
#include <cstdint>

#include "codec/bit_reader.h"
#include "codec/canonical_code.h"
#include "io/bytes.h"

namespace omiforge::codec {

// The codes of a deflate block (RFC 1951 section 3.2.5), as far as one needs them to walk over its symbols.
class SymbolSteps {
 public:
  // `lit_len` and `distances`: how long the codes of these symbols are. `are_valid` tells whether that makes
  // codes.
  SymbolSteps(ByteView lit_len, ByteView distances);

  bool are_valid() const { return lit_len_.is_valid() && distances_.is_valid(); }

  // Goes from behind the header of the block to its end, or past the end of all bits where it has none. False
  // where it meets bits that no symbol has.
  bool skip_block(BitReader& bits) const;

 private:
  // Enough for nearly all codes, while both tables take a fraction of the nearest cache, and are soon filled.
  static constexpr unsigned kIndexBits = 10;
  static constexpr std::size_t kTableSize = std::size_t{1} << kIndexBits;

  // Where the table for what comes next begins in `steps_`.
  enum Table : std::uint16_t { kLitLen = 0, kDistance = kTableSize };

  // How far to go for what the next bits begin with, extra bits included, and what follows it.
  struct Step {
    std::uint8_t bits = 0;  // 0: ask the code itself
    std::uint8_t code_bits = 0;
    Table next = kLitLen;
  };

  void tabulate();
  void join_distances();
  Table skip_tabulated(BitReader& bits, Table table) const;

  CanonicalCode lit_len_;
  CanonicalCode distances_;
  std::array<Step, 2 * kTableSize> steps_;
};

}  // namespace omiforge::codec
