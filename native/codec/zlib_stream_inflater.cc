#include "codec/stream_inflater.h"
#include "codec/zlib_library.h"
#include "io/error.h"

namespace omiforge::codec {
namespace {

constexpr int kRawInflate = -15;  // window of 32 KiB, no wrapper

// What `data_type` of a stream tells after a call with Z_BLOCK.
constexpr int kUnusedBits = 0x3f;
constexpr int kInLastBlock = 64;
constexpr int kBehindBlock = 128;

class ZlibStreamInflater final : public StreamInflater {
 public:
  ZlibStreamInflater() : zlib_(zlib_library()) {
    if (zlib_.inflate_init(&stream_, kRawInflate, ZLIB_VERSION, static_cast<int>(sizeof stream_)) != Z_OK) {
      throw Error(ErrorCode::kInternal, "zlib refused to start");
    }
  }
  ZlibStreamInflater(const ZlibStreamInflater&) = delete;
  ZlibStreamInflater& operator=(const ZlibStreamInflater&) = delete;
  ~ZlibStreamInflater() override { zlib_.inflate_end(&stream_); }

  Step inflate(ByteView in, MutableBytes out) override {
    // zlib wants an address even where there is no room.
    std::uint8_t nothing = 0;
    stream_.next_in = const_cast<Bytef*>(in.data);
    stream_.avail_in = static_cast<uInt>(in.size);
    stream_.next_out = out.size == 0 ? &nothing : out.data;
    stream_.avail_out = static_cast<uInt>(out.size);
    const int answer = inflate_blocks();
    const Outcome outcome = answer == Z_STREAM_END                    ? Outcome::kEnded
                            : answer == Z_OK || answer == Z_BUF_ERROR ? Outcome::kGoesOn
                                                                      : Outcome::kDamaged;
    const Step step{in.size - stream_.avail_in, out.size - stream_.avail_out, outcome};
    // A call that does nothing only makes zlib forget where it stands.
    if (step.consumed + step.produced != 0) is_between_blocks_ = stands_between_blocks();
    return step;
  }

  Surplus surplus() const override { return {}; }
  bool is_between_blocks() const override { return is_between_blocks_; }

  void reset() override {
    zlib_.inflate_reset(&stream_);
    is_between_blocks_ = true;
  }

  const char* damage() const override { return stream_.msg != nullptr ? stream_.msg : "invalid data"; }

 private:
  // With Z_BLOCK zlib stops behind each block, as only then it tells that it stands there.
  int inflate_blocks() {
    int answer = Z_OK;
    bool goes_on = true;
    while (goes_on) {
      answer = zlib_.inflate(&stream_, Z_BLOCK);
      const bool is_last = (stream_.data_type & kInLastBlock) != 0;
      goes_on =
          answer == Z_OK && (stream_.data_type & kBehindBlock) != 0 && (stream_.avail_in > 0 || is_last);
    }
    return answer;
  }

  bool stands_between_blocks() const {
    return (stream_.data_type & (kBehindBlock | kInLastBlock | kUnusedBits)) == kBehindBlock;
  }

  const ZlibLibrary& zlib_;
  z_stream stream_{};
  bool is_between_blocks_ = true;
};

}  // namespace

std::unique_ptr<StreamInflater> make_zlib_stream_inflater() { return std::make_unique<ZlibStreamInflater>(); }

}  // namespace omiforge::codec
