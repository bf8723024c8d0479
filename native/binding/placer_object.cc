#include "binding/placer_object.h"

#include "binding/arguments.h"
#include "binding/guard.h"
#include "binding/placed_runs.h"

namespace omiforge::binding {

Napi::Function PlacerObject::define(Napi::Env env) {
  return DefineClass(
      env, "Qcow2Placer",
      {InstanceMethod<&PlacerObject::take>("take"), InstanceMethod<&PlacerObject::check_step>("checkStep")});
}

PlacerObject::PlacerObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PlacerObject>(info) {}

Napi::Value PlacerObject::take(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const qcow2::Placer::Found found = placer_.take(to_bytes(info[0], "block"));
    Napi::Object js = Napi::Object::New(info.Env());
    js.Set("here", from_runs(info.Env(), found.here));
    js.Set("behind", from_runs(info.Env(), found.behind));
    return js;
  });
}

Napi::Value PlacerObject::check_step(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    if (!check_) check_.emplace(File::open_read(to_text(info[0], "path")), placer_.placed());
    const bool is_done = check_->step();
    if (is_done) check_.reset();
    return Napi::Boolean::New(info.Env(), is_done);
  });
}

}  // namespace omiforge::binding
