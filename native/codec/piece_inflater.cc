#include "codec/piece_inflater.h"

#include <algorithm>
#include <string>
#include <utility>

#include "codec/crc32.h"
#include "io/error.h"

namespace omiforge::codec {
namespace {

// Few reads, and not much of a cache.
constexpr std::size_t kInputBytes = 256 * 1024;

}  // namespace

PieceInflater::PieceInflater(const Source& file, const GzipPiece& piece)
    : PieceInflater(file, piece, make_stream_inflater()) {}

PieceInflater::PieceInflater(const Source& file, const GzipPiece& piece,
                             std::unique_ptr<StreamInflater> engine)
    : file_(file),
      piece_(piece),
      engine_(std::move(engine)),
      input_(static_cast<std::size_t>(std::min<std::uint64_t>(kInputBytes, piece.deflated_length))) {}

void PieceInflater::read(MutableBytes out) {
  std::size_t produced = 0;
  while (produced < out.size) {
    if (input_at_ == input_end_) refill();
    const StreamInflater::Step step = engine_->inflate({input_.data() + input_at_, input_end_ - input_at_},
                                                       out.slice(produced, out.size - produced));
    input_at_ += step.consumed;
    produced += step.produced;
    if (step.outcome == StreamInflater::Outcome::kDamaged) fail(engine_->damage());
    if (step.outcome == StreamInflater::Outcome::kEnded) fail("it has a final block");
    if (step.produced == 0 && step.consumed == 0 && input_at_ < input_end_) fail("it does not go on");
    const bool is_used_up = input_at_ == input_end_ && taken_ == piece_.deflated_length;
    if (is_used_up && step.produced == 0 && produced < out.size) fail("it holds less");
  }
  crc_ = crc32(out, crc_);
  done_ += out.size;
  if (is_complete()) finish();
}

void PieceInflater::refill() {
  const std::uint64_t left = piece_.deflated_length - taken_;
  input_at_ = 0;
  input_end_ = static_cast<std::size_t>(std::min<std::uint64_t>(input_.size(), left));
  file_.read(piece_.deflated_begin + taken_, {input_.data(), input_end_});
  taken_ += input_end_;
}

void PieceInflater::finish() {
  std::uint8_t beyond = 0;
  // What is left of the piece are blocks that hold nothing. The last call is one without input, as output may
  // have been held back.
  for (bool is_last = false; !is_last;) {
    if (input_at_ == input_end_ && taken_ < piece_.deflated_length) refill();
    is_last = input_at_ == input_end_;
    const StreamInflater::Step step =
        engine_->inflate({input_.data() + input_at_, input_end_ - input_at_}, {&beyond, 1});
    input_at_ += step.consumed;
    if (step.produced != 0) fail("it holds more");
    if (step.outcome == StreamInflater::Outcome::kDamaged) fail(engine_->damage());
    if (step.outcome == StreamInflater::Outcome::kEnded) fail("it has a final block");
    if (step.consumed == 0 && !is_last) fail("it does not go on");
  }
  // To any other reader what follows would be more of the block. No bytes that are appended could tell: they
  // would be read by the codes of the block.
  if (!engine_->is_between_blocks()) fail("it ends within a block");
  if (crc_ != piece_.crc) fail("its CRC-32 is another");
}

void PieceInflater::fail(const std::string& what) const {
  throw Error(ErrorCode::kGzipCorrupt,
              "the piece at byte " + std::to_string(piece_.deflated_begin) +
                  " is not what the index in the gzip header says (" + what + "); the file is damaged",
              file_.path());
}

}  // namespace omiforge::codec
