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
  std::size_t done = 0;
  while (done < out.size) {
    const std::uint64_t at = offset + done;
    const GzipPiece& piece = index_.piece_at(at);
    std::uint64_t end = piece.content_end();
    const MutableBytes rest = out.slice(done, out.size - done);
    if (piece.is_zeros) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(rest.size, end - at));
      std::fill_n(rest.data, count, std::uint8_t{0});
      done += count;
      continue;
    }
    load(piece, at - piece.content_begin);
    end = part_begin_ + part_.size();
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(rest.size, end - at));
    std::memcpy(rest.data, part_.data() + (at - part_begin_), count);
    done += count;
  }
}

// Has the part that holds the byte `within` the piece in memory.
void IndexedGzip::load(const GzipPiece& piece, std::uint64_t within) const {
  const std::uint64_t at = piece.content_begin + within;
  if (open_ && at >= part_begin_ && at < part_begin_ + part_.size()) return;
  const bool goes_on =
      open_ && open_->piece().content_begin == piece.content_begin && open_->done() <= within;
  if (!goes_on) open_ = std::make_unique<PieceInflater>(file_, piece);
  do {
    part_begin_ = piece.content_begin + open_->done();
    part_.resize(static_cast<std::size_t>(std::min(kPartBytes, piece.content_end() - part_begin_)));
    try {
      open_->read({part_.data(), part_.size()});
    } catch (...) {
      open_.reset();
      throw;
    }
  } while (at >= part_begin_ + part_.size());
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
