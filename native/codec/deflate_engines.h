#pragma once

#include <memory>

#include "codec/deflate.h"

// One function for each engine; all in deflate.cc's hands, which knows what is in the build.
namespace omiforge::codec {

EngineFacts zlib_facts();
std::unique_ptr<Deflater> make_zlib_deflater(int level);
std::size_t zlib_bound(std::size_t length);

#ifdef OMIFORGE_HAS_ISAL
EngineFacts isal_facts();
std::unique_ptr<Deflater> make_isal_deflater(int level);
#endif

#ifdef OMIFORGE_HAS_LIBDEFLATE
EngineFacts libdeflate_facts();
std::unique_ptr<Deflater> make_libdeflate_deflater(int level);
#endif

}  // namespace omiforge::codec
