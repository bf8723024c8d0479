#pragma once

#include <napi.h>

#include "format/qcow2/placement_check.h"
#include "format/qcow2/placer.h"

namespace omiforge::binding {

// new Qcow2Placer(): take(block), checkStep(path), see format/qcow2/placer.h.
class PlacerObject : public Napi::ObjectWrap<PlacerObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit PlacerObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value take(const Napi::CallbackInfo& info);
  Napi::Value check_step(const Napi::CallbackInfo& info);

  qcow2::Placer placer_;
  std::optional<qcow2::PlacementCheck> check_;
};

}  // namespace omiforge::binding
