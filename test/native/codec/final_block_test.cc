#include "codec/final_block.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "builders/deflate_blocks.h"
#include "builders/deflated.h"
#include "builders/thrown.h"
#include "codec/deflate.h"

namespace omiforge::test {

using codec::find_stream_end;
using codec::StreamEnd;

namespace {

std::string code_of(const Bytes& stream) {
  return code_thrown_by([&] { find_stream_end(view(stream)); });
}

// Where zlib sees its last block is where it must be found. Without its final bit, and with an empty final
// block behind it, the stream must hold the same.
void check_end(Bytes stream, const Bytes& content) {
  const StreamEnd end = find_stream_end(view(stream));
  const std::optional<LastBlock> block = last_block(stream);
  REQUIRE(block.has_value());
  CHECK_EQ(end.final_bit, block->begin);
  REQUIRE_EQ(end.end_bit, block->end);
  stream[end.final_bit / 8] = static_cast<std::uint8_t>(stream[end.final_bit / 8] ^ 1 << end.final_bit % 8);
  // A final block of the fixed codes that ends at once is ten bits: 1, 1 and 0, and seven zeros.
  stream.resize(stream.size() + 2);
  for (const std::uint64_t bit : {end.end_bit, end.end_bit + 1}) {
    stream[bit / 8] = static_cast<std::uint8_t>(stream[bit / 8] | 1 << bit % 8);
  }
  stream.resize((end.end_bit + 10 + 7) / 8);
  CHECK(inflated(stream) == content);
}

void check_zlib(const Bytes& content, int level) {
  CAPTURE(content.size());
  CAPTURE(level);
  check_end(deflated(content, level), content);
}

Bytes whole_stream(const Bytes& content, codec::DeflateSetting setting) {
  Bytes stream(codec::deflate_bound(content.size()));
  const auto deflater = codec::make_deflater(setting);
  stream.resize(deflater->deflate_stream(view(content), room(stream)));
  REQUIRE_FALSE(stream.empty());
  return stream;
}

// Values whose frequencies fall by half have codes of every length up to 15.
Bytes skewed_content(Random& random, std::size_t size) {
  Bytes content(size);
  for (std::uint8_t& byte : content) {
    std::uint8_t value = 0;
    while (value < 40 && below(random, 2) == 0) ++value;
    byte = static_cast<std::uint8_t>(value * 37);
  }
  return content;
}

// Lengths of the codes of the symbols from the end of the block on; no literal has one.
CodeLengths without_literals(const CodeLengths& lengths) {
  CodeLengths lit_len(kEndOfBlock);
  append(lit_len, lengths);
  return lit_len;
}

// An end of one bit, which would be found if the codes were taken.
std::string code_of_codes(const CodeLengths& lit_len, const CodeLengths& distances) {
  DeflateBlocks blocks;
  blocks.begin_dynamic(true, lit_len, distances);
  blocks.put(0, 1);
  return code_of(blocks.bytes());
}

// The header of a dynamic block up to the code of the code lengths, in which 0, 1 and 2 have these lengths.
DeflateBlocks begun_header(unsigned zero, unsigned one, unsigned two) {
  DeflateBlocks blocks;
  blocks.put(5, 3);
  blocks.put(0, 10);
  blocks.put(19 - 4, 4);
  // In the order of RFC 1951 section 3.2.7.
  for (int i = 0; i < 19; ++i) blocks.put(i == 3 ? zero : i == 17 ? one : i == 15 ? two : 0, 3);
  return blocks;
}

// An error, or an end within the stream.
void check_any(const Bytes& stream) {
  try {
    const StreamEnd end = find_stream_end(view(stream));
    CHECK_LE(end.end_bit, stream.size() * 8);
    CHECK_LT(end.final_bit, end.end_bit);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kInternal);
  }
}

void random_block(Random& random, DeflateBlocks& blocks, bool is_final) {
  const int count = static_cast<int>(below(random, 3000));
  CodeLengths lit_len = fixed_lit_len();
  CodeLengths distances = fixed_distances();
  switch (below(random, 4)) {
    case 0:
      blocks.stored(is_final, noise(random, below(random, 50)));
      return;
    case 1:
      blocks.begin_fixed(is_final);
      break;
    default: {
      const std::size_t of = 257 + below(random, 32);
      lit_len = random_lengths(random, 2 + below(random, of - 1), of, kEndOfBlock, below(random, 2) == 0);
      const std::size_t distance_count = 2 + below(random, 31);
      distances = random_lengths(random, 2 + below(random, distance_count - 1), distance_count, 0, false);
      blocks.begin_dynamic(is_final, lit_len, distances);
    }
  }
  blocks.random_symbols(random, lit_len, distances, count);
  blocks.put_code(lit_len, kEndOfBlock);
}

}  // namespace

