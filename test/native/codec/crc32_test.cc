#include "codec/crc32.h"

#include <doctest/doctest.h>

#include "builders/bytes.h"

namespace omiforge::test {

using codec::combine_crc32;
using codec::crc32;
using codec::crc32_of_zeros;

namespace {

constexpr std::uint32_t kPolynomial = 0xedb88320;  // bits reversed, as gzip uses it

// RFC 1952 section 8, bit by bit.
std::uint32_t slow_crc32(const Bytes& bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
  }
  return ~crc;
}

// The product of two polynomials over GF(2), bits reversed: bit 31 is x^0.
std::uint32_t multiply(std::uint32_t a, std::uint32_t b) {
  std::uint32_t product = 0;
  for (std::uint32_t bit = 0x80000000; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) product ^= b;
    b = (b >> 1) ^ ((b & 1) != 0 ? kPolynomial : 0);
  }
  return product;
}

// Appending a zero byte multiplies the register by x^8.
std::uint32_t slow_crc32_of_zeros(std::uint64_t length) {
  std::uint32_t power = 0x00800000;  // x^8
  std::uint32_t crc = 0xffffffff;
  for (; length != 0; length >>= 1) {
    if ((length & 1) != 0) crc = multiply(crc, power);
    power = multiply(power, power);
  }
  return ~crc;
}

}  // namespace

TEST_CASE("crc32: published values") {
  CHECK_EQ(crc32({}), 0);
  CHECK_EQ(crc32(view(bytes_of("123456789"))), 0xcbf43926);
  CHECK_EQ(crc32(view(Bytes(1))), 0xd202ef8d);
}

TEST_CASE("crc32: any bytes, against the definition") {
  Random random(1);
  for (std::size_t size = 0; size < 300; ++size) {
    const Bytes bytes = noise(random, size);
    CHECK_EQ(crc32(view(bytes)), slow_crc32(bytes));
  }
  const Bytes large = noise(random, 1 << 20);
  CHECK_EQ(crc32(view(large)), slow_crc32(large));
}

TEST_CASE("crc32: combined from parts of every length") {
  Random random(2);
  const Bytes whole = noise(random, 600);
  for (std::size_t split = 0; split <= whole.size(); ++split) {
    const std::uint32_t crc_a = crc32(view(whole).slice(0, split));
    const std::uint32_t crc_b = crc32(view(whole).slice(split, whole.size() - split));
    CHECK_EQ(combine_crc32(crc_a, crc_b, whole.size() - split), slow_crc32(whole));
  }
}

TEST_CASE("crc32: of zeros, against the definition") {
  for (std::size_t length = 0; length < 600; ++length) {
    CHECK_EQ(crc32_of_zeros(length), slow_crc32(Bytes(length)));
    CHECK_EQ(slow_crc32_of_zeros(length), slow_crc32(Bytes(length)));
  }
}

TEST_CASE("crc32: of runs of zeros that nobody would touch") {
  for (unsigned bit = 0; bit < 60; ++bit) {
    const std::uint64_t length = std::uint64_t{1} << bit;
    CAPTURE(length);
    CHECK_EQ(crc32_of_zeros(length), slow_crc32_of_zeros(length));
    CHECK_EQ(crc32_of_zeros(length - 1), slow_crc32_of_zeros(length - 1));
  }
  Random random(3);
  for (int round = 0; round < 500; ++round) {
    const std::uint64_t length = random() >> (4 + below(random, 50));
    CAPTURE(length);
    CHECK_EQ(crc32_of_zeros(length), slow_crc32_of_zeros(length));
  }
}

TEST_CASE("crc32: a disk of data and zeros in turn") {
  Random random(4);
  for (int round = 0; round < 50; ++round) {
    Bytes whole;
    std::uint32_t crc = 0;
    for (int part = 0; part < 6; ++part) {
      const Bytes data = noise(random, below(random, 500));
      const std::size_t zeros = below(random, 3000);
      append(whole, data);
      whole.resize(whole.size() + zeros);
      crc = combine_crc32(crc, crc32(view(data)), data.size());
      crc = combine_crc32(crc, crc32_of_zeros(zeros), zeros);
    }
    CHECK_EQ(crc, slow_crc32(whole));
  }
}

}  // namespace omiforge::test
