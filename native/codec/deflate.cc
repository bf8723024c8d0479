#include "codec/deflate.h"

#include <algorithm>

#include "codec/deflate_engines.h"
#include "io/error.h"

namespace omiforge::codec {

std::vector<EngineFacts> engines() {
  std::vector<EngineFacts> list;
#ifdef OMIFORGE_HAS_ISAL
  list.push_back(isal_facts());
#endif
#ifdef OMIFORGE_HAS_LIBDEFLATE
  list.push_back(libdeflate_facts());
#endif
  list.push_back(zlib_facts());
  return list;
}

std::unique_ptr<Deflater> make_deflater(DeflateSetting setting) {
  const std::vector<EngineFacts> list = engines();
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const EngineFacts& facts) { return facts.engine == setting.engine; });
  if (found == list.end()) {
    throw Error(ErrorCode::kEngineUnavailable,
                "this build lacks the compression engine; see 'omiforge doctor' for those it has");
  }
  if (setting.level < found->least_level || setting.level > found->most_level) {
    throw Error(ErrorCode::kInternal,
                "level " + std::to_string(setting.level) + " is none of " + found->name);
  }
#ifdef OMIFORGE_HAS_ISAL
  if (setting.engine == Engine::kIsal) return make_isal_deflater(setting.level);
#endif
#ifdef OMIFORGE_HAS_LIBDEFLATE
  if (setting.engine == Engine::kLibdeflate) return make_libdeflate_deflater(setting.level);
#endif
  return make_zlib_deflater(setting.level);
}

// zlib's bound for settings that are not known is the loosest of all: an eighth more than the input.
std::size_t deflate_bound(std::size_t length) { return zlib_bound(length); }

}  // namespace omiforge::codec
