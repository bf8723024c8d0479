#include "builders/gzip_reader.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "codec/gzip_inflater.h"

namespace omiforge::test {

GzipContent read_gzip(const Bytes& file, std::size_t in_piece, std::size_t out_piece,
                      std::size_t first_piece) {
  codec::GzipInflater inflater;
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

}  // namespace omiforge::test
