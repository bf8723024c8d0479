#include "codec/stream_inflater.h"

#include "io/error.h"

namespace omiforge::codec {

std::unique_ptr<StreamInflater> make_stream_inflater() {
#ifdef OMIFORGE_HAS_ISAL
  return make_isal_stream_inflater();
#else
  return make_zlib_stream_inflater();
#endif
}

std::unique_ptr<StreamInflater> make_stream_inflater(Engine engine) {
  if (engine == Engine::kZlib) return make_zlib_stream_inflater();
#ifdef OMIFORGE_HAS_ISAL
  if (engine == Engine::kIsal) return make_isal_stream_inflater();
#endif
  throw Error(ErrorCode::kEngineUnavailable,
              "this build does not inflate gzip with that engine; zlib always does, and isal where the build "
              "has it, see 'omiforge doctor'");
}

}  // namespace omiforge::codec
