#include "codec/stream_inflater.h"
#include "codec/zlib_library.h"
#include "io/error.h"

namespace omiforge::codec {
namespace {

constexpr int kRawInflate = -15;  // window of 32 KiB, no wrapper

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
    const int answer = zlib_.inflate(&stream_, Z_NO_FLUSH);
    const Outcome outcome = answer == Z_STREAM_END                    ? Outcome::kEnded
                            : answer == Z_OK || answer == Z_BUF_ERROR ? Outcome::kGoesOn
                                                                      : Outcome::kDamaged;
    return {in.size - stream_.avail_in, out.size - stream_.avail_out, outcome};
  }

  Surplus surplus() const override { return {}; }
  void reset() override { zlib_.inflate_reset(&stream_); }
  const char* damage() const override { return stream_.msg != nullptr ? stream_.msg : "invalid data"; }

 private:
  const ZlibLibrary& zlib_;
  z_stream stream_{};
};

}  // namespace

std::unique_ptr<StreamInflater> make_zlib_stream_inflater() { return std::make_unique<ZlibStreamInflater>(); }

#ifndef OMIFORGE_HAS_ISAL
std::unique_ptr<StreamInflater> make_stream_inflater() { return make_zlib_stream_inflater(); }
#endif

}  // namespace omiforge::codec
