#pragma once

#ifdef OMIFORGE_HAS_ZSTD

#include <zstd.h>

#include <stdexcept>

#include "builders/bytes.h"

namespace omiforge::test {

// One zstd frame, by libzstd itself and not by way of the core.
inline Bytes zstd_frame(const Bytes& content, int level = 3) {
  Bytes frame(ZSTD_compressBound(content.size()));
  const std::size_t length = ZSTD_compress(frame.data(), frame.size(), content.data(), content.size(), level);
  if (ZSTD_isError(length) != 0) throw std::runtime_error("ZSTD_compress failed");
  frame.resize(length);
  return frame;
}

}  // namespace omiforge::test

#endif
