#include "binding/layout_object.h"

#include "binding/arguments.h"
#include "binding/guard.h"

namespace omiforge::binding {

using codec::CompressionType;
using qcow2::Layout;

namespace {

std::optional<CompressionType> to_compression(const Napi::Value& value) {
  if (value.IsUndefined()) return std::nullopt;
  const std::string name = to_text(value, "compressionType");
  if (name == "zlib") return CompressionType::kZlib;
  if (name == "zstd") return CompressionType::kZstd;
  throw Error(ErrorCode::kArgumentInvalid, "compressionType must be 'zlib' or 'zstd'");
}

}  // namespace

Napi::Function LayoutObject::define(Napi::Env env) {
  return DefineClass(env, "Qcow2Layout",
                     {InstanceMethod<&LayoutObject::front_matter_parts>("frontMatterParts"),
                      InstanceMethod<&LayoutObject::add_clusters>("addClusters"),
                      InstanceMethod<&LayoutObject::add_compressed>("addCompressed"),
                      InstanceMethod<&LayoutObject::place_plain>("placePlain"),
                      InstanceMethod<&LayoutObject::close_region>("closeRegion"),
                      InstanceMethod<&LayoutObject::finish>("finish"),
                      InstanceMethod<&LayoutObject::fill_front_matter>("fillFrontMatter"),
                      InstanceMethod<&LayoutObject::fill_refcount_blocks>("fillRefcountBlocks")});
}

LayoutObject::LayoutObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<LayoutObject>(info), layout_(guard(info.Env(), [&] {
        return Layout(to_integer(info[0], "virtualSizeBytes"), to_compression(info[1]));
      })) {}

Napi::Value LayoutObject::front_matter_parts(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    Napi::Array list = Napi::Array::New(info.Env());
    for (const Layout::Part& part : layout_.front_matter_parts()) {
      Napi::Object js = Napi::Object::New(info.Env());
      js.Set("offsetBytes", to_number(info.Env(), part.offset));
      js.Set("lengthBytes", to_number(info.Env(), part.length));
      list.Set(list.Length(), js);
    }
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("parts", list);
    result.Set("totalBytes", to_number(info.Env(), layout_.front_matter_bytes()));
    return result;
  });
}

Napi::Value LayoutObject::add_clusters(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    layout_.add_clusters(to_integer(info[0], "firstCluster"), to_integer(info[1], "count"),
                         to_bytes(info[2], "hasData"));
    return info.Env().Undefined();
  });
}

Napi::Value LayoutObject::add_compressed(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const std::uint64_t count = to_integer(info[1], "count");
    const bool is_placing_due = layout_.add_compressed(to_integer(info[0], "firstCluster"), count,
                                                       to_numbers(info[2], "storedBytes", count));
    return Napi::Boolean::New(info.Env(), is_placing_due);
  });
}

Napi::Value LayoutObject::place_plain(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value { return to_number(info.Env(), layout_.place_plain()); });
}

Napi::Value LayoutObject::close_region(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const bool has_data = layout_.close_region(to_bytes(info[0], "l2Table", Layout::kClusterBytes));
    return Napi::Boolean::New(info.Env(), has_data);
  });
}

Napi::Value LayoutObject::finish(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    refcount_bytes_ = layout_.finish();
    return to_number(info.Env(), refcount_bytes_);
  });
}

Napi::Value LayoutObject::fill_front_matter(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const std::uint64_t part = to_integer(info[0], "part", layout_.front_matter_parts().size() - 1);
    const std::uint64_t length = layout_.front_matter_parts()[static_cast<std::size_t>(part)].length;
    const MutableBytes out = to_bytes(info[1], "output", length);
    layout_.fill_front_matter(static_cast<std::size_t>(part), out.slice(0, static_cast<std::size_t>(length)));
    return info.Env().Undefined();
  });
}

Napi::Value LayoutObject::fill_refcount_blocks(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    layout_.fill_refcount_blocks(to_bytes(info[0], "output", refcount_bytes_));
    return info.Env().Undefined();
  });
}

}  // namespace omiforge::binding
