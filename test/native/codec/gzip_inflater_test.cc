#include "codec/gzip_inflater.h"

#include <doctest/doctest.h>

#include "builders/deflated.h"
#include "builders/gzip_reader.h"
#include "builders/thrown.h"

namespace omiforge::test {
namespace {

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes whole;
  for (const Bytes& part : parts) append(whole, part);
  return whole;
}

void check_content(const GzipContent& result, const Bytes& content, std::size_t member_bytes,
                   bool has_garbage = false) {
  CHECK(result.content == content);
  CHECK_EQ(result.member_bytes, member_bytes);
  CHECK_EQ(result.has_garbage, has_garbage);
}

// Every way to cut the input in two, and pieces of every small size on both sides.
void check_all_splits(const Bytes& file, const Bytes& content, std::size_t member_bytes, bool has_garbage) {
  for (std::size_t split = 1; split < file.size(); ++split) {
    CAPTURE(split);
    check_content(read_gzip(file, kWhole, 1 << 16, split), content, member_bytes, has_garbage);
  }
  for (std::size_t in_piece = 1; in_piece <= 8; ++in_piece) {
    for (std::size_t out_piece = 1; out_piece <= 8; ++out_piece) {
      CAPTURE(in_piece);
      CAPTURE(out_piece);
      check_content(read_gzip(file, in_piece, out_piece), content, member_bytes, has_garbage);
    }
  }
  for (std::size_t out_piece = 1; out_piece <= 8; ++out_piece) {
    check_content(read_gzip(file, kWhole, out_piece), content, member_bytes, has_garbage);
  }
}

}  // namespace

TEST_CASE("gzip: one member, at every level") {
  Random random(1);
  const Bytes content = mixed_content(random, 300000);
  for (int level = 0; level <= 9; ++level) {
    const Bytes file = gzip_member(content, {}, level);
    check_content(read_gzip(file), content, file.size());
  }
}

TEST_CASE("gzip: a member without content") {
  const Bytes file = gzip_member({});
  check_content(read_gzip(file), {}, file.size());
  check_all_splits(file, {}, file.size(), false);
}

TEST_CASE("gzip: pieces of any size, in and out") {
  Random random(2);
  const Bytes content = mixed_content(random, 100000);
  const Bytes file = gzip_member(content);
  for (int round = 0; round < 100; ++round) {
    const std::size_t in_piece = 1 + below(random, 5000);
    const std::size_t out_piece = 1 + below(random, 5000);
    check_content(read_gzip(file, in_piece, out_piece), content, file.size());
  }
}

TEST_CASE("gzip: small files cut at every place") {
  Random random(3);
  const Bytes content = mixed_content(random, 60);
  const Bytes member = gzip_member(content);
  check_all_splits(member, content, member.size(), false);

  const Bytes two = joined({member, gzip_member(bytes_of("x"))});
  check_all_splits(two, joined({content, bytes_of("x")}), two.size(), false);

  check_all_splits(joined({member, Bytes(9)}), content, member.size(), false);
  check_all_splits(joined({member, bytes_of("garbage")}), content, member.size(), true);
  check_all_splits(joined({member, {0x1f, 0x00}}), content, member.size(), true);
  check_all_splits(joined({member, {0, 0, 'x'}}), content, member.size(), true);
}

TEST_CASE("gzip: many members, empty ones among them") {
  Random random(4);
  Bytes file;
  Bytes content;
  for (int i = 0; i < 200; ++i) {
    const Bytes part = i % 3 == 0 ? Bytes() : mixed_content(random, below(random, 500));
    append(file, gzip_member(part));
    append(content, part);
  }
  check_content(read_gzip(file), content, file.size());
  check_content(read_gzip(file, 1, 1), content, file.size());
  check_content(read_gzip(file, 7, 3), content, file.size());
}

TEST_CASE("gzip: zeros after the last member are padding") {
  const Bytes content = bytes_of("content");
  const Bytes member = gzip_member(content);
  for (const std::size_t zeros : {1, 2, 511, 100000}) {
    check_content(read_gzip(joined({member, Bytes(zeros)})), content, member.size());
    check_content(read_gzip(joined({member, Bytes(zeros)}), 100), content, member.size());
  }
}

TEST_CASE("gzip: anything else after the last member is garbage, with or without padding before it") {
  const Bytes content = bytes_of("content");
  const Bytes member = gzip_member(content);
  for (int first = 1; first < 256; ++first) {
    if (first == 0x1f) continue;
    const Bytes garbage{static_cast<std::uint8_t>(first), 0x1f, 0x8b, 8};
    check_content(read_gzip(joined({member, garbage})), content, member.size(), true);
    check_content(read_gzip(joined({member, Bytes(3), garbage})), content, member.size(), true);
  }
  // The first byte of a member, and then not the second one.
  for (int second = 0; second < 256; ++second) {
    if (second == 0x8b) continue;
    const Bytes garbage{0x1f, static_cast<std::uint8_t>(second)};
    check_content(read_gzip(joined({member, garbage})), content, member.size(), true);
  }
}

