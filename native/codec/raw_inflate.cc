#include "codec/raw_inflate.h"

#include "codec/zlib_library.h"
#include "io/error.h"

#ifdef OMIFORGE_HAS_LIBDEFLATE
#include <libdeflate.h>

#include <new>
#endif

namespace omiforge::codec {
namespace {

struct Inflated {
  bool is_full = false;  // the output, without a fault on the way
  bool has_ended = false;
  std::size_t used = 0;
};

Inflated inflate_by_zlib(ByteView in, MutableBytes out) {
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
  zlib.inflate_end(&stream);
  // Z_BUF_ERROR with a full output: the stream goes on, or its end marker was left out. Writers do that.
  const bool is_sound = answer == Z_STREAM_END || answer == Z_BUF_ERROR || answer == Z_OK;
  return {is_sound && stream.avail_out == 0, answer == Z_STREAM_END, in.size - stream.avail_in};
}

}  // namespace

#ifdef OMIFORGE_HAS_LIBDEFLATE

// Faster than zlib, but for whole streams only.
struct RawInflater::Engine {
  struct Free {
    void operator()(libdeflate_decompressor* engine) const { libdeflate_free_decompressor(engine); }
  };
  std::unique_ptr<libdeflate_decompressor, Free> libdeflate{libdeflate_alloc_decompressor()};
};

std::optional<std::size_t> RawInflater::inflate_whole_stream(ByteView in, MutableBytes out) {
  if (!engine_) engine_ = std::make_unique<Engine>();
  if (!engine_->libdeflate) throw std::bad_alloc();
  std::size_t used = 0;
  std::size_t written = 0;
  const libdeflate_result result = libdeflate_deflate_decompress_ex(
      engine_->libdeflate.get(), in.data, in.size, out.data, out.size, &used, &written);
  if (result != LIBDEFLATE_SUCCESS || written != out.size) return std::nullopt;
  return used;
}

#else

struct RawInflater::Engine {};

std::optional<std::size_t> RawInflater::inflate_whole_stream(ByteView in, MutableBytes out) {
  const Inflated inflated = inflate_by_zlib(in, out);
  if (!inflated.is_full || !inflated.has_ended) return std::nullopt;
  return inflated.used;
}

#endif

bool RawInflater::inflate_exactly(ByteView in, MutableBytes out) {
  return inflate_whole_stream(in, out) || inflate_by_zlib(in, out).is_full;
}

RawInflater::RawInflater() = default;
RawInflater::~RawInflater() = default;

}  // namespace omiforge::codec
