#include "binding/inflater_object.h"

#include "binding/arguments.h"
#include "binding/codec_calls.h"
#include "binding/guard.h"

namespace omiforge::binding {
namespace {

codec::GzipInflater make_inflater(const Napi::Value& engine) {
  if (engine.IsUndefined()) return codec::GzipInflater();
  return codec::GzipInflater(codec::make_stream_inflater(to_engine(engine)));
}

}  // namespace

Napi::Function InflaterObject::define(Napi::Env env) {
  return DefineClass(env, "GzipInflater",
                     {InstanceMethod<&InflaterObject::inflate>("inflate"),
                      InstanceMethod<&InflaterObject::finish>("finish")});
}

InflaterObject::InflaterObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<InflaterObject>(info),
      inflater_(guard(info.Env(), [&] { return make_inflater(info[0]); })) {}

Napi::Value InflaterObject::inflate(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const codec::GzipInflater::Step step =
        inflater_.inflate(to_bytes(info[0], "input"), to_bytes(info[1], "output"));
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("consumedBytes", to_number(info.Env(), step.consumed));
    result.Set("producedBytes", to_number(info.Env(), step.produced));
    return result;
  });
}

Napi::Value InflaterObject::finish(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    inflater_.finish();
    if (!inflater_.has_trailing_garbage()) return info.Env().Undefined();
    return to_number(info.Env(), inflater_.member_bytes());
  });
}

}  // namespace omiforge::binding
