#include "codec/final_block.h"

#include <doctest/doctest.h>

#include "builders/deflated.h"
#include "builders/thrown.h"

namespace omiforge::test {

using codec::find_stream_end;
using codec::StreamEnd;

namespace {

// Without its final bit, and with an empty final block behind it, a stream must hold the same.
void check_end(const Bytes& content, int level) {
  CAPTURE(content.size());
  CAPTURE(level);
  Bytes stream = deflated(content, level);
  const StreamEnd end = find_stream_end(view(stream));
  CHECK_EQ((end.end_bit + 7) / 8, stream.size());
  REQUIRE_EQ(stream[end.final_bit / 8] >> (end.final_bit % 8) & 1, 1);
  stream[end.final_bit / 8] = static_cast<std::uint8_t>(stream[end.final_bit / 8] ^ 1 << end.final_bit % 8);
  // A final block of the fixed codes that ends at once is ten bits: 1, 1 and 0, and seven zeros.
  stream.resize(stream.size() + 2);
  for (const std::uint64_t bit : {end.end_bit, end.end_bit + 1}) {
    stream[bit / 8] = static_cast<std::uint8_t>(stream[bit / 8] | 1 << bit % 8);
  }
  stream.resize((end.end_bit + 10 + 7) / 8);
  CHECK(inflated(stream) == content);
}

}  // namespace

TEST_CASE("final block: found in streams of every kind") {
  Random random(1);
  for (const int level : {0, 1, 6, 9}) {
    for (const std::size_t size : {0, 1, 2, 100, 65535, 65536, 70000, 1 << 20}) {
      check_end(Bytes(size), level);
      check_end(noise(random, size), level);
      check_end(mixed_content(random, size), level);
    }
  }
}

TEST_CASE("final block: codes longer than the table knows") {
  // Frequencies that fall by half give codes of every length up to 15.
  Random random(2);
  Bytes content;
  for (int i = 0; i < 400000; ++i) {
    std::uint8_t value = 0;
    while (value < 40 && below(random, 2) == 0) ++value;
    content.push_back(static_cast<std::uint8_t>(value * 37));
  }
  for (const int level : {1, 6, 9}) check_end(content, level);
}

TEST_CASE("final block: what is no whole stream is an error") {
  Random random(3);
  const Bytes stream = deflated(mixed_content(random, 100000), 6);
  const auto code_of = [](const Bytes& bytes) {
    return thrown_by([&] { find_stream_end(view(bytes)); }).code;
  };
  CHECK_EQ(code_of({}), "INTERNAL");
  CHECK_EQ(code_of({7}), "INTERNAL");
  for (const std::size_t size : {std::size_t{1}, stream.size() / 2, stream.size() - 1}) {
    CHECK_EQ(code_of(first_bytes(stream, size)), "INTERNAL");
  }
  Bytes longer = stream;
  longer.push_back(0);
  CHECK_EQ(code_of(longer), "INTERNAL");
}

TEST_CASE("final block: noise is walked to an end or an error, never beyond") {
  Random random(4);
  for (int round = 0; round < 3000; ++round) {
    const Bytes bytes = noise(random, below(random, 300));
    try {
      const StreamEnd end = find_stream_end(view(bytes));
      CHECK_LE(end.end_bit, bytes.size() * 8);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kInternal);
    }
  }
}

}  // namespace omiforge::test
