#pragma once

#include <memory>
#include <vector>

#include "codec/gzip_index.h"
#include "codec/piece_inflater.h"
#include "io/file.h"

namespace omiforge::codec {

// The content of a gzip file that has an index, read at any offset. Runs of zeros are holes. Pieces are
// inflated from their beginning on, so that a range is best read in order; of what is read in small bits the
// last part is kept. Not thread-safe.
class IndexedGzip final : public Source {
 public:
  // GZIP_CORRUPT where the file has no index (any more).
  explicit IndexedGzip(File file);

  const GzipIndex& index() const { return index_; }
  const File& file() const { return file_; }

  // Of the content, as all that follows.
  std::uint64_t size() const override { return index_.content_length(); }
  const std::string& path() const override { return file_.path(); }
  FileIdentity identity() const override { return file_.identity(); }
  void read(std::uint64_t offset, MutableBytes out) const override;
  std::uint64_t next_data(std::uint64_t from) const override;
  FileRun run_at(std::uint64_t offset) const override;

 private:
  std::size_t read_some(std::uint64_t at, MutableBytes out) const;
  bool is_in_part(std::uint64_t at) const;
  void open(const GzipPiece& piece, std::uint64_t within) const;
  void load_part(const GzipPiece& piece, std::uint64_t at) const;
  void inflate(MutableBytes out) const;

  File file_;
  GzipIndex index_;
  // The piece that is being read, and a part of the content of one.
  mutable std::unique_ptr<PieceInflater> open_;
  mutable std::vector<std::uint8_t> part_;
  mutable std::uint64_t part_begin_ = 0;  // in the content of the file
};

}  // namespace omiforge::codec
