#include "codec/symbol_steps.h"

namespace omiforge::codec {
namespace {

constexpr unsigned kEndOfBlock = 256;

unsigned lit_len_extra_bits(unsigned symbol) {
  return symbol < 265 || symbol == 285 ? 0 : (symbol - 261) / 4;
}

unsigned distance_extra_bits(unsigned symbol) { return symbol < 4 ? 0 : symbol / 2 - 1; }

}  // namespace

SymbolSteps::SymbolSteps(ByteView lit_len, ByteView distances) : lit_len_(lit_len), distances_(distances) {
  if (are_valid()) tabulate();
}

void SymbolSteps::tabulate() {
  const auto step = [](unsigned code_bits, unsigned extra_bits, Table next) {
    return Step{static_cast<std::uint8_t>(code_bits + extra_bits), static_cast<std::uint8_t>(code_bits),
                next};
  };
  lit_len_.tabulate(&steps_[kLitLen], kIndexBits, [&](unsigned symbol, unsigned code_bits) {
    if (symbol == kEndOfBlock) return Step{};
    return step(code_bits, lit_len_extra_bits(symbol), symbol < kEndOfBlock ? kLitLen : kDistance);
  });
  distances_.tabulate(&steps_[kDistance], kIndexBits, [&](unsigned symbol, unsigned code_bits) {
    return step(code_bits, distance_extra_bits(symbol), kLitLen);
  });
  join_distances();
}

// Makes one step of a length and its distance where the index has the codes of both.
void SymbolSteps::join_distances() {
  for (std::size_t i = 0; i < kTableSize; ++i) {
    Step& length = steps_[i];
    if (length.next != kDistance) continue;
    const Step& distance = steps_[kDistance + (i >> length.bits)];
    if (distance.bits == 0 || length.bits + distance.code_bits > int{kIndexBits}) continue;
    length.bits = static_cast<std::uint8_t>(length.bits + distance.bits);
    length.next = kLitLen;
  }
}

// Takes steps while the tables know them and whole words are left. Tells which table the next one is of.
SymbolSteps::Table SymbolSteps::skip_tabulated(BitReader& bits, Table table) const {
  if (!bits.has_word()) return table;
  BitWindow window(bits);
  const Step* steps = &steps_[table];
  while (window.has_word()) {
    const Step& step = steps[window.peek() & (kTableSize - 1)];
    // Here and not behind the skip, a step waits for the look-up alone, and not for this as well.
    window.refill();
    if (step.bits == 0) break;
    window.skip(step.bits);
    table = step.next;
    steps = &steps_[table];
  }
  bits.skip(window.position() - bits.position());
  return table;
}

bool SymbolSteps::skip_block(BitReader& bits) const {
  Table table = kLitLen;
  while (!bits.is_past_end()) {
    table = skip_tabulated(bits, table);
    const int symbol = table == kLitLen ? lit_len_.read(bits) : distances_.read(bits);
    if (symbol < 0) return false;
    const auto number = static_cast<unsigned>(symbol);
    if (table == kDistance) {
      bits.skip(distance_extra_bits(number));
      table = kLitLen;
    } else {
      if (number == kEndOfBlock) return true;
      bits.skip(lit_len_extra_bits(number));
      table = number < kEndOfBlock ? kLitLen : kDistance;
    }
  }
  return true;
}

}  // namespace omiforge::codec
