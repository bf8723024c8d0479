#include "binding/checker_object.h"

#include "binding/arguments.h"
#include "binding/guard.h"

namespace omiforge::binding {

using qcow2::Checker;
using qcow2::CheckReport;

Napi::Function CheckerObject::define(Napi::Env env) {
  return DefineClass(
      env, "Qcow2Checker",
      {InstanceMethod<&CheckerObject::step>("step"), InstanceMethod<&CheckerObject::report>("report"),
       InstanceMethod<&CheckerObject::close>("close")});
}

CheckerObject::CheckerObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<CheckerObject>(info), checker_(guard(info.Env(), [&] {
        return std::make_unique<Checker>(File::open_read(to_text(info[0], "path")));
      })) {}

Checker& CheckerObject::checker() {
  if (!checker_) throw Error(ErrorCode::kArgumentInvalid, "the checker is closed");
  return *checker_;
}

Napi::Value CheckerObject::step(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const Checker::Progress progress = checker().step();
    Napi::Object js = Napi::Object::New(info.Env());
    js.Set("isDone", progress.is_done);
    js.Set("doneBytes", to_number(info.Env(), progress.done_bytes));
    if (progress.total_bytes != 0) js.Set("totalBytes", to_number(info.Env(), progress.total_bytes));
    return js;
  });
}

Napi::Value CheckerObject::report(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const CheckReport& report = checker().report();
    Napi::Object js = Napi::Object::New(info.Env());
    const auto set = [&](const char* name, std::uint64_t value) {
      js.Set(name, to_number(info.Env(), value));
    };
    set("corruptions", report.corruptions);
    set("leaks", report.leaks);
    set("checkErrors", report.check_errors);
    set("imageEndBytes", report.image_end);
    set("totalClusters", report.total_clusters);
    set("allocatedClusters", report.allocated_clusters);
    set("fragmentedClusters", report.fragmented_clusters);
    set("compressedClusters", report.compressed_clusters);
    Napi::Array findings = Napi::Array::New(info.Env());
    for (const std::string& finding : report.findings) findings.Set(findings.Length(), finding);
    js.Set("findings", findings);
    return js;
  });
}

Napi::Value CheckerObject::close(const Napi::CallbackInfo& info) {
  checker_.reset();
  return info.Env().Undefined();
}

}  // namespace omiforge::binding
