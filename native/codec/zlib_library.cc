#include "codec/zlib_library.h"

#include <dlfcn.h>

#include <string>

#include "io/error.h"

namespace omiforge::codec {
namespace {

template <typename Function>
void find(Function& function, const char* name) {
  // Chromium's prefix first: where both exist, the unprefixed one is somebody else's.
  void* symbol = ::dlsym(RTLD_DEFAULT, (std::string("Cr_z_") + name).c_str());
  if (symbol == nullptr) symbol = ::dlsym(RTLD_DEFAULT, name);
  if (symbol == nullptr) {
    throw Error(ErrorCode::kEngineUnavailable,
                std::string("this Node exports no zlib (") + name + "); use a build of Node from nodejs.org");
  }
  function = reinterpret_cast<Function>(symbol);
}

ZlibLibrary find_library() {
  ZlibLibrary library{};
  find(library.deflate_init, "deflateInit2_");
  find(library.deflate, "deflate");
  find(library.deflate_reset, "deflateReset");
  find(library.deflate_end, "deflateEnd");
  find(library.deflate_bound, "deflateBound");
  find(library.inflate_init, "inflateInit2_");
  find(library.inflate, "inflate");
  find(library.inflate_reset, "inflateReset");
  find(library.inflate_end, "inflateEnd");
  find(library.crc32, "crc32");
  find(library.version, "zlibVersion");
  find(library.crc32_combine_64, "crc32_combine64");
  return library;
}

}  // namespace

const ZlibLibrary& zlib_library() {
  static const ZlibLibrary library = find_library();
  return library;
}

}  // namespace omiforge::codec
