#include "codec/zstd_frames.h"

#include "io/error.h"

#ifdef OMIFORGE_HAS_ZSTD
#include <zstd.h>

#include <new>
#include <string>
#endif

namespace omiforge::codec {

#ifdef OMIFORGE_HAS_ZSTD

bool has_zstd() { return true; }

// Frame by frame with the calls that keep nothing between them: Node may bring along a libzstd of its own,
// and what one library allocates must not get to the other.
std::optional<std::size_t> decompress_zstd_exactly(ByteView in, MutableBytes out) {
  std::size_t read = 0;
  std::size_t written = 0;
  // As qemu does: another frame begins only while bytes are wanted.
  while (written < out.size) {
    const std::size_t frame = ZSTD_findFrameCompressedSize(in.data + read, in.size - read);
    if (ZSTD_isError(frame) != 0) return std::nullopt;
    const std::size_t got = ZSTD_decompress(out.data + written, out.size - written, in.data + read, frame);
    if (ZSTD_isError(got) != 0) return std::nullopt;
    read += frame;
    written += got;
  }
  return read;
}

namespace {

// A context gets to three functions only, which stand in one source file of every libzstd: whichever library
// the linker has found, all three are of it.
class ZstdCompressor final : public ClusterCompressor {
 public:
  explicit ZstdCompressor(int level) : level_(level), context_(ZSTD_createCCtx()) {
    if (!context_) throw std::bad_alloc();
  }

  std::size_t compress(ByteView cluster, MutableBytes out) override {
    const std::size_t length =
        ZSTD_compressCCtx(context_.get(), out.data, out.size, cluster.data, cluster.size, level_);
    return ZSTD_isError(length) != 0 ? 0 : length;
  }

 private:
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  int level_;
  std::unique_ptr<ZSTD_CCtx, Free> context_;
};

}  // namespace

std::unique_ptr<ClusterCompressor> make_zstd_compressor(ZstdSetting setting) {
  if (setting.level < kLeastZstdLevel || setting.level > kMostZstdLevel) {
    throw Error(ErrorCode::kInternal, "level " + std::to_string(setting.level) + " is none of zstd");
  }
  return std::make_unique<ZstdCompressor>(setting.level);
}

#else

namespace {

[[noreturn]] void fail_without_zstd() {
  throw Error(ErrorCode::kEngineUnavailable, "this build has no libzstd; install it and build again");
}

}  // namespace

bool has_zstd() { return false; }

std::optional<std::size_t> decompress_zstd_exactly(ByteView, MutableBytes) { fail_without_zstd(); }

std::unique_ptr<ClusterCompressor> make_zstd_compressor(ZstdSetting) { fail_without_zstd(); }

#endif

}  // namespace omiforge::codec
