#pragma once

#include <napi.h>

#include <memory>

#include "format/qcow2/check.h"

namespace omiforge::binding {

// new Qcow2Checker(path): step(), report(), close(). See format/qcow2/check.h.
class CheckerObject : public Napi::ObjectWrap<CheckerObject> {
 public:
  static Napi::Function define(Napi::Env env);

  explicit CheckerObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value step(const Napi::CallbackInfo& info);
  Napi::Value report(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  qcow2::Checker& checker();

  std::unique_ptr<qcow2::Checker> checker_;
};

}  // namespace omiforge::binding
