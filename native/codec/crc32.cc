#include "codec/crc32.h"

#ifdef OMIFORGE_HAS_ISAL
#include <isa-l.h>
#endif

#include "codec/zlib_library.h"

namespace omiforge::codec {

#ifdef OMIFORGE_HAS_ISAL

std::uint32_t crc32(ByteView bytes, std::uint32_t before) {
  return crc32_gzip_refl(before, bytes.data, bytes.size);
}

#else

std::uint32_t crc32(ByteView bytes, std::uint32_t before) {
  const ZlibLibrary& zlib = zlib_library();
  // zlib counts in 32 bits.
  constexpr std::size_t kMost = std::size_t{1} << 30;
  uLong crc = before;
  for (std::size_t done = 0; done < bytes.size;) {
    const std::size_t count = bytes.size - done < kMost ? bytes.size - done : kMost;
    crc = zlib.crc32(crc, bytes.data + done, static_cast<uInt>(count));
    done += count;
  }
  return static_cast<std::uint32_t>(crc);
}

#endif

std::uint32_t combine_crc32(std::uint32_t crc_a, std::uint32_t crc_b, std::uint64_t length_b) {
  return static_cast<std::uint32_t>(
      zlib_library().crc32_combine_64(crc_a, crc_b, static_cast<z_off64_t>(length_b)));
}

std::uint32_t crc32_of_zeros(std::uint64_t length) {
  // Combining multiplies A's CRC by x^(8 * length). The register starts with all ones and is inverted at the
  // end, so a run of zeros gives: not (x^(8 * length) * ~0).
  return ~combine_crc32(~std::uint32_t{0}, 0, length);
}

}  // namespace omiforge::codec
