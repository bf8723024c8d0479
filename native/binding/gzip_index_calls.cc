#include "binding/gzip_index_calls.h"

#include "binding/arguments.h"
#include "binding/guard.h"
#include "codec/gzip_index.h"
#include "codec/indexed_gzip.h"
#include "codec/piece_proof.h"

namespace omiforge::binding {

Napi::Value gzip_pieces_call(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const Napi::Env env = info.Env();
    const File file = File::open_read(to_text(info[0], "path"));
    const std::optional<codec::GzipIndex> index = codec::GzipIndex::find(file);
    if (!index || !index->agrees_with_trailer()) return env.Undefined();
    const std::vector<codec::GzipPiece>& pieces = index->pieces();
    Napi::Array list = Napi::Array::New(env, pieces.size());
    for (std::uint32_t i = 0; i < pieces.size(); ++i) {
      Napi::Object js = Napi::Object::New(env);
      js.Set("startBytes", to_number(env, pieces[i].content_begin));
      js.Set("lengthBytes", to_number(env, pieces[i].content_length));
      js.Set("isZeros", pieces[i].is_zeros);
      list.Set(i, js);
    }
    return list;
  });
}

Napi::Value prove_gzip_pieces_call(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const codec::IndexedGzip gzip(File::open_read(to_text(info[0], "path")));
    const std::vector<codec::GzipPiece>& pieces = gzip.index().pieces();
    const std::uint64_t first = to_integer(info[1], "first", pieces.size());
    const std::uint64_t count = to_integer(info[2], "count", pieces.size() - first);
    codec::PieceProof proof(gzip.file());
    for (std::uint64_t i = first; i < first + count; ++i) proof.prove(pieces[static_cast<std::size_t>(i)]);
    return info.Env().Undefined();
  });
}

}  // namespace omiforge::binding
