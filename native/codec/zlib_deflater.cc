#include <algorithm>
#include <limits>

#include "codec/deflate_engines.h"
#include "codec/zlib_library.h"
#include "io/error.h"

namespace omiforge::codec {
namespace {

constexpr int kRawDeflate = -15;  // window of 32 KiB, no wrapper
constexpr int kMemoryLevel = 8;   // zlib's default: more makes no smaller output
// deflateBound assumes that the stream is finished; a flush adds an empty stored block and its alignment.
// Level 0 of some versions needs more than it says: a header for each stored block of 16 KiB.
constexpr std::size_t kFlushBytes = 64;
// What zlib can count at once.
constexpr std::size_t kMostBytes = std::numeric_limits<uInt>::max();

class ZlibDeflater final : public Deflater {
 public:
  explicit ZlibDeflater(int level) : zlib_(zlib_library()) {
    const int answer = zlib_.deflate_init(&stream_, level, Z_DEFLATED, kRawDeflate, kMemoryLevel,
                                          Z_DEFAULT_STRATEGY, ZLIB_VERSION, static_cast<int>(sizeof stream_));
    if (answer != Z_OK) throw Error(ErrorCode::kInternal, "zlib refused to start: " + std::to_string(answer));
  }
  ZlibDeflater(const ZlibDeflater&) = delete;
  ZlibDeflater& operator=(const ZlibDeflater&) = delete;
  ~ZlibDeflater() override { zlib_.deflate_end(&stream_); }

  std::size_t deflate_piece(ByteView in, MutableBytes out) override {
    const int answer = deflate(in, out, Z_FULL_FLUSH);
    // Exactly full does not tell whether the flush is complete.
    if (answer != Z_OK || stream_.avail_in != 0 || stream_.avail_out == 0) {
      throw Error(ErrorCode::kInternal, "zlib did not deflate a segment: " + std::to_string(answer));
    }
    return written(out);
  }

  std::size_t deflate_stream(ByteView in, MutableBytes out) override {
    return deflate(in, out, Z_FINISH) == Z_STREAM_END ? written(out) : 0;
  }

 private:
  int deflate(ByteView in, MutableBytes out, int flush) {
    if (in.size > kMostBytes) {
      throw Error(ErrorCode::kInternal,
                  "a segment of " + std::to_string(in.size) + " bytes is too long for zlib");
    }
    zlib_.deflate_reset(&stream_);
    // zlib wants an address even where there is no room.
    std::uint8_t nothing = 0;
    stream_.next_in = const_cast<Bytef*>(in.data);
    stream_.avail_in = static_cast<uInt>(in.size);
    stream_.next_out = out.size == 0 ? &nothing : out.data;
    stream_.avail_out = room(out);
    return zlib_.deflate(&stream_, flush);
  }

  static uInt room(MutableBytes out) { return static_cast<uInt>(std::min(out.size, kMostBytes)); }
  std::size_t written(MutableBytes out) const { return room(out) - stream_.avail_out; }

  const ZlibLibrary& zlib_;
  z_stream stream_{};
};

}  // namespace

EngineFacts zlib_facts() { return {Engine::kZlib, "zlib", zlib_library().version(), 0, 9}; }

std::unique_ptr<Deflater> make_zlib_deflater(int level) { return std::make_unique<ZlibDeflater>(level); }

std::size_t zlib_bound(std::size_t length) {
  // Without a stream zlib answers for any setting of it.
  return zlib_library().deflate_bound(nullptr, static_cast<uLong>(length)) + kFlushBytes;
}

}  // namespace omiforge::codec
