#pragma once

#include <memory>
#include <vector>

#include "codec/gzip_index.h"
#include "codec/stream_inflater.h"
#include "io/aligned_bytes.h"

namespace omiforge::codec {

// Inflates a piece of a gzip file from its beginning on, a part at a time, and proves that it is what the
// index says. GZIP_CORRUPT where it is not.
class PieceInflater {
 public:
  PieceInflater(const Source& file, const GzipPiece& piece);
  PieceInflater(const Source& file, const GzipPiece& piece, std::unique_ptr<StreamInflater> engine);

  const GzipPiece& piece() const { return piece_; }
  // Of the content of the piece, what has been given out.
  std::uint64_t done() const { return done_; }
  bool is_complete() const { return done_ == piece_.content_length; }

  // Fills `out`, which is at most what is left. The last byte is given out only after all of the piece was
  // proved.
  void read(MutableBytes out);

 private:
  void refill();
  void finish();
  [[noreturn]] void fail(const std::string& what) const;

  const Source& file_;
  GzipPiece piece_;
  std::unique_ptr<StreamInflater> engine_;
  AlignedBytes input_;
  std::size_t input_at_ = 0;
  std::size_t input_end_ = 0;
  std::uint64_t taken_ = 0;  // bytes of the deflated form that were read into `input_`
  std::uint64_t done_ = 0;
  std::uint32_t crc_ = 0;
};

}  // namespace omiforge::codec
