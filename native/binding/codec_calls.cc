#include "binding/codec_calls.h"

#include "binding/arguments.h"
#include "binding/guard.h"
#include "codec/crc32.h"
#include "codec/deflate.h"
#include "codec/zstd_frames.h"
#include "io/error.h"

namespace omiforge::binding {
namespace {

// One call works on a segment or a table, never on more: it stays short, and zlib counts in 32 bits.
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
constexpr std::uint64_t kMaxCrc = 0xffffffff;

const codec::EngineFacts& engine_named(const std::vector<codec::EngineFacts>& list, const std::string& name) {
  for (const codec::EngineFacts& facts : list) {
    if (facts.name == name) return facts;
  }
  throw Error(ErrorCode::kEngineUnavailable,
              "this build has no compression engine '" + name + "'; see 'omiforge doctor' for those it has");
}

}  // namespace

codec::Engine to_engine(const Napi::Value& value) {
  return engine_named(codec::engines(), to_text(value, "engine")).engine;
}

codec::DeflateSetting to_deflate_setting(const Napi::Value& value) {
  if (!value.IsObject()) throw Error(ErrorCode::kArgumentInvalid, "compression must be an object");
  const Napi::Object js = value.As<Napi::Object>();
  const std::vector<codec::EngineFacts> list = codec::engines();
  const codec::EngineFacts& facts = engine_named(list, to_text(js.Get("engine"), "engine"));
  const auto most = static_cast<std::uint64_t>(facts.most_level);
  return {facts.engine, static_cast<int>(to_integer(js.Get("level"), "level", most))};
}

Napi::Value engines_call(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    Napi::Array list = Napi::Array::New(info.Env());
    for (const codec::EngineFacts& facts : codec::engines()) {
      Napi::Object js = Napi::Object::New(info.Env());
      js.Set("name", facts.name);
      js.Set("version", facts.version);
      js.Set("leastLevel", facts.least_level);
      js.Set("mostLevel", facts.most_level);
      list.Set(list.Length(), js);
    }
    return list;
  });
}

Napi::Value has_zstd_call(const Napi::CallbackInfo& info) {
  return guard(info.Env(),
               [&]() -> Napi::Value { return Napi::Boolean::New(info.Env(), codec::has_zstd()); });
}

Napi::Value deflate_bound(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const std::uint64_t length = to_integer(info[0], "lengthBytes", kMostBytes);
    return to_number(info.Env(), codec::deflate_bound(static_cast<std::size_t>(length)));
  });
}

Napi::Value deflate_segment_call(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const MutableBytes input = to_bytes(info[0], "input");
    const codec::DeflateSetting setting = to_deflate_setting(info[1]);
    if (input.size > kMostBytes) throw Error(ErrorCode::kArgumentInvalid, "input must be at most 1 GiB long");
    const MutableBytes output = to_bytes(info[2], "output", codec::deflate_bound(input.size));
    return to_number(info.Env(), codec::make_deflater(setting)->deflate_piece(input, output));
  });
}

Napi::Value crc32_call(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    return to_number(info.Env(), codec::crc32(to_bytes(info[0], "bytes")));
  });
}

Napi::Value crc32_combine_call(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const auto crc_a = static_cast<std::uint32_t>(to_integer(info[0], "crcA", kMaxCrc));
    const auto crc_b = static_cast<std::uint32_t>(to_integer(info[1], "crcB", kMaxCrc));
    return to_number(info.Env(), codec::combine_crc32(crc_a, crc_b, to_integer(info[2], "lengthOfB")));
  });
}

Napi::Value crc32_of_zeros_call(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    return to_number(info.Env(), codec::crc32_of_zeros(to_integer(info[0], "lengthBytes")));
  });
}

}  // namespace omiforge::binding
