#include "codec/raw_inflate.h"

#include "codec/zlib_library.h"
#include "io/error.h"

namespace omiforge::codec {

bool inflate_exactly(ByteView in, MutableBytes out) {
  constexpr int kRawInflate = -15;
  const ZlibLibrary& zlib = zlib_library();
  z_stream stream{};
  if (zlib.inflate_init(&stream, kRawInflate, ZLIB_VERSION, static_cast<int>(sizeof stream)) != Z_OK) {
    throw Error(ErrorCode::kInternal, "zlib refused to start");
  }
  stream.next_in = const_cast<Bytef*>(in.data);
  stream.avail_in = static_cast<uInt>(in.size);
  stream.next_out = out.data;
  stream.avail_out = static_cast<uInt>(out.size);
  const int answer = zlib.inflate(&stream, Z_FINISH);
  const bool full = stream.avail_out == 0;
  zlib.inflate_end(&stream);
  // Z_BUF_ERROR with a full output: the stream goes on, or its end marker was left out. Writers do that.
  return full && (answer == Z_STREAM_END || answer == Z_BUF_ERROR || answer == Z_OK);
}

}  // namespace omiforge::codec
