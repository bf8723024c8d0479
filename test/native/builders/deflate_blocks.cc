#include "builders/deflate_blocks.h"

#include <algorithm>

namespace omiforge::test {
namespace {

constexpr unsigned kMostCodeBits = 15;

// Extra bits of the lengths 257 to 287 and of the distances, as listed in RFC 1951 section 3.2.5; those of
// what may not occur go on as the list does.
constexpr unsigned kLengthExtra[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2,
                                     3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0, 6, 6};
constexpr unsigned kDistanceExtra[] = {0, 0, 0, 0, 1, 1, 2,  2,  3,  3,  4,  4,  5,  5,  6,  6,
                                       7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14};

std::size_t random_symbol(Random& random, const CodeLengths& lengths) {
  for (;;) {
    const auto symbol = static_cast<std::size_t>(below(random, lengths.size()));
    if (lengths[symbol] != 0) return symbol;
  }
}

}  // namespace

CodeLengths random_lengths(Random& random, std::size_t symbols, std::size_t of, std::size_t always,
                           bool is_even) {
  // One code of no bits, of which each step makes two.
  CodeLengths codes{0};
  while (codes.size() < symbols) {
    // Those that came last are the longest.
    const std::uint64_t among = is_even ? codes.size() : std::min<std::uint64_t>(codes.size(), 3);
    std::uint8_t& code = codes[codes.size() - 1 - static_cast<std::size_t>(below(random, among))];
    if (code == kMostCodeBits) {
      is_even = true;
      continue;
    }
    ++code;
    codes.push_back(code);
  }
  std::shuffle(codes.begin(), codes.end(), random);
  codes.resize(of);
  std::shuffle(codes.begin(), codes.end(), random);
  if (codes[always] == 0) {
    std::swap(codes[always], *std::find_if(codes.begin(), codes.end(), [](int bits) { return bits != 0; }));
  }
  return codes;
}

void DeflateBlocks::put(std::uint64_t bits, unsigned count) {
  for (unsigned i = 0; i < count; ++i, ++bit_count_) {
    if (bit_count_ % 8 == 0) bytes_.push_back(0);
    bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | (bits >> i & 1) << (bit_count_ % 8));
  }
}

// RFC 1951 section 3.2.2: shorter codes come first, then those of lower symbols.
void DeflateBlocks::put_code(const CodeLengths& lengths, std::size_t symbol) {
  const unsigned length = lengths[symbol];
  // In units of the longest code.
  std::uint64_t code = 0;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const bool is_before = lengths[i] < length || (lengths[i] == length && i < symbol);
    if (lengths[i] != 0 && is_before) code += std::uint64_t{1} << (kMostCodeBits - lengths[i]);
  }
  for (unsigned i = 0; i < length; ++i) put(code >> (kMostCodeBits - 1 - i) & 1, 1);
}

void DeflateBlocks::stored(bool is_final, const Bytes& content) {
  put(is_final ? 1 : 0, 3);
  while (bit_count_ % 8 != 0) put(0, 1);
  put(content.size(), 16);
  put(~content.size(), 16);
  for (const std::uint8_t byte : content) put(byte, 8);
}

void DeflateBlocks::begin_fixed(bool is_final) { put(is_final ? 3 : 2, 3); }

void DeflateBlocks::begin_dynamic(bool is_final, const CodeLengths& lit_len, const CodeLengths& distances) {
  put(is_final ? 5 : 4, 3);
  put(lit_len.size() - 257, 5);
  put(distances.size() - 1, 5);
  put(19 - 4, 4);
  // Four bits for each length, none for the repetitions, which come first.
  for (unsigned i = 0; i < 19; ++i) put(i < 3 ? 0 : 4, 3);
  const CodeLengths code(16, 4);
  for (const std::uint8_t length : lit_len) put_code(code, length);
  for (const std::uint8_t length : distances) put_code(code, length);
}

void DeflateBlocks::random_symbols(Random& random, const CodeLengths& lit_len, const CodeLengths& distances,
                                   int count) {
  const auto extra = [&](unsigned bits) { put(random(), bits); };
  for (int i = 0; i < count; ++i) {
    const std::size_t symbol = random_symbol(random, lit_len);
    if (symbol == kEndOfBlock) continue;
    put_code(lit_len, symbol);
    if (symbol < kEndOfBlock) continue;
    extra(kLengthExtra[symbol - 257]);
    const std::size_t distance = random_symbol(random, distances);
    put_code(distances, distance);
    extra(kDistanceExtra[distance]);
  }
}

CodeLengths fixed_lit_len() {
  CodeLengths lengths(288, 8);
  std::fill(lengths.begin() + 144, lengths.begin() + 256, std::uint8_t{9});
  std::fill(lengths.begin() + 256, lengths.begin() + 280, std::uint8_t{7});
  return lengths;
}

CodeLengths fixed_distances() { return CodeLengths(32, 5); }

}  // namespace omiforge::test
