#pragma once

#include <napi.h>

#include "codec/gzip_inflater.h"

namespace omiforge::binding {

// new GzipInflater(engine): inflate(input, output), finish().
class InflaterObject : public Napi::ObjectWrap<InflaterObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit InflaterObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value inflate(const Napi::CallbackInfo& info);
  Napi::Value finish(const Napi::CallbackInfo& info);

  codec::GzipInflater inflater_;
};

}  // namespace omiforge::binding
