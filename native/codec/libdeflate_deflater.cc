#ifdef OMIFORGE_HAS_LIBDEFLATE

#include <libdeflate.h>

#include "codec/deflate_engines.h"
#include "codec/final_block.h"
#include "io/error.h"

namespace omiforge::codec {
namespace {

// libdeflate's densest level.
constexpr int kMostLevel = 12;

// An empty stored block at a byte boundary (RFC 1951 section 3.2.4): its length and the complement of it.
constexpr std::uint8_t kEmptyBlock[] = {0x00, 0x00, 0x00, 0xff, 0xff};

class LibdeflateDeflater final : public Deflater {
 public:
  explicit LibdeflateDeflater(int level) : compressor_(libdeflate_alloc_compressor(level)) {
    if (!compressor_) throw std::bad_alloc();
  }

  // It only makes whole streams. The final bit is taken from the last block, and the empty stored block
  // begins in the byte in which that block ends, or behind it where fewer than three bits are left of it.
  std::size_t deflate_piece(ByteView in, MutableBytes out) override {
    const std::size_t length =
        out.size < sizeof kEmptyBlock ? 0 : deflate_stream(in, out.slice(0, out.size - sizeof kEmptyBlock));
    if (length == 0) throw Error(ErrorCode::kInternal, "libdeflate did not deflate a segment");
    const StreamEnd end = find_stream_end(out.slice(0, length));
    out.data[end.final_bit / 8] =
        static_cast<std::uint8_t>(out.data[end.final_bit / 8] & ~(1u << end.final_bit % 8));
    // The padding is zeros, which is the type of a stored block that is not final.
    constexpr std::uint64_t kHeaderBits = 3;
    const std::size_t joint = static_cast<std::size_t>((end.end_bit + kHeaderBits + 7) / 8);
    if (joint > length) out.data[length] = 0;
    std::memcpy(out.data + joint, kEmptyBlock + 1, sizeof kEmptyBlock - 1);
    return joint + sizeof kEmptyBlock - 1;
  }

  std::size_t deflate_stream(ByteView in, MutableBytes out) override {
    return libdeflate_deflate_compress(compressor_.get(), in.data, in.size, out.data, out.size);
  }

 private:
  struct Free {
    void operator()(libdeflate_compressor* compressor) const { libdeflate_free_compressor(compressor); }
  };
  std::unique_ptr<libdeflate_compressor, Free> compressor_;
};

}  // namespace

EngineFacts libdeflate_facts() {
  return {Engine::kLibdeflate, "libdeflate", LIBDEFLATE_VERSION_STRING, 0, kMostLevel};
}

std::unique_ptr<Deflater> make_libdeflate_deflater(int level) {
  return std::make_unique<LibdeflateDeflater>(level);
}

}  // namespace omiforge::codec

#endif
