#ifdef OMIFORGE_HAS_ISAL

#include <isa-l.h>

#include "codec/stream_inflater.h"

namespace omiforge::codec {
namespace {

class IsalStreamInflater final : public StreamInflater {
 public:
  IsalStreamInflater() { isal_inflate_init(state_.get()); }

  Step inflate(ByteView in, MutableBytes out) override {
    state_->next_in = const_cast<std::uint8_t*>(in.data);
    state_->avail_in = static_cast<std::uint32_t>(in.size);
    state_->next_out = out.data;
    state_->avail_out = static_cast<std::uint32_t>(out.size);
    answer_ = isal_inflate(state_.get());
    const Outcome outcome = answer_ < 0                                ? Outcome::kDamaged
                            : state_->block_state == ISAL_BLOCK_FINISH ? Outcome::kEnded
                                                                       : Outcome::kGoesOn;
    return {in.size - state_->avail_in, out.size - state_->avail_out, outcome};
  }

  // It reads ahead by up to eight bytes. What is left of the last byte of the stream is padding.
  Surplus surplus() const override {
    Surplus surplus;
    const auto bits = static_cast<unsigned>(state_->read_in_length);
    const std::uint64_t whole = state_->read_in >> (bits % 8);
    for (; surplus.size < bits / 8; ++surplus.size) {
      surplus.bytes[surplus.size] = static_cast<std::uint8_t>(whole >> (8 * surplus.size));
    }
    return surplus;
  }

  // It takes the beginning of a header as soon as it is asked for one, which may be nothing of it.
  bool is_between_blocks() const override {
    const bool is_before_header = state_->block_state == ISAL_BLOCK_NEW_HDR ||
                                  (state_->block_state == ISAL_BLOCK_HDR && state_->tmp_in_size == 0);
    return is_before_header && state_->read_in_length == 0;
  }

  void reset() override { isal_inflate_reset(state_.get()); }

  const char* damage() const override {
    switch (answer_) {
      case ISAL_INVALID_SYMBOL:
        return "invalid symbol";
      case ISAL_INVALID_LOOKBACK:
        return "invalid distance too far back";
      default:
        return "invalid block";
    }
  }

 private:
  // Some hundred KiB, which is too much for a stack.
  std::unique_ptr<inflate_state> state_ = std::make_unique<inflate_state>();
  int answer_ = ISAL_DECOMP_OK;
};

}  // namespace

std::unique_ptr<StreamInflater> make_isal_stream_inflater() { return std::make_unique<IsalStreamInflater>(); }

}  // namespace omiforge::codec

#endif
