#include "builders/indexed_gzip_file.h"
#include "seeds/seeds.h"

namespace omiforge::fuzz {

using test::Bytes;
using test::bytes_of;

Seeds index_seeds() {
  test::Random random(1);
  const test::PieceParts data = test::piece_of(test::mixed_content(random, 700));
  const test::PieceParts zeros = test::zeros_piece(5000);
  Bytes letters = bytes_of("abba");
  const Bytes open_block = test::block_without_end(letters, false);
  Seeds seeds;
  seeds["one"] = test::indexed_gzip_file({data});
  seeds["zeros"] = test::indexed_gzip_file({zeros, data, zeros});
  seeds["joined"] = test::indexed_gzip_file({test::joined_piece(data, zeros), data});
  seeds["stored"] = test::indexed_gzip_file({test::piece_of(bytes_of("stored"), 0), data});
  seeds["open-block"] = test::indexed_gzip_file({test::claimed(open_block, letters), data});
  test::IndexParts parts;
  parts.count = 2;
  seeds["count"] = test::indexed_gzip_file({data, zeros, data}, parts);
  // The target takes its numbers from the end: the file as it is.
  for (auto& [name, file] : seeds) file.push_back(0);
  return seeds;
}

}  // namespace omiforge::fuzz
