#include "binding/placer_object.h"

#include "binding/arguments.h"
#include "binding/guard.h"

namespace omiforge::binding {

Napi::Function PlacerObject::define(Napi::Env env) {
  return DefineClass(
      env, "Qcow2Placer",
      {InstanceMethod<&PlacerObject::take>("take"), InstanceMethod<&PlacerObject::check_step>("checkStep")});
}

PlacerObject::PlacerObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PlacerObject>(info) {}

Napi::Value PlacerObject::take(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const std::vector<PlacedRun> runs = placer_.take(to_bytes(info[0], "block"));
    Napi::Float64Array numbers = Napi::Float64Array::New(info.Env(), runs.size() * 3);
    std::size_t at = 0;
    for (const PlacedRun& run : runs) {
      numbers[at++] = static_cast<double>(run.offset);
      numbers[at++] = static_cast<double>(run.length);
      // A Placer has none above 2^53.
      numbers[at++] = static_cast<double>(run.guest.value);
    }
    return numbers;
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
