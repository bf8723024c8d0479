#include "codec/raw_inflate.h"

#include "codec/zlib_library.h"
#include "io/error.h"

#ifdef OMIFORGE_HAS_LIBDEFLATE
#include <libdeflate.h>

#include <memory>
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

#ifdef OMIFORGE_HAS_LIBDEFLATE

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
};

// Faster than zlib, but for whole streams only. A decompressor is small: one is made for each cluster.
std::optional<std::size_t> inflate_by_libdeflate(ByteView in, MutableBytes out) {
  const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(
      libdeflate_alloc_decompressor());
  if (!decompressor) throw std::bad_alloc();
  std::size_t used = 0;
  std::size_t written = 0;
  const libdeflate_result result = libdeflate_deflate_decompress_ex(decompressor.get(), in.data, in.size,
                                                                    out.data, out.size, &used, &written);
  if (result != LIBDEFLATE_SUCCESS || written != out.size) return std::nullopt;
  return used;
}

#endif

}  // namespace

bool inflate_exactly(ByteView in, MutableBytes out) {
#ifdef OMIFORGE_HAS_LIBDEFLATE
  if (inflate_by_libdeflate(in, out)) return true;
#endif
  return inflate_by_zlib(in, out).is_full;
}

std::optional<std::size_t> inflate_whole_stream(ByteView in, MutableBytes out) {
#ifdef OMIFORGE_HAS_LIBDEFLATE
  return inflate_by_libdeflate(in, out);
#else
  const Inflated inflated = inflate_by_zlib(in, out);
  if (!inflated.is_full || !inflated.has_ended) return std::nullopt;
  return inflated.used;
#endif
}

}  // namespace omiforge::codec
