#include "codec/raw_inflate.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "builders/deflated.h"

namespace omiforge::test {
namespace {

constexpr std::uint8_t kUntouched = 0xa5;

// What inflate_exactly answers for an output of `size` bytes, which it must not leave.
struct Result {
  bool is_exact = false;
  Bytes content;
};

Result inflate(const Bytes& stream, std::size_t size) {
  Bytes out(size + 64, kUntouched);
  Result result;
  result.is_exact = codec::RawInflater().inflate_exactly(view(stream), {out.data(), size});
  CHECK(std::all_of(out.begin() + static_cast<std::ptrdiff_t>(size), out.end(),
                    [](std::uint8_t byte) { return byte == kUntouched; }));
  result.content = first_bytes(out, size);
  return result;
}

}  // namespace

TEST_CASE("raw inflate: a whole stream, at every level and size") {
  Random random(1);
  for (int level = 0; level <= 9; ++level) {
    for (const std::size_t size : {1, 511, 512, 4096, 65536, 2097152}) {
      const Bytes content = mixed_content(random, size);
      const Result result = inflate(deflated(content, level), size);
      CHECK(result.is_exact);
      CHECK(result.content == content);
    }
  }
}

TEST_CASE("raw inflate: an output that is not filled") {
  Random random(2);
  const Bytes content = mixed_content(random, 4096);
  CHECK_FALSE(inflate(deflated(content), 4097).is_exact);
  CHECK_FALSE(inflate(deflated({}), 1).is_exact);
  CHECK_FALSE(inflate({}, 1).is_exact);
}

TEST_CASE("raw inflate: a stream that goes on fills the output and stays within") {
  Random random(3);
  const Bytes content = mixed_content(random, 100000);
  for (const std::size_t size : {1, 512, 65536, 99999}) {
    const Result result = inflate(deflated(content), size);
    CHECK(result.is_exact);
    CHECK(result.content == first_bytes(content, size));
  }
}

TEST_CASE("raw inflate: a stream cut anywhere gives the whole content or is refused") {
  Random random(4);
  const Bytes content = mixed_content(random, 3000);
  const Bytes stream = deflated(content);
  bool was_refused = true;
  for (std::size_t size = 0; size < stream.size(); ++size) {
    const Result result = inflate(first_bytes(stream, size), content.size());
    // The end mark may be missing; once the content is complete it stays so.
    if (result.is_exact) CHECK(result.content == content);
    CHECK((was_refused || result.is_exact));
    was_refused = !result.is_exact;
  }
  CHECK_FALSE(inflate(first_bytes(stream, stream.size() - 10), content.size()).is_exact);
}

TEST_CASE("raw inflate: bytes behind the end do not matter") {
  Random random(5);
  const Bytes content = mixed_content(random, 4096);
  Bytes stream = deflated(content);
  append(stream, Bytes(1000, 0xff));
  const Result result = inflate(stream, content.size());
  CHECK(result.is_exact);
  CHECK(result.content == content);
}

TEST_CASE("raw inflate: damage before the content is complete") {
  CHECK_FALSE(inflate(Bytes(100, 0xff), 512).is_exact);
  Random random(6);
  Bytes stream = deflated(mixed_content(random, 4096));
  // The reserved block type.
  stream[0] = static_cast<std::uint8_t>(stream[0] | 6);
  CHECK_FALSE(inflate(stream, 4096).is_exact);
}

TEST_CASE("raw inflate: a reference to bytes before the beginning") {
  // Fixed codes: length 3 at distance 1, with nothing before it.
  const Bytes stream{0x03, 0x02, 0x00};
  CHECK_FALSE(inflate(stream, 3).is_exact);
}

TEST_CASE("raw inflate: how long a whole stream is, whatever stands behind it") {
  Random random(9);
  for (int level = 0; level <= 9; ++level) {
    const Bytes content = mixed_content(random, 65536);
    const Bytes stream = deflated(content, level);
    for (const std::size_t more : {0, 1, 511, 5000}) {
      Bytes stored = stream;
      append(stored, noise(random, more));
      Bytes out(content.size());
      CHECK_EQ(codec::RawInflater().inflate_whole_stream(view(stored), room(out)).value_or(0), stream.size());
      CHECK(out == content);
    }
  }
}

TEST_CASE("raw inflate: a stream that does not end, or not there, has no length") {
  Random random(10);
  const Bytes content = mixed_content(random, 4096);
  const Bytes stream = deflated(content);
  Bytes out(content.size());
  CHECK_FALSE(
      codec::RawInflater().inflate_whole_stream(view(first_bytes(stream, stream.size() - 1)), room(out)));
  CHECK_FALSE(codec::RawInflater().inflate_whole_stream(view(stream), {out.data(), 4095}));
  Bytes larger(4097);
  CHECK_FALSE(codec::RawInflater().inflate_whole_stream(view(stream), room(larger)));
  CHECK_FALSE(codec::RawInflater().inflate_whole_stream({}, room(out)));
}

}  // namespace omiforge::test
