#include "codec/deflate.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "builders/deflated.h"
#include "builders/thrown.h"

namespace omiforge::test {

using codec::deflate_bound;
using codec::DeflateSetting;
using codec::Engine;
using codec::make_deflater;

namespace {

constexpr std::uint8_t kUntouched = 0xa5;

// Every engine of this build at every of its levels.
std::vector<DeflateSetting> settings() {
  std::vector<DeflateSetting> list;
  for (const codec::EngineFacts& facts : codec::engines()) {
    for (int level = facts.least_level; level <= facts.most_level; ++level) {
      list.push_back({facts.engine, level});
    }
  }
  return list;
}

constexpr DeflateSetting kZlib6{Engine::kZlib, 6};

Bytes segment_of(const Bytes& content, DeflateSetting setting) {
  const std::size_t bound = deflate_bound(content.size());
  // The engines are not built with the sanitizers: the bytes behind the output tell whether they kept to
  // their room.
  Bytes out(bound + 64, kUntouched);
  const std::size_t length = make_deflater(setting)->deflate_piece(view(content), {out.data(), bound});
  REQUIRE_LE(length, bound);
  CHECK(std::all_of(out.begin() + static_cast<std::ptrdiff_t>(bound), out.end(),
                    [](std::uint8_t byte) { return byte == kUntouched; }));
  return first_bytes(out, length);
}

// An empty block with the final bit, which ends a stream.
Bytes ended(Bytes stream) {
  append(stream, {0x03, 0x00});
  return stream;
}

std::vector<Bytes> sample_contents() {
  Random random(1);
  std::vector<Bytes> contents{{},
                              Bytes(1),
                              bytes_of("a"),
                              Bytes(100000),
                              noise(random, 1),
                              noise(random, 16383),
                              noise(random, 16384),
                              noise(random, 65535),
                              noise(random, 65536),
                              noise(random, 300000),
                              mixed_content(random, 50000),
                              mixed_content(random, 1 << 20)};
  return contents;
}

}  // namespace

TEST_CASE("deflate: a segment ends at a byte boundary, in the middle of a stream") {
  for (const Bytes& content : sample_contents()) {
    for (const DeflateSetting setting : settings()) {
      CAPTURE(content.size());
      CAPTURE(static_cast<int>(setting.engine));
      CAPTURE(setting.level);
      const Bytes segment = segment_of(content, setting);
      REQUIRE_GE(segment.size(), 5);
      // The empty stored block of a flush (RFC 1951 section 3.2.4): its length and the complement of it.
      CHECK_EQ(Bytes(segment.end() - 4, segment.end()), Bytes{0, 0, 0xff, 0xff});
      CHECK_THROWS(inflated(segment));
      CHECK(inflated(ended(segment)) == content);
    }
  }
}

TEST_CASE("deflate: segments join to one stream, in any order") {
  Random random(2);
  for (const DeflateSetting setting : settings()) {
    CAPTURE(static_cast<int>(setting.engine));
    CAPTURE(setting.level);
    // What repeats from one segment to the next must not be referred to across the joint.
    const Bytes shared = noise(random, 5000);
    Bytes stream;
    Bytes expected;
    for (int part = 0; part < 6; ++part) {
      Bytes content = part == 3 ? Bytes() : shared;
      if (part % 2 == 0) append(content, mixed_content(random, 20000));
      append(expected, content);
      append(stream, segment_of(content, setting));
    }
    CHECK(inflated(ended(stream)) == expected);

    const Bytes first = mixed_content(random, 30000);
    const Bytes second = mixed_content(random, 100);
    Bytes turned = segment_of(second, setting);
    append(turned, segment_of(first, setting));
    Bytes turned_content = second;
    append(turned_content, first);
    CHECK(inflated(ended(turned)) == turned_content);
  }
}

TEST_CASE("deflate: the same input gives the same output") {
  Random random(3);
  const Bytes content = mixed_content(random, 200000);
  for (const DeflateSetting setting : settings())
    CHECK(segment_of(content, setting) == segment_of(content, setting));
}

TEST_CASE("deflate: the bound holds for bytes that do not get smaller") {
  Random random(4);
  for (int round = 0; round < 30; ++round) {
    const Bytes content = noise(random, below(random, 70000));
    for (const DeflateSetting setting : settings()) segment_of(content, setting);
  }
}

TEST_CASE("deflate: compresses, and better at a higher level") {
  Random random(5);
  const Bytes content = mixed_content(random, 1 << 20);
  CHECK_LT(segment_of(Bytes(1 << 20), {Engine::kZlib, 1}).size(), 8000);
  CHECK_LT(segment_of(content, {Engine::kZlib, 1}).size(), content.size());
  CHECK_LT(segment_of(content, {Engine::kZlib, 9}).size(), segment_of(content, {Engine::kZlib, 1}).size());
}

TEST_CASE("deflate: no room for the output is an error, not a short segment") {
  Random random(6);
  const Bytes content = noise(random, 10000);
  for (const DeflateSetting setting : settings()) {
    CAPTURE(static_cast<int>(setting.engine));
    CAPTURE(setting.level);
    const std::size_t needed = segment_of(content, setting).size();
    Bytes out(needed);
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{100}, std::size_t{9999}}) {
      const auto deflater = make_deflater(setting);
      CHECK_EQ(thrown_by([&] {
                 deflater->deflate_piece(view(content), {out.data(), size});
               }).code,
               "INTERNAL");
      CHECK_EQ(deflater->deflate_stream(view(content), {out.data(), size}), 0);
    }
  }
}

