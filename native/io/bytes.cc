#include "io/bytes.h"

namespace omiforge {

bool is_zero(ByteView bytes) {
  // A run is zero when its head is and every byte equals the one a head before it: memcmp does the latter at
  // the speed of memory on every platform.
  constexpr std::size_t kHead = 16;
  const std::size_t head = bytes.size < kHead ? bytes.size : kHead;
  for (std::size_t i = 0; i < head; ++i) {
    if (bytes.data[i] != 0) return false;
  }
  return bytes.size <= kHead || std::memcmp(bytes.data, bytes.data + kHead, bytes.size - kHead) == 0;
}

}  // namespace omiforge
