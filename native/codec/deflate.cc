#include "codec/deflate.h"

#include <algorithm>
#include <limits>

#include "codec/zlib_library.h"
#include "io/error.h"

namespace omiforge::codec {
namespace {

constexpr int kRawDeflate = -15;  // window of 32 KiB, no wrapper
constexpr int kMemoryLevel = 8;   // zlib's default: more makes no smaller output
// deflateBound assumes that the stream is finished; a flush adds an empty stored block and its alignment.
constexpr std::size_t kFlushBytes = 16;
// What zlib can count at once.
constexpr std::size_t kMostBytes = std::numeric_limits<uInt>::max();

// A deflate stream that is ended on every path.
class DeflateStream {
 public:
  DeflateStream(const ZlibLibrary& zlib, int level) : zlib_(zlib) {
    const int answer = zlib_.deflate_init(&stream_, level, Z_DEFLATED, kRawDeflate, kMemoryLevel,
                                          Z_DEFAULT_STRATEGY, ZLIB_VERSION, static_cast<int>(sizeof stream_));
    if (answer != Z_OK) throw Error(ErrorCode::kInternal, "zlib refused to start: " + std::to_string(answer));
  }
  DeflateStream(const DeflateStream&) = delete;
  DeflateStream& operator=(const DeflateStream&) = delete;
  ~DeflateStream() { zlib_.deflate_end(&stream_); }

  z_stream& stream() { return stream_; }

 private:
  const ZlibLibrary& zlib_;
  z_stream stream_{};
};

}  // namespace

std::size_t deflate_segment_bound(std::size_t length) {
  // Without a stream zlib answers for any setting of it.
  return zlib_library().deflate_bound(nullptr, static_cast<uLong>(length)) + kFlushBytes;
}

std::size_t deflate_segment(ByteView in, int level, MutableBytes out) {
  if (in.size > kMostBytes) {
    throw Error(ErrorCode::kInternal,
                "a segment of " + std::to_string(in.size) + " bytes is too long for zlib");
  }
  const std::size_t room = std::min(out.size, kMostBytes);
  const ZlibLibrary& zlib = zlib_library();
  DeflateStream deflater(zlib, level);
  z_stream& stream = deflater.stream();
  stream.next_in = const_cast<Bytef*>(in.data);
  stream.avail_in = static_cast<uInt>(in.size);
  stream.next_out = out.data;
  stream.avail_out = static_cast<uInt>(room);
  const int answer = zlib.deflate(&stream, Z_FULL_FLUSH);
  if (answer != Z_OK || stream.avail_in != 0 || stream.avail_out == 0) {
    throw Error(ErrorCode::kInternal, "zlib did not deflate a segment: " + std::to_string(answer));
  }
  return room - stream.avail_out;
}

}  // namespace omiforge::codec
