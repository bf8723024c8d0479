#include "codec/zstd_frames.h"

#include <doctest/doctest.h>

#include "builders/bytes.h"
#include "builders/thrown.h"
#include "builders/zstd_frame.h"

namespace omiforge::test {

#ifdef OMIFORGE_HAS_ZSTD

namespace {

// What comes out of `in` for a room of `size` bytes; nothing where it does not fill it.
Bytes decompress(const Bytes& in, std::size_t size) {
  Bytes out(size, 0xee);
  return codec::decompress_zstd_exactly(view(in), room(out)) ? out : Bytes();
}

}  // namespace

TEST_CASE("zstd: a frame of every level that fills the output") {
  Random random(1);
  CHECK(codec::has_zstd());
  for (int level = -5; level <= 19; ++level) {
    const Bytes content = mixed_content(random, 65536);
    CHECK(decompress(zstd_frame(content, level), content.size()) == content);
  }
}

TEST_CASE("zstd: bytes behind the frame do not matter") {
  Random random(2);
  const Bytes content = mixed_content(random, 65536);
  for (const std::size_t more : {1, 100, 511, 5000}) {
    Bytes stored = zstd_frame(content);
    append(stored, noise(random, more));
    CHECK(decompress(stored, content.size()) == content);
  }
}

TEST_CASE("zstd: several frames, among them empty and skippable ones") {
  Random random(3);
  Bytes content = mixed_content(random, 30000);
  Bytes stored = zstd_frame(content);
  append(stored, zstd_frame({}));
  append(stored, {0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3});
  const Bytes rest = mixed_content(random, 35536);
  append(stored, zstd_frame(rest));
  append(content, rest);
  CHECK(decompress(stored, content.size()) == content);
}

TEST_CASE("zstd: a frame that is too short or too long for the output is refused") {
  Random random(4);
  const Bytes frame = zstd_frame(mixed_content(random, 65536));
  CHECK(decompress(frame, 65535).empty());
  CHECK(decompress(frame, 65537).empty());
  CHECK(decompress(frame, 512).empty());
}

TEST_CASE("zstd: a frame that is cut anywhere is refused") {
  Random random(5);
  const Bytes frame = zstd_frame(mixed_content(random, 4096));
  for (std::size_t length = 0; length < frame.size(); ++length) {
    CHECK(decompress(first_bytes(frame, length), 4096).empty());
  }
}

TEST_CASE("zstd: a damaged frame gives bytes or a refusal, and nothing outside its room") {
  Random random(6);
  const Bytes frame = zstd_frame(mixed_content(random, 8192));
  for (int round = 0; round < 3000; ++round) {
    Bytes damaged = frame;
    for (std::uint64_t change = 1 + below(random, 4); change > 0; --change) {
      damaged[static_cast<std::size_t>(below(random, damaged.size()))] = static_cast<std::uint8_t>(random());
    }
    const Bytes out = decompress(damaged, 8192);
    REQUIRE((out.empty() || out.size() == 8192));
  }
}

#else

TEST_CASE("zstd: a build without it says so") {
  CHECK_FALSE(codec::has_zstd());
  Bytes out(512);
  CHECK_EQ(code_thrown_by([&] { codec::decompress_zstd_exactly({}, room(out)); }), "ENGINE_UNAVAILABLE");
}

#endif

}  // namespace omiforge::test
