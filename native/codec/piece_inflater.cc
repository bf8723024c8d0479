#include "codec/piece_inflater.h"

#include <algorithm>
#include <string>

#include "codec/crc32.h"
#include "io/error.h"

namespace omiforge::codec {
namespace {

// Few reads, and not much of a cache.
constexpr std::size_t kInputBytes = 256 * 1024;

// A final block of the fixed codes that ends at once (RFC 1951 section 3.2.6). Behind a piece it must be all
// that is left: then the piece has ended at the boundary of a block, and at a byte.
constexpr std::uint8_t kEnd[] = {0x03, 0x00};

}  // namespace

PieceInflater::PieceInflater(const Source& file, const GzipPiece& piece)
    : file_(file),
      piece_(piece),
      engine_(make_stream_inflater()),
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
  // What is left of the piece is the block that ends it, which holds nothing.
  for (bool is_end = false;;) {
    if (input_at_ == input_end_ && !is_end) {
      if (taken_ < piece_.deflated_length) {
        refill();
      } else {
        is_end = true;
        input_.assign(std::begin(kEnd), std::end(kEnd));
        input_at_ = 0;
        input_end_ = input_.size();
      }
    }
    const StreamInflater::Step step =
        engine_->inflate({input_.data() + input_at_, input_end_ - input_at_}, {&beyond, 1});
    input_at_ += step.consumed;
    if (step.produced != 0) fail("it holds more");
    if (step.outcome == StreamInflater::Outcome::kDamaged) fail(engine_->damage());
    if (step.outcome == StreamInflater::Outcome::kEnded) {
      if (!is_end || input_at_ != input_end_ || engine_->surplus().size != 0) fail("it ends elsewhere");
      break;
    }
    if (is_end && input_at_ == input_end_) fail("it does not end with a block");
  }
  if (crc_ != piece_.crc) fail("its CRC-32 is another");
}

void PieceInflater::fail(const std::string& what) const {
  throw Error(ErrorCode::kGzipCorrupt,
              "the piece at byte " + std::to_string(piece_.deflated_begin) +
                  " is not what the index in the gzip header says (" + what + "); the file is damaged",
              file_.path());
}

}  // namespace omiforge::codec
