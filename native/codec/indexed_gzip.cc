#include "codec/indexed_gzip.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "io/error.h"

namespace omiforge::codec {
namespace {

// As long as a segment, which is how long pieces are when there are not too many for the index.
constexpr std::uint64_t kPartBytes = 4 * 1024 * 1024;
// What is wanted in order and in such runs goes where it is wanted, and is not kept.
constexpr std::size_t kLeastDirectBytes = 64 * 1024;

GzipIndex find_index(const Source& file) {
  std::optional<GzipIndex> index = GzipIndex::find(file);
  if (index) return *std::move(index);
  throw Error(ErrorCode::kGzipCorrupt, "has no index of its gzip data; it must not change while it is read",
              file.path());
}

}  // namespace

IndexedGzip::IndexedGzip(File file) : file_(std::move(file)), index_(find_index(file_)) {}

void IndexedGzip::read(std::uint64_t offset, MutableBytes out) const {
  if (!range_fits(offset, out.size, size())) {
    throw Error(ErrorCode::kIoShortRead, "its content ends at byte " + std::to_string(size()), path());
  }
  for (std::size_t done = 0; done < out.size;) {
    done += read_some(offset + done, out.slice(done, out.size - done));
  }
}

// Fills the beginning of `out` with the content from `at` on, and returns how much of it.
std::size_t IndexedGzip::read_some(std::uint64_t at, MutableBytes out) const {
  const GzipPiece& piece = index_.piece_at(at);
  const std::uint64_t within = at - piece.content_begin;
  const MutableBytes wanted =
      out.slice(0, static_cast<std::size_t>(std::min<std::uint64_t>(out.size, piece.content_end() - at)));
  if (piece.is_zeros) {
    std::fill_n(wanted.data, wanted.size, std::uint8_t{0});
    return wanted.size;
  }
  if (!is_in_part(at)) {
    open(piece, within);
    if (open_->done() == within && wanted.size >= kLeastDirectBytes) {
      inflate(wanted);
      return wanted.size;
    }
    load_part(piece, at);
  }
  const auto in_part = static_cast<std::size_t>(at - part_begin_);
  const std::size_t count = std::min(wanted.size, part_.size() - in_part);
  std::memcpy(wanted.data, part_.data() + in_part, count);
  return count;
}

bool IndexedGzip::is_in_part(std::uint64_t at) const {
  return at >= part_begin_ && at < part_begin_ + part_.size();
}

// Has the piece open so that the byte `within` it is still to come.
void IndexedGzip::open(const GzipPiece& piece, std::uint64_t within) const {
  const bool goes_on =
      open_ && open_->piece().content_begin == piece.content_begin && open_->done() <= within;
  if (!goes_on) open_ = std::make_unique<PieceInflater>(file_, piece);
}

// Has the part of the piece that is open which holds the byte `at` in memory.
void IndexedGzip::load_part(const GzipPiece& piece, std::uint64_t at) const {
  do {
    part_begin_ = piece.content_begin + open_->done();
    part_.resize(static_cast<std::size_t>(std::min(kPartBytes, piece.content_end() - part_begin_)));
    inflate({part_.data(), part_.size()});
  } while (!is_in_part(at));
}

void IndexedGzip::inflate(MutableBytes out) const {
  try {
    open_->read(out);
  } catch (...) {
    open_.reset();
    part_.clear();
    throw;
  }
}

std::uint64_t IndexedGzip::next_data(std::uint64_t from) const {
  while (from < size()) {
    const GzipPiece& piece = index_.piece_at(from);
    if (!piece.is_zeros) return from;
    from = piece.content_end();
  }
  return size();
}

FileRun IndexedGzip::run_at(std::uint64_t offset) const {
  if (offset >= size()) return {offset, std::numeric_limits<std::uint64_t>::max(), true};
  const bool is_hole = index_.piece_at(offset).is_zeros;
  const std::vector<GzipPiece>& pieces = index_.pieces();
  const GzipPiece* last = &index_.piece_at(offset);
  while (last != &pieces.back() && (last + 1)->is_zeros == is_hole) ++last;
  return {offset, last->content_end(), is_hole};
}

}  // namespace omiforge::codec
