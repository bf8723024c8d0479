#include "codec/piece_inflater.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>

#include "builders/deflated.h"
#include "builders/indexed_gzip_file.h"
#include "builders/temporary_folder.h"
#include "builders/thrown.h"

namespace omiforge::test {
namespace {

using codec::GzipPiece;
using codec::PieceInflater;

GzipPiece described(const PieceParts& parts) {
  return {0, parts.content_length, 0, parts.deflated_length, parts.crc, parts.is_zeros};
}

Bytes read_by(std::unique_ptr<codec::StreamInflater> engine, const PieceParts& parts, std::size_t part) {
  const File file = file_with(parts.deflated);
  PieceInflater inflater(file, described(parts), std::move(engine));
  Bytes content(static_cast<std::size_t>(parts.content_length));
  for (std::size_t at = 0; at < content.size(); at += part) {
    inflater.read(room(content).slice(at, std::min(part, content.size() - at)));
  }
  CHECK(inflater.is_complete());
  return content;
}

// By every engine, all at once and in small parts, which must come to the same.
Bytes read_piece(const PieceParts& parts) {
  const Bytes content = read_by(codec::make_stream_inflater(), parts, 1 << 20);
  CHECK(read_by(codec::make_zlib_stream_inflater(), parts, 1 << 20) == content);
  CHECK(read_by(codec::make_stream_inflater(), parts, 7) == content);
  CHECK(read_by(codec::make_zlib_stream_inflater(), parts, 7) == content);
  return content;
}

// Every engine refuses it, in parts of any length.
void check_refused(const PieceParts& parts, const std::string& why = "") {
  for (const std::size_t part : {std::size_t{1} << 20, std::size_t{1}}) {
    for (const bool by_zlib : {false, true}) {
      CAPTURE(part);
      CAPTURE(by_zlib);
      const Thrown error = thrown_by([&] {
        read_by(by_zlib ? codec::make_zlib_stream_inflater() : codec::make_stream_inflater(), parts, part);
      });
      CHECK_EQ(error.code, "GZIP_CORRUPT");
      CHECK(error.says("is not what the index in the gzip header says"));
      if (!error.says(why)) FAIL_CHECK(error.message);
    }
  }
}

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes whole;
  for (const Bytes& part : parts) append(whole, part);
  return whole;
}

const Bytes kEmptyStored{0, 0, 0, 0xff, 0xff};

// What zlib makes of the beginning of a raw deflate stream.
Bytes content_so_far(const Bytes& deflated) {
  z_stream z{};
  REQUIRE_EQ(inflateInit2(&z, -15), Z_OK);
  Bytes content(1 << 16);
  z.next_in = const_cast<Bytef*>(deflated.data());
  z.avail_in = static_cast<uInt>(deflated.size());
  z.next_out = content.data();
  z.avail_out = static_cast<uInt>(content.size());
  inflate(&z, Z_SYNC_FLUSH);
  content.resize(z.total_out);
  inflateEnd(&z);
  return content;
}

}  // namespace

TEST_CASE("piece inflater: pieces of every kind and length") {
  Random random(1);
  for (const std::size_t length : {1u, 2u, 100u, 70'000u, 300'000u}) {
    for (const int level : {0, 1, 6, 9}) {
      const Bytes content = mixed_content(random, length);
      CHECK(read_piece(piece_of(content, level)) == content);
    }
  }
  CHECK(read_piece(zeros_piece(1'000'000)) == Bytes(1'000'000));
}

