#include "io/bytes.h"

#include <doctest/doctest.h>

#include <limits>

#include "builders/bytes.h"

namespace omiforge::test {

TEST_CASE("bytes: big-endian numbers are read and written most significant byte first") {
  const Bytes bytes{0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10};
  CHECK_EQ(load_be16(bytes.data()), 0xfedc);
  CHECK_EQ(load_be32(bytes.data()), 0xfedcba98);
  CHECK_EQ(load_be64(bytes.data()), 0xfedcba9876543210);

  Bytes written(8);
  store_be64(written.data(), 0xfedcba9876543210);
  CHECK_EQ(written, bytes);
  store_be16(written.data() + 1, 0x1234);
  CHECK_EQ(written, Bytes{0xfe, 0x12, 0x34, 0x98, 0x76, 0x54, 0x32, 0x10});
  store_be32(written.data() + 3, 0x80000001);
  CHECK_EQ(written, Bytes{0xfe, 0x12, 0x34, 0x80, 0x00, 0x00, 0x01, 0x10});
}

TEST_CASE("bytes: big-endian numbers keep every bit, at any address") {
  Bytes bytes(16);
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t value = std::uint64_t{1} << bit;
    for (std::size_t at = 0; at < 8; ++at) {
      store_be64(bytes.data() + at, value);
      CHECK_EQ(load_be64(bytes.data() + at), value);
      store_be32(bytes.data() + at, static_cast<std::uint32_t>(value));
      CHECK_EQ(load_be32(bytes.data() + at), static_cast<std::uint32_t>(value));
      store_be16(bytes.data() + at, static_cast<std::uint16_t>(value));
      CHECK_EQ(load_be16(bytes.data() + at), static_cast<std::uint16_t>(value));
    }
  }
}

TEST_CASE("bytes: range_fits is right where a sum would overflow") {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  CHECK(range_fits(0, 0, 0));
  CHECK(range_fits(0, 10, 10));
  CHECK(range_fits(10, 0, 10));
  CHECK(range_fits(3, 7, 10));
  CHECK_FALSE(range_fits(3, 8, 10));
  CHECK_FALSE(range_fits(4, 7, 10));
  CHECK_FALSE(range_fits(11, 0, 10));
  CHECK_FALSE(range_fits(0, 11, 10));
  CHECK_FALSE(range_fits(kMost, 1, 10));
  CHECK_FALSE(range_fits(kMost, kMost, kMost));
  CHECK_FALSE(range_fits(2, kMost, 10));
  CHECK_FALSE(range_fits(2, kMost - 1, kMost));
  CHECK(range_fits(1, kMost - 1, kMost));
  CHECK(range_fits(kMost, 0, kMost));
}

TEST_CASE("bytes: divide_up") {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  CHECK_EQ(divide_up(0, 8), 0);
  CHECK_EQ(divide_up(1, 8), 1);
  CHECK_EQ(divide_up(8, 8), 1);
  CHECK_EQ(divide_up(9, 8), 2);
  CHECK_EQ(divide_up(kMost, 1), kMost);
  CHECK_EQ(divide_up(kMost, 2), std::uint64_t{1} << 63);
  CHECK_EQ(divide_up(kMost, kMost), 1);
}

TEST_CASE("bytes: is_zero of no bytes is true") {
  CHECK(is_zero({}));
  const Bytes one{1};
  CHECK(is_zero({one.data(), 0}));
}

TEST_CASE("bytes: is_zero finds a single bit at every place of every short length") {
  for (std::size_t size = 1; size <= 100; ++size) {
    Bytes bytes(size);
    CHECK(is_zero(view(bytes)));
    for (std::size_t at = 0; at < size; ++at) {
      bytes[at] = static_cast<std::uint8_t>(1 << (at % 8));
      CHECK_FALSE(is_zero(view(bytes)));
      bytes[at] = 0;
    }
  }
}

TEST_CASE("bytes: is_zero is not fooled by bytes that repeat") {
  // A comparison with the bytes a head before finds no difference in any of these.
  CHECK_FALSE(is_zero(view(Bytes(4096, 0xff))));
  Bytes periodic(4096);
  for (std::size_t at = 15; at < periodic.size(); at += 16) periodic[at] = 1;
  CHECK_FALSE(is_zero(view(periodic)));
}

TEST_CASE("bytes: slices share the bytes") {
  Bytes bytes{1, 2, 3, 4};
  const MutableBytes part = room(bytes).slice(1, 2);
  part.data[1] = 9;
  CHECK_EQ(bytes, Bytes{1, 2, 9, 4});
  const ByteView read_only = part;
  CHECK_EQ(read_only.size, 2);
  CHECK_EQ(read_only.slice(1, 1).data[0], 9);
}

}  // namespace omiforge::test
