#include "builders/gzip_reader.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "codec/gzip_inflater.h"

namespace omiforge::test {

namespace {

GzipContent read_with(codec::GzipInflater inflater, const Bytes& file, std::size_t in_piece,
                      std::size_t out_piece, std::size_t first_piece) {
  GzipContent result;
  Bytes out(out_piece);
  std::size_t given = 0;
  while (given < file.size()) {
    const std::size_t piece = given == 0 && first_piece != 0 ? first_piece : in_piece;
    const std::size_t end = given + std::min(piece, file.size() - given);
    // A copy of exactly these bytes, so that the sanitizer sees a step beyond them.
    const Bytes in(file.begin() + static_cast<std::ptrdiff_t>(given),
                   file.begin() + static_cast<std::ptrdiff_t>(end));
    for (std::size_t used = 0; used < in.size();) {
      const codec::GzipInflater::Step step =
          inflater.inflate(view(in).slice(used, in.size() - used), room(out));
      REQUIRE_LE(step.consumed, in.size() - used);
      REQUIRE_LE(step.produced, out.size());
      REQUIRE_GT(step.consumed + step.produced, 0);
      used += step.consumed;
      append(result.content, first_bytes(out, step.produced));
    }
    given = end;
  }
  // Output that had no room yet.
  for (std::size_t produced = out.size(); produced == out.size();) {
    produced = inflater.inflate({}, room(out)).produced;
    append(result.content, first_bytes(out, produced));
  }
  inflater.finish();
  result.has_garbage = inflater.has_trailing_garbage();
  result.member_bytes = inflater.member_bytes();
  return result;
}

}  // namespace

GzipContent read_gzip(const Bytes& file, std::size_t in_piece, std::size_t out_piece,
                      std::size_t first_piece) {
  std::optional<GzipContent> by_zlib;
  try {
    by_zlib = read_with(codec::GzipInflater(codec::make_zlib_stream_inflater()), file, in_piece, out_piece,
                        first_piece);
  } catch (const Error&) {
    CHECK_THROWS_AS(read_with(codec::GzipInflater(), file, in_piece, out_piece, first_piece), Error);
  }
  const GzipContent content = read_with(codec::GzipInflater(), file, in_piece, out_piece, first_piece);
  REQUIRE(by_zlib);
  CHECK(content.content == by_zlib->content);
  CHECK_EQ(content.has_garbage, by_zlib->has_garbage);
  CHECK_EQ(content.member_bytes, by_zlib->member_bytes);
  return content;
}

}  // namespace omiforge::test