TEST_CASE("piece inflater: blocks that hold nothing stand anywhere, thousands of them") {
  const PieceParts a = piece_of(bytes_of("content"));
  Bytes empty;
  for (int i = 0; i < 100'000; ++i) append(empty, kEmptyStored);
  CHECK(read_piece(claimed(joined({a.deflated, empty}), bytes_of("content"))) == bytes_of("content"));
  CHECK(read_piece(claimed(joined({empty, a.deflated}), bytes_of("content"))) == bytes_of("content"));
}

TEST_CASE("piece inflater: more or less content than stated, or another") {
  Random random(2);
  const Bytes content = mixed_content(random, 5000);
  for (const int level : {0, 6}) {
    const PieceParts good = piece_of(content, level);
    PieceParts bad = good;
    bad.content_length -= 1;
    check_refused(bad, "it holds more");
    bad.content_length += 2;
    check_refused(bad, "it holds less");
    bad = good;
    bad.crc ^= 1;
    check_refused(bad, "its CRC-32 is another");
  }
}

TEST_CASE("piece inflater: a final block at the end, in the middle or alone") {
  const Bytes content = bytes_of("content of the block");
  const Bytes final_block = deflated(content);
  check_refused(claimed(final_block, content), "it has a final block");
  check_refused(claimed(joined({final_block, kEmptyStored}), content));
  check_refused(claimed(joined({piece_of(content).deflated, {1, 0, 0, 0xff, 0xff}}), content),
                "it has a final block");
  Bytes twice = content;
  append(twice, content);
  check_refused(claimed(joined({final_block, piece_of(content).deflated}), twice));
}

TEST_CASE("piece inflater: bytes from before the piece") {
  // A fixed block: length 3 at distance 1, as the first thing and behind a literal with distance 2.
  const Bytes far_at_once{0x02, 0x02, 0x00};
  check_refused(claimed(joined({far_at_once, kEmptyStored}), Bytes(3)));
  // What zlib deflates after a sync flush, which leaves it what was before.
  Random random(3);
  const Bytes content = noise(random, 2000);
  Bytes twice = content;
  append(twice, content);
  z_stream z{};
  REQUIRE_EQ(deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
  Bytes out(10'000);
  z.next_out = out.data();
  z.avail_out = static_cast<uInt>(out.size());
  z.next_in = const_cast<Bytef*>(content.data());
  z.avail_in = static_cast<uInt>(content.size());
  deflate(&z, Z_SYNC_FLUSH);
  const auto first = static_cast<std::ptrdiff_t>(z.total_out);
  z.next_in = const_cast<Bytef*>(content.data());
  z.avail_in = static_cast<uInt>(content.size());
  deflate(&z, Z_SYNC_FLUSH);
  out.resize(z.total_out);
  deflateEnd(&z);
  CHECK(read_piece(claimed(out, twice)) == twice);
  check_refused(claimed(Bytes(out.begin() + first, out.end()), content));
}

TEST_CASE("piece inflater: cut at every byte it is a piece at the end of a block alone") {
  Random random(4);
  for (const int level : {0, 1, 9}) {
    const Bytes content = mixed_content(random, 700);
    PieceParts two = joined_piece(piece_of(first_bytes(content, 300), level), piece_of(content, level));
    const std::size_t boundary = piece_of(first_bytes(content, 300), level).deflated.size();
    // Before the empty stored block of the flush there may be a boundary too, of which nobody knows where it
    // is.
    for (std::size_t size = 1; size < two.deflated.size(); ++size) {
      const Bytes cut = first_bytes(two.deflated, size);
      const Bytes so_far = content_so_far(cut);
      if (so_far.empty()) continue;
      CAPTURE(size);
      const PieceParts claim = claimed(cut, so_far);
      if (size == boundary) {
        CHECK(read_piece(claim) == so_far);
        continue;
      }
      const Bytes with_end = joined({cut, {1, 0, 0, 0xff, 0xff}});
      Bytes by_zlib;
      try {
        by_zlib = inflated(with_end);
      } catch (const std::runtime_error&) {
        check_refused(claim);
        continue;
      }
      // In front of a stored block of a whole number of bytes.
      CHECK(by_zlib == so_far);
    }
  }
}

// Any reader of the whole file takes what follows such a piece for more of its block.
TEST_CASE("piece inflater: a piece that ends within a block, whatever its codes make of what follows") {
  for (const bool is_final : {true, false}) {
    CAPTURE(is_final);
    Bytes content = bytes_of("abbabab");
    const Bytes block = block_without_end(content, is_final);
    CHECK(content_so_far(block) == content);
    CHECK(content_so_far(joined({block, {0x03, 0x00}})) == content);
    check_refused(claimed(block, content));
  }
}

TEST_CASE("piece inflater: a block that ends within a byte") {
  // A fixed block of the letter 'a' ends after 3 + 8 + 7 bits; the other six of the third byte begin another
  // one.
  const Bytes fixed{0x4a, 0x04, 0x00};
  CHECK(content_so_far(fixed) == bytes_of("a"));
  check_refused(claimed(fixed, bytes_of("a")), "it ends within a block");
  CHECK(read_piece(claimed(joined({fixed, {0, 0, 0xff, 0xff}}), bytes_of("a"))) == bytes_of("a"));
}

TEST_CASE("piece inflater: a file that ends within the piece") {
  PieceParts parts = piece_of(bytes_of("some content"));
  parts.deflated_length += 1;
  CHECK_EQ(code_thrown_by([&] { read_by(codec::make_stream_inflater(), parts, 100); }), "IO_SHORT_READ");
}

}  // namespace omiforge::test
