#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <stdexcept>

#include "builders/deflated.h"
#include "builders/indexed_gzip_file.h"
#include "codec/indexed_gzip.h"
#include "codec/piece_proof.h"
#include "support/memory_file.h"
#include "support/rules.h"

// The index of a gzip file, whatever it says: where all pieces are what it says of them, the file holds what
// zlib makes of it, and otherwise there is an error.
namespace omiforge::fuzz {
namespace {

using test::Bytes;

// A few KiB of deflate may hold many MiB.
constexpr std::uint64_t kMostContent = 1 << 20;
constexpr std::size_t kTrailerBytes = 8;

Bytes some_bytes(FuzzedDataProvider& choices, std::size_t most) {
  return choices.ConsumeBytes<std::uint8_t>(choices.ConsumeIntegralInRange<std::size_t>(0, most));
}

// A piece that tells the truth, or any bytes that may begin like a good one.
test::PieceParts some_piece(FuzzedDataProvider& choices) {
  switch (choices.ConsumeIntegralInRange(0, 4)) {
    case 0:
      return test::zeros_piece(1 + choices.ConsumeIntegral<std::uint16_t>());
    case 1: {
      Bytes content = some_bytes(choices, 20);
      for (std::uint8_t& byte : content) byte = byte % 2 == 0 ? 'a' : 'b';
      const Bytes block = test::block_without_end(content, choices.ConsumeBool());
      return test::claimed(block, content);
    }
    case 2: {
      const Bytes deflated = some_bytes(choices, 64);
      return test::claimed(deflated, some_bytes(choices, 16));
    }
    default:
      return test::piece_of(some_bytes(choices, 200), choices.ConsumeIntegralInRange(0, 9));
  }
}

// Chance does not meet a CRC-32, so the index is put together from true claims, and the lies are few.
Bytes put_together(FuzzedDataProvider& choices) {
  std::vector<test::PieceParts> pieces;
  while (choices.remaining_bytes() > 4 && pieces.size() < 20) {
    test::PieceParts piece = some_piece(choices);
    const int joined = choices.ConsumeIntegralInRange(0, 3);
    if (joined == 0) piece = test::joined_piece(piece, some_piece(choices));
    if (joined == 1) piece.is_zeros = choices.ConsumeBool();
    pieces.push_back(piece);
  }
  test::IndexParts parts;
  if (choices.ConsumeBool()) parts.behind_pieces = some_bytes(choices, 16);
  return test::indexed_gzip_file(pieces, parts);
}

// All of the content by way of the index, as a conversion takes it.
Bytes read_by_index(const File& file, bool backwards) {
  const codec::IndexedGzip gzip(File::open_read(file.path()));
  codec::PieceProof proof(gzip.file());
  Bytes content(static_cast<std::size_t>(gzip.size()));
  std::vector<codec::GzipPiece> pieces = gzip.index().pieces();
  if (backwards) std::reverse(pieces.begin(), pieces.end());
  for (const codec::GzipPiece& piece : pieces) {
    if (piece.is_zeros) proof.prove(piece);
    const auto begin = static_cast<std::size_t>(piece.content_begin);
    const auto length = static_cast<std::size_t>(piece.content_length);
    gzip.read(piece.content_begin, test::room(content).slice(begin, length));
  }
  return content;
}

void require_what_zlib_reads(const Bytes& file, std::size_t data_begin, const Bytes& content) {
  const Bytes stream(file.begin() + static_cast<std::ptrdiff_t>(data_begin),
                     file.end() - static_cast<std::ptrdiff_t>(kTrailerBytes));
  Bytes expected;
  try {
    expected = test::inflated(stream);
  } catch (const std::runtime_error&) {
    broken("what was proved is one whole deflate stream to zlib");
  }
  require(content == expected, "what was proved is what zlib reads");
}

void check(const MemoryFile& memory, const Bytes& bytes) {
  const File file = memory.open();
  const std::optional<codec::GzipIndex> index = codec::GzipIndex::find(file);
  if (!index || index->content_length() > kMostContent) return;
  Bytes content;
  try {
    content = read_by_index(file, false);
  } catch (const Error& error) {
    require(error.code() == ErrorCode::kGzipCorrupt, "a lie of the index is a damage of the file");
    return;
  }
  require(read_by_index(file, true) == content, "backwards there are the same bytes");
  require_what_zlib_reads(bytes, static_cast<std::size_t>(index->pieces()[0].deflated_begin), content);
}

}  // namespace
}  // namespace omiforge::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace omiforge;
  static fuzz::MemoryFile memory;
  // Numbers are taken from the end of the input, so that it may be a gzip file from its beginning on.
  FuzzedDataProvider choices(data, size);
  const bool is_as_given = choices.ConsumeIntegral<std::uint8_t>() % 4 == 0;
  const test::Bytes file =
      is_as_given ? choices.ConsumeRemainingBytes<std::uint8_t>() : fuzz::put_together(choices);
  memory.replace(test::view(file));
  fuzz::check(memory, file);
  return 0;
}
