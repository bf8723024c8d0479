#include "codec/symbol_steps.h"

#include <algorithm>

namespace omiforge::codec {
namespace {

constexpr std::size_t kEndOfBlock = 256;

SymbolKind kind_of(std::size_t symbol) {
  if (symbol == kEndOfBlock) return SymbolKind::kEnd;
  return symbol < kEndOfBlock ? SymbolKind::kLiterals : SymbolKind::kLength;
}

}  // namespace

unsigned lit_len_extra_bits(std::size_t symbol) {
  return symbol < 265 || symbol == 285 ? 0 : static_cast<unsigned>((symbol - 261) / 4);
}

unsigned distance_extra_bits(std::size_t symbol) {
  return symbol < 4 ? 0 : static_cast<unsigned>(symbol / 2 - 1);
}

CanonicalCode::CanonicalCode(const std::uint8_t* lengths, std::size_t symbols) {
  for (std::size_t i = 0; i < symbols; ++i) ++count_[lengths[i]];
  count_[0] = 0;
  // Kraft's sum, in units of the longest code: above one, codes would begin with each other.
  unsigned sum = 0;
  for (unsigned bits = 1; bits <= kMaxCodeBits; ++bits) sum += count_[bits] << (kMaxCodeBits - bits);
  is_valid_ = sum <= 1u << kMaxCodeBits;
  for (unsigned bits = 1; bits <= kMaxCodeBits; ++bits) {
    for (std::size_t i = 0; i < symbols; ++i) {
      if (lengths[i] == bits) sorted_.push_back(static_cast<std::uint16_t>(i));
    }
  }
}

int CanonicalCode::read(BitReader& bits) const {
  if (!is_valid_) return -1;
  unsigned code = 0;
  unsigned first = 0;
  std::size_t at = 0;
  for (unsigned length = 1; length <= kMaxCodeBits; ++length) {
    code |= bits.take(1);
    if (code - first < count_[length]) return sorted_[at + (code - first)];
    at += count_[length];
    first = (first + count_[length]) << 1;
    code <<= 1;
  }
  return -1;
}

bool SymbolSteps::build(const std::uint8_t* lengths, std::size_t symbols,
                        unsigned (*extra_bits)(std::size_t)) {
  std::fill(steps_.begin(), steps_.end(), SymbolStep{});
  long_codes_.clear();
  const CanonicalCode code(lengths, symbols);
  if (!code.is_valid()) return false;
  code.each([&](std::size_t symbol, unsigned bits_of_code, unsigned code_bits) {
    const auto bits = static_cast<std::uint8_t>(code_bits + extra_bits(symbol));
    add(bits_of_code, {bits, static_cast<std::uint8_t>(code_bits), kind_of(symbol)});
  });
  if (chains_ == Chains::kLiterals) chain_literals();
  return true;
}

void SymbolSteps::add(unsigned code, SymbolStep step) {
  // Codes are packed from their highest bit on.
  unsigned reversed = 0;
  for (unsigned i = 0; i < step.code_bits; ++i) reversed |= (code >> i & 1) << (step.code_bits - 1 - i);
  if (step.code_bits > index_bits_) {
    steps_[reversed & (steps_.size() - 1)].kind = SymbolKind::kLong;
    long_codes_.push_back({reversed, step});
    return;
  }
  const std::size_t distance = std::size_t{1} << step.code_bits;
  for (std::size_t i = reversed; i < steps_.size(); i += distance) steps_[i] = step;
}

void SymbolSteps::chain_literals() {
  const std::vector<SymbolStep> single = steps_;
  for (std::size_t i = 0; i < single.size(); ++i) {
    SymbolStep& step = steps_[i];
    while (step.kind == SymbolKind::kLiterals) {
      const SymbolStep& next = single[i >> step.bits];
      // The bits above those of the index are not known.
      const bool is_known = next.kind != SymbolKind::kBad && next.kind != SymbolKind::kLong &&
                            step.bits + next.code_bits <= static_cast<int>(index_bits_);
      if (!is_known) break;
      step.bits = static_cast<std::uint8_t>(step.bits + next.bits);
      step.kind = next.kind;
    }
  }
}

SymbolStep SymbolSteps::find_long(std::uint64_t bits) const {
  for (const LongCode& code : long_codes_) {
    const std::uint64_t mask = (std::uint64_t{1} << code.step.code_bits) - 1;
    if ((bits & mask) == code.reversed) return code.step;
  }
  return {};
}

}  // namespace omiforge::codec