TEST_CASE("final block: found in streams of every kind") {
  Random random(1);
  for (const int level : {0, 1, 6, 9}) {
    for (const std::size_t size : {0, 1, 2, 100, 65535, 65536, 70000, 1 << 20}) {
      check_zlib(Bytes(size), level);
      check_zlib(noise(random, size), level);
      check_zlib(mixed_content(random, size), level);
    }
  }
}

TEST_CASE("final block: found in what each engine makes") {
  Random random(2);
  for (const codec::EngineFacts& engine : codec::engines()) {
    CAPTURE(engine.name);
    for (int level = engine.least_level; level <= engine.most_level; ++level) {
      CAPTURE(level);
      for (const std::size_t size : {0, 1, 7, 300, 5000, 66000, 200000}) {
        CAPTURE(size);
        const Bytes content = mixed_content(random, size + static_cast<std::size_t>(below(random, 100)));
        check_end(whole_stream(content, {engine.engine, level}), content);
      }
    }
  }
}

TEST_CASE("final block: codes longer than the table knows") {
  Random random(3);
  const Bytes content = skewed_content(random, 400000);
  for (const int level : {1, 6, 9}) check_zlib(content, level);
}

TEST_CASE("final block: found behind any blocks of any codes") {
  Random random(4);
  for (int round = 0; round < 400; ++round) {
    CAPTURE(round);
    DeflateBlocks blocks;
    for (std::uint64_t more = below(random, 4); more > 0; --more) random_block(random, blocks, false);
    const std::uint64_t final_bit = blocks.bit_count();
    random_block(random, blocks, true);
    const std::uint64_t end_bit = blocks.bit_count();
    // What pads the last byte is of no meaning.
    if (end_bit % 8 != 0) blocks.put(random(), 8 - end_bit % 8);
    const StreamEnd end = find_stream_end(view(blocks.bytes()));
    CHECK_EQ(end.final_bit, final_bit);
    CHECK_EQ(end.end_bit, end_bit);
    if (blocks.bytes().size() > 1) {
      CHECK_EQ(code_of(first_bytes(blocks.bytes(), blocks.bytes().size() - 1)), "INTERNAL");
    }
  }
}

TEST_CASE("final block: codes of one symbol, and of none") {
  const CodeLengths one_length = without_literals({1, 1});
  for (const CodeLengths& distances : {CodeLengths{0}, CodeLengths{1}}) {
    for (const int matches : {0, 1, 100}) {
      // At the first match, and at the last, behind which there is no whole word.
      for (const int wrong : {-1, 0, matches - 1}) {
        DeflateBlocks blocks;
        blocks.begin_dynamic(true, one_length, distances);
        for (int i = 0; i < matches; ++i) {
          blocks.put_code(one_length, kEndOfBlock + 1);
          blocks.put(i == wrong ? 1 : 0, 1);
        }
        blocks.put_code(one_length, kEndOfBlock);
        const bool is_sound = matches == 0 || (distances[0] == 1 && wrong == -1);
        CHECK_EQ(code_of(blocks.bytes()), is_sound ? "" : "INTERNAL");
      }
    }
  }
}

