#pragma once

#include <vector>

#include "codec/gzip_index.h"

namespace omiforge::codec {

// Proves of pieces that nobody has to read that they are what the index says of them, zeros among them: only
// then the whole file is what any gzip reader makes of it. Runs of zeros are constant patterns, which are
// compared with the first one that was inflated instead of being inflated again.
class PieceProof {
 public:
  explicit PieceProof(const Source& file) : file_(file) {}

  // GZIP_CORRUPT where the piece is something else.
  void prove(const GzipPiece& piece);

 private:
  bool repeats_pattern(const GzipPiece& piece);
  void learn_pattern(const GzipPiece& piece, std::uint64_t length);

  const Source& file_;
  std::vector<std::uint8_t> pattern_;  // the deflated form of a segment of zeros
};

}  // namespace omiforge::codec
