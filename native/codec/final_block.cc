#include "codec/final_block.h"

#include <array>

#include "codec/bit_reader.h"
#include "codec/symbol_steps.h"
#include "io/error.h"

namespace omiforge::codec {
namespace {

[[noreturn]] void fail() {
  throw Error(ErrorCode::kInternal, "what was deflated is no deflate stream; the memory may be faulty");
}

constexpr std::size_t kMostLitLen = 288;
constexpr std::size_t kMostDistances = 32;
constexpr std::size_t kCodeLengthSymbols = 19;
using Lengths = std::array<std::uint8_t, kMostLitLen + kMostDistances>;

// RFC 1951 section 3.2.6.
void build_fixed(SymbolSteps& lit_len, SymbolSteps& distances) {
  Lengths lengths{};
  for (std::size_t i = 0; i < kMostLitLen; ++i) lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
  if (!lit_len.build(lengths.data(), kMostLitLen, lit_len_extra_bits)) fail();
  lengths.fill(5);
  if (!distances.build(lengths.data(), kMostDistances, distance_extra_bits)) fail();
}

// Reads the code lengths of both codes (RFC 1951 section 3.2.7); 16 repeats, 17 and 18 are zeros.
void read_lengths(BitReader& bits, const std::array<std::uint8_t, kCodeLengthSymbols>& code_lengths,
                  std::size_t count, Lengths& lengths) {
  const CanonicalCode code(code_lengths.data(), code_lengths.size());
  for (std::size_t i = 0; i < count;) {
    const int symbol = code.read(bits);
    if (symbol < 0) fail();
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
    for (std::size_t k = 0; k < times; ++k) lengths[i++] = value;
  }
}

void build_dynamic(BitReader& bits, SymbolSteps& lit_len, SymbolSteps& distances) {
  constexpr std::array<std::uint8_t, kCodeLengthSymbols> kOrder{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                                11, 4,  12, 3, 13, 2, 14, 1, 15};
  const std::size_t lit_len_count = 257 + bits.take(5);
  const std::size_t distance_count = 1 + bits.take(5);
  const std::size_t code_length_count = 4 + bits.take(4);
  if (lit_len_count > kMostLitLen) fail();
  std::array<std::uint8_t, kCodeLengthSymbols> code_lengths{};
  for (std::size_t i = 0; i < code_length_count; ++i) {
    code_lengths[kOrder[i]] = static_cast<std::uint8_t>(bits.take(3));
  }
  Lengths lengths{};
  read_lengths(bits, code_lengths, lit_len_count + distance_count, lengths);
  if (!lit_len.build(lengths.data(), lit_len_count, lit_len_extra_bits) ||
      !distances.build(lengths.data() + lit_len_count, distance_count, distance_extra_bits)) {
    fail();
  }
}

void skip_stored(BitReader& bits) {
  bits.align_to_byte();
  const std::uint64_t length = bits.take(16);
  if ((bits.take(16) ^ length) != 0xffff) fail();
  bits.skip(length * 8);
}

void skip_symbols(BitReader& bits, const SymbolSteps& lit_len, const SymbolSteps& distances) {
  while (!bits.is_past_end()) {
    const std::uint64_t next = bits.peek();
    const SymbolStep step = lit_len.at(next);
    bits.skip(step.bits);
    if (step.kind == SymbolKind::kLiterals) continue;
    if (step.kind == SymbolKind::kEnd) return;
    if (step.kind == SymbolKind::kBad) fail();
    const SymbolStep distance = distances.at(next >> step.bits);
    if (distance.kind == SymbolKind::kBad) fail();
    bits.skip(distance.bits);
  }
}

}  // namespace

StreamEnd find_stream_end(ByteView stream) {
  // Two or three literals of a usual code fit 12 bits, and the table fits the nearest cache.
  SymbolSteps lit_len(12, SymbolSteps::Chains::kLiterals);
  SymbolSteps distances(9, SymbolSteps::Chains::kNothing);
  BitReader bits(stream);
  while (!bits.is_past_end()) {
    const std::uint64_t begin = bits.position();
    const bool is_final = bits.take(1) == 1;
    const unsigned type = bits.take(2);
    if (type == 3) fail();
    if (type == 0) {
      skip_stored(bits);
    } else {
      if (type == 1) build_fixed(lit_len, distances);
      if (type == 2) build_dynamic(bits, lit_len, distances);
      skip_symbols(bits, lit_len, distances);
    }
    if (is_final && (bits.position() + 7) / 8 == stream.size) return {begin, bits.position()};
    if (is_final) break;
  }
  fail();
}

}  // namespace omiforge::codec
