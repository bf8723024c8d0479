#pragma once

#include <napi.h>

#include "format/qcow2/layout.h"

namespace omiforge::binding {

// new Qcow2Layout(virtualSizeBytes, compressionType): the layout of a new qcow2, see format/qcow2/layout.h.
class LayoutObject : public Napi::ObjectWrap<LayoutObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit LayoutObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value front_matter_parts(const Napi::CallbackInfo& info);
  Napi::Value add_clusters(const Napi::CallbackInfo& info);
  Napi::Value add_compressed(const Napi::CallbackInfo& info);
  Napi::Value place_plain(const Napi::CallbackInfo& info);
  Napi::Value close_region(const Napi::CallbackInfo& info);
  Napi::Value finish(const Napi::CallbackInfo& info);
  Napi::Value fill_front_matter(const Napi::CallbackInfo& info);
  Napi::Value fill_refcount_blocks(const Napi::CallbackInfo& info);

  qcow2::Layout layout_;
  std::uint64_t refcount_bytes_ = 0;
};

}  // namespace omiforge::binding
