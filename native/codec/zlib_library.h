#pragma once

#include <zconf.h>
#include <zlib.h>

namespace omiforge::codec {

// The functions of the zlib that the running process brings along. Node exports the one it bundles, but under
// names that differ between its releases (with and without a prefix), so they are looked up when first needed
// instead of being linked. Only the declarations of <zlib.h> are used.
struct ZlibLibrary {
  decltype(&::deflateInit2_) deflate_init;
  decltype(&::deflate) deflate;
  decltype(&::deflateReset) deflate_reset;
  decltype(&::deflateEnd) deflate_end;
  decltype(&::deflateBound) deflate_bound;
  decltype(&::inflateInit2_) inflate_init;
  decltype(&::inflate) inflate;
  decltype(&::inflateReset) inflate_reset;
  decltype(&::inflateEnd) inflate_end;
  decltype(&::crc32) crc32;
  decltype(&::zlibVersion) version;
  // Declared by <zlib.h> under some settings only; every zlib with large-file support has it.
  uLong (*crc32_combine_64)(uLong crc_a, uLong crc_b, z_off64_t length_b);
};

// Throws ENGINE_UNAVAILABLE where the process has no zlib.
const ZlibLibrary& zlib_library();

}  // namespace omiforge::codec