TEST_CASE("final block: codes that begin with each other are an error") {
  CHECK_EQ(code_of_codes(without_literals({1, 1}), {1, 1}), "");
  CHECK_EQ(code_of_codes(without_literals({1, 1, 15}), {1, 1}), "INTERNAL");
  CHECK_EQ(code_of_codes(without_literals({1, 1}), {1, 2, 2, 15}), "INTERNAL");
}

TEST_CASE("final block: codes that leave bits over") {
  CHECK_EQ(code_of_codes(without_literals({1}), {0}), "");
  // 0 is a length, 10 the end, 11 nothing.
  const CodeLengths lit_len = without_literals({2, 1});
  for (const std::uint64_t second_bit : {0, 1}) {
    DeflateBlocks blocks;
    blocks.begin_dynamic(true, lit_len, {0});
    blocks.put(1 | second_bit << 1, 2);
    CHECK_EQ(code_of(blocks.bytes()), second_bit == 0 ? "" : "INTERNAL");
  }
}

TEST_CASE("final block: a code of code lengths that is wrong") {
  // 0 is a length of none, 1 one of one bit: 255 and the end have codes, and there is no distance.
  DeflateBlocks sound = begun_header(1, 1, 0);
  for (int i = 0; i < 258; ++i) sound.put(i == 255 || i == 256 ? 1 : 0, 1);
  sound.put(1, 1);
  CHECK_EQ(code_of(sound.bytes()), "");

  // Here 1 is one of two bits as well, of which the end would have the second code.
  DeflateBlocks overlapping = begun_header(1, 1, 1);
  for (int i = 0; i < 258; ++i) overlapping.put(i == 255 || i == 256 ? 1 : 0, 1);
  overlapping.put(2, 2);
  CHECK_EQ(code_of(overlapping.bytes()), "INTERNAL");

  // 0 is a length of none, 10 one of one bit, 11 nothing.
  for (const bool is_sound : {true, false}) {
    DeflateBlocks blocks = begun_header(1, 2, 0);
    for (int i = 0; i < 255; ++i) blocks.put(0, 1);
    blocks.put(1, 2);
    blocks.put(1, 2);
    // No distance, and the end.
    blocks.put(is_sound ? 2 : 3, 2);
    CHECK_EQ(code_of(blocks.bytes()), is_sound ? "" : "INTERNAL");
  }
}

TEST_CASE("final block: a stored block has its length twice") {
  DeflateBlocks blocks;
  blocks.stored(true, bytes_of("content"));
  CHECK_EQ(code_of(blocks.bytes()), "");
  for (const std::size_t byte : {1, 2, 3, 4}) {
    Bytes stream = blocks.bytes();
    stream[byte] = static_cast<std::uint8_t>(stream[byte] ^ 4);
    CHECK_EQ(code_of(stream), "INTERNAL");
  }
}

TEST_CASE("final block: what is no whole stream is an error") {
  Random random(5);
  const Bytes stream = deflated(mixed_content(random, 100000), 6);
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
  Random random(6);
  for (int round = 0; round < 3000; ++round) check_any(noise(random, below(random, 300)));
}

TEST_CASE("final block: a damaged stream is walked to an end or an error, never beyond") {
  Random random(7);
  const Bytes stream = deflated(skewed_content(random, 3000), 9);
  for (std::size_t size = 0; size < stream.size(); ++size) {
    CHECK_EQ(code_of(first_bytes(stream, size)), "INTERNAL");
  }
  for (int round = 0; round < 3000; ++round) {
    Bytes damaged = first_bytes(stream, 1 + below(random, stream.size()));
    for (std::uint64_t flips = 1 + below(random, 4); flips > 0; --flips) {
      std::uint8_t& byte = damaged[below(random, damaged.size())];
      byte = static_cast<std::uint8_t>(byte ^ 1 << below(random, 8));
    }
    check_any(damaged);
  }
}

}  // namespace omiforge::test
