#include "image/image.h"

#include <cstring>

namespace omiforge {

void Image::read(GuestOffset from, MutableBytes out) {
  std::size_t done = 0;
  while (done < out.size) {
    const Extent extent = next_extent(from + done, out.size - done);
    const MutableBytes part = out.slice(done, static_cast<std::size_t>(extent.length));
    if (extent.reads_as_zeros()) {
      std::memset(part.data, 0, part.size);
    } else {
      read_stored(extent, part);
    }
    done += part.size;
  }
}

}  // namespace omiforge
