#include "codec/zstd_frames.h"

#ifdef OMIFORGE_HAS_ZSTD
#include <zstd.h>
#else
#include "io/error.h"
#endif

namespace omiforge::codec {

#ifdef OMIFORGE_HAS_ZSTD

bool has_zstd() { return true; }

// Frame by frame with the calls that keep nothing between them: Node may bring along a libzstd of its own,
// and what one library allocates must not get to the other.
bool decompress_zstd_exactly(ByteView in, MutableBytes out) {
  std::size_t read = 0;
  std::size_t written = 0;
  // As qemu does: another frame begins only while bytes are wanted.
  while (written < out.size) {
    const std::size_t frame = ZSTD_findFrameCompressedSize(in.data + read, in.size - read);
    if (ZSTD_isError(frame) != 0) return false;
    const std::size_t got = ZSTD_decompress(out.data + written, out.size - written, in.data + read, frame);
    if (ZSTD_isError(got) != 0) return false;
    read += frame;
    written += got;
  }
  return true;
}

#else

bool has_zstd() { return false; }

bool decompress_zstd_exactly(ByteView, MutableBytes) {
  throw Error(ErrorCode::kEngineUnavailable, "this build has no libzstd; install it and build again");
}

#endif

}  // namespace omiforge::codec