TEST_CASE("deflate: a segment longer than zlib can count is refused, not cut") {
  const Bytes content(16);
  Bytes out(1 << 10);
  // 2^32 + 16 counts as 16 in 32 bits. The bytes are not looked at.
  const ByteView far_too_long{content.data(), (std::size_t{1} << 32) + 16};
  CHECK_EQ(thrown_by([&] { make_deflater(kZlib6)->deflate_piece(far_too_long, room(out)); }).code,
           "INTERNAL");
}

TEST_CASE("deflate: room for more than zlib can count is no obstacle") {
  const Bytes content = bytes_of("abcabcabcabcabcabc");
  Bytes out(deflate_bound(content.size()));
  // 2^32 + 1 counts as 1 in 32 bits. No more is written than the bound says.
  const std::size_t length =
      make_deflater(kZlib6)->deflate_piece(view(content), {out.data(), (std::size_t{1} << 32) + 1});
  CHECK(inflated(ended(first_bytes(out, length))) == content);
}

TEST_CASE("deflate: a level that does not exist") {
  for (const codec::EngineFacts& facts : codec::engines()) {
    for (const int level : {facts.least_level - 1, facts.most_level + 1, 100}) {
      CHECK_EQ(thrown_by([&] { make_deflater({facts.engine, level}); }).code, "INTERNAL");
    }
  }
}

TEST_CASE("deflate: a whole stream, and one deflater for many") {
  Random random(7);
  for (const DeflateSetting setting : settings()) {
    CAPTURE(static_cast<int>(setting.engine));
    CAPTURE(setting.level);
    const auto deflater = make_deflater(setting);
    for (const Bytes& content : sample_contents()) {
      Bytes out(deflate_bound(content.size()));
      const std::size_t length = deflater->deflate_stream(view(content), room(out));
      CHECK(inflated(first_bytes(out, length)) == content);
      const std::size_t piece = deflater->deflate_piece(view(content), room(out));
      CHECK(inflated(ended(first_bytes(out, piece))) == content);
    }
  }
}

TEST_CASE("deflate: zlib is in every build") {
  const auto list = codec::engines();
  REQUIRE_FALSE(list.empty());
  CHECK(list.back().engine == Engine::kZlib);
  for (const codec::EngineFacts& facts : list) CHECK_FALSE(facts.version.empty());
}

}  // namespace omiforge::test