TEST_CASE("gzip: a member behind padding is not read, as gzip does not") {
  const Bytes content = bytes_of("content");
  const Bytes member = gzip_member(content);
  check_content(read_gzip(joined({member, Bytes(2), member})), content, member.size(), true);
}

TEST_CASE("gzip: every combination of optional header parts") {
  Random random(5);
  const Bytes content = mixed_content(random, 1000);
  for (int flags = 0; flags < 32; ++flags) {
    CAPTURE(flags);
    GzipParts parts;
    parts.is_text = (flags & 1) != 0;
    parts.has_header_crc = (flags & 2) != 0;
    parts.has_extra = (flags & 4) != 0;
    parts.extra = noise(random, 300);
    parts.has_name = (flags & 8) != 0;
    parts.name = bytes_of("disk.raw");
    parts.has_comment = (flags & 16) != 0;
    parts.comment = bytes_of("a comment");
    const Bytes file = gzip_member(content, parts);
    check_content(read_gzip(file), content, file.size());
    check_content(read_gzip(file, 1, 1), content, file.size());
    // As a second member too, whose first bytes are fed on their own.
    const Bytes two = joined({file, file});
    check_content(read_gzip(two, 3, 100), joined({content, content}), two.size());
  }
}

TEST_CASE("gzip: optional parts of the least and the greatest size") {
  const Bytes content = bytes_of("content");
  GzipParts parts;
  parts.has_extra = parts.has_name = parts.has_comment = parts.has_header_crc = true;
  Bytes file = gzip_member(content, parts);
  check_content(read_gzip(file, 1), content, file.size());
  parts.extra = Bytes(65535, 'e');
  parts.name = Bytes(100000, 'n');
  parts.comment = Bytes(100000, 'c');
  file = gzip_member(content, parts);
  check_content(read_gzip(file, 4096), content, file.size());
}

TEST_CASE("gzip: a call without input or without room changes nothing") {
  const Bytes content = bytes_of("content");
  const Bytes file = gzip_member(content);
  codec::GzipInflater inflater;
  Bytes out(100);
  const codec::GzipInflater::Step idle = inflater.inflate({}, room(out));
  CHECK_EQ(idle.consumed, 0);
  CHECK_EQ(idle.produced, 0);
  // What is empty may have no address.
  std::size_t used = inflater.inflate(view(file), {}).consumed;
  CHECK_LT(used, file.size());
  const codec::GzipInflater::Step rest =
      inflater.inflate(view(file).slice(used, file.size() - used), room(out));
  CHECK_EQ(used + rest.consumed, file.size());
  CHECK_EQ(first_bytes(out, rest.produced), content);
  inflater.finish();
}

TEST_CASE("gzip: engines by name") {
  Random random(7);
  const Bytes content = mixed_content(random, 5000);
  const Bytes file = gzip_member(content);
  for (const codec::EngineFacts& facts : codec::engines()) {
    CAPTURE(facts.name);
    if (facts.engine == codec::Engine::kLibdeflate) continue;
    codec::GzipInflater inflater(codec::make_stream_inflater(facts.engine));
    Bytes out(content.size());
    CHECK_EQ(inflater.inflate(view(file), room(out)).produced, content.size());
    CHECK(out == content);
  }
  CHECK_EQ(code_thrown_by([] { codec::make_stream_inflater(codec::Engine::kLibdeflate); }),
           "ENGINE_UNAVAILABLE");
#ifndef OMIFORGE_HAS_ISAL
  CHECK_EQ(code_thrown_by([] { codec::make_stream_inflater(codec::Engine::kIsal); }), "ENGINE_UNAVAILABLE");
#endif
}

TEST_CASE("gzip: input that only fills the output is left for the next call") {
  Random random(6);
  const Bytes content = mixed_content(random, 5000);
  const Bytes file = gzip_member(content);
  codec::GzipInflater inflater;
  Bytes out(1000);
  Bytes got;
  std::size_t used = 0;
  while (used < file.size()) {
    const codec::GzipInflater::Step step =
        inflater.inflate(view(file).slice(used, file.size() - used), room(out));
    used += step.consumed;
    append(got, first_bytes(out, step.produced));
    if (got.size() < content.size()) CHECK_EQ(step.produced, out.size());
  }
  CHECK(got == content);
}

}  // namespace omiforge::test
