#pragma once

#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

#include "io/bytes.h"

// Bytes that a test owns, and where it gets them from.
namespace omiforge::test {

using Bytes = std::vector<std::uint8_t>;
// The same numbers on every machine and in every run: no test seeds it from outside.
using Random = std::mt19937_64;

inline ByteView view(const Bytes& bytes) { return {bytes.data(), bytes.size()}; }
inline MutableBytes room(Bytes& bytes) { return {bytes.data(), bytes.size()}; }

inline Bytes bytes_of(std::string_view text) { return Bytes(text.begin(), text.end()); }

inline Bytes first_bytes(const Bytes& bytes, std::size_t count) {
  return Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
}

inline void append(Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); }

// A number in [0, limit); `limit` is not 0.
inline std::uint64_t below(Random& random, std::uint64_t limit) { return random() % limit; }

// Bytes that no deflate makes smaller.
inline Bytes noise(Random& random, std::size_t size) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

// Bytes as in files: runs of one value, repeated words and noise in turn.
inline Bytes mixed_content(Random& random, std::size_t size) {
  Bytes bytes;
  while (bytes.size() < size) {
    const std::size_t run = 1 + static_cast<std::size_t>(below(random, 300));
    const std::uint64_t kind = below(random, 3);
    if (kind == 0) bytes.insert(bytes.end(), run, static_cast<std::uint8_t>(random()));
    if (kind == 1) append(bytes, bytes_of("the quick brown fox "));
    if (kind == 2) append(bytes, noise(random, run));
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace omiforge::test
