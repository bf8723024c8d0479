#include "codec/raw_inflate.h"

#include "codec/zlib_library.h"
#include "io/error.h"

#ifdef OMIFORGE_HAS_LIBDEFLATE
#include <libdeflate.h>
#endif

namespace omiforge::codec {
namespace {

bool inflate_by_zlib(ByteView in, MutableBytes out) {
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

}  // namespace

#ifdef OMIFORGE_HAS_LIBDEFLATE

struct RawInflater::Engine {
  struct Free {
    void operator()(libdeflate_decompressor* engine) const { libdeflate_free_decompressor(engine); }
  };
  std::unique_ptr<libdeflate_decompressor, Free> libdeflate{libdeflate_alloc_decompressor()};
};

bool RawInflater::inflate_exactly(ByteView in, MutableBytes out) {
  if (!engine_) engine_ = std::make_unique<Engine>();
  if (!engine_->libdeflate) throw std::bad_alloc();
  std::size_t used = 0;
  std::size_t produced = 0;
  const libdeflate_result answer = libdeflate_deflate_decompress_ex(
      engine_->libdeflate.get(), in.data, in.size, out.data, out.size, &used, &produced);
  if (answer == LIBDEFLATE_SUCCESS) return produced == out.size;
  // It says nothing of a stream that goes on when the output is full; zlib does.
  return inflate_by_zlib(in, out);
}

#else

struct RawInflater::Engine {};

bool RawInflater::inflate_exactly(ByteView in, MutableBytes out) { return inflate_by_zlib(in, out); }

#endif

RawInflater::RawInflater() = default;
RawInflater::~RawInflater() = default;

}  // namespace omiforge::codec
