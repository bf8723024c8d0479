#include "binding/image_object.h"

#include "binding/arguments.h"
#include "binding/guard.h"
#include "binding/image_facts.h"
#include "format/open.h"
#include "format/qcow2/image.h"

namespace omiforge::binding {
namespace {

// Tells our objects from any other, whatever prototype they claim.
constexpr napi_type_tag kImageTag = {0x6f6d69666f726765, 0x696d6167652d3031};

Format to_format(const Napi::Value& value) {
  const std::string name = to_text(value, "format");
  if (name == "raw") return Format::kRaw;
  if (name == "qcow2") return Format::kQcow2;
  throw Error(ErrorCode::kArgumentInvalid, "format must be 'raw' or 'qcow2'");
}

// All are optional, and so is the object.
ReadOptions to_read_options(const Napi::Value& value) {
  ReadOptions options;
  if (!value.IsObject()) return options;
  const Napi::Object js = value.As<Napi::Object>();
  const Napi::Value snapshot = js.Get("snapshot");
  if (!snapshot.IsUndefined()) options.snapshot = to_text(snapshot, "snapshot");
  options.allow_corrupt = js.Get("allowCorrupt").ToBoolean();
  options.in_gzip = js.Get("inGzip").ToBoolean();
  const Napi::Value folder = js.Get("externalFolder");
  if (!folder.IsUndefined()) options.external.folder = to_text(folder, "externalFolder");
  const Napi::Value padded = js.Get("paddedSizeBytes");
  if (!padded.IsUndefined()) options.padded_size = to_integer(padded, "paddedSizeBytes");
  return options;
}

const char* kind_name(ExtentKind kind) {
  switch (kind) {
    case ExtentKind::kData:
      return "data";
    case ExtentKind::kCompressed:
      return "compressed";
    case ExtentKind::kZero:
      return "zero";
    case ExtentKind::kUnallocated:
      break;
  }
  return "unallocated";
}

Napi::Object to_js(Napi::Env env, const Extent& extent) {
  Napi::Object js = Napi::Object::New(env);
  js.Set("startBytes", to_number(env, extent.start.value));
  js.Set("lengthBytes", to_number(env, extent.length));
  js.Set("kind", kind_name(extent.kind));
  if (extent.host) js.Set("hostOffsetBytes", to_number(env, extent.host->value));
  if (extent.depth != 0) js.Set("depth", extent.depth);
  if (extent.is_hole) js.Set("isHole", true);
  return js;
}

Napi::Array to_js(Napi::Env env, const std::vector<std::string>& texts) {
  Napi::Array js = Napi::Array::New(env);
  for (const std::string& text : texts) js.Set(js.Length(), text);
  return js;
}

}  // namespace

void check_guest_range(const Image& image, std::uint64_t start, std::uint64_t length) {
  if (range_fits(start, length, image.size())) return;
  throw Error(ErrorCode::kArgumentInvalid,
              "the range of " + std::to_string(length) + " bytes at guest offset " + std::to_string(start) +
                  " goes beyond the disk of " + std::to_string(image.size()) + " bytes");
}

Napi::Function ImageObject::define(Napi::Env env) {
  return DefineClass(
      env, "NativeImage",
      {InstanceMethod<&ImageObject::info>("info"), InstanceMethod<&ImageObject::extents>("extents"),
       InstanceMethod<&ImageObject::read>("read"), InstanceMethod<&ImageObject::close>("close")});
}

Napi::Value ImageObject::open(const Napi::CallbackInfo& info, Napi::Function constructor) {
  return guard(info.Env(), [&]() -> Napi::Value {
    std::unique_ptr<Image> image =
        open_image(to_text(info[0], "path"), to_format(info[1]), to_read_options(info[2]));
    if (image->size() > kMaxSafeInteger) to_number(info.Env(), image->size());
    Napi::Object js = constructor.New({});
    js.TypeTag(&kImageTag);
    Unwrap(js)->image_ = std::move(image);
    return js;
  });
}

Image& ImageObject::from(const Napi::Value& value, const char* name) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kImageTag)) {
    throw Error(ErrorCode::kArgumentInvalid, std::string(name) + " must be an image from openImage");
  }
  return Unwrap(value.As<Napi::Object>())->image();
}

ImageObject::ImageObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<ImageObject>(info) {}

Image& ImageObject::image() {
  if (!image_) throw Error(ErrorCode::kArgumentInvalid, "the image is closed");
  return *image_;
}

Napi::Value ImageObject::info(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const auto* qcow2 = dynamic_cast<const qcow2::Qcow2Image*>(&described_image(image()));
    Napi::Object facts = qcow2 == nullptr ? Napi::Object::New(info.Env()) : describe(info.Env(), *qcow2);
    if (qcow2 == nullptr) facts.Set("format", "raw");
    facts.Set("sizeBytes", to_number(info.Env(), image().size()));
    facts.Set("storedBytes", to_number(info.Env(), image().stored_bytes()));
    const std::vector<std::string> files = image().external_files();
    if (!files.empty()) facts.Set("externalFiles", to_js(info.Env(), files));
    return facts;
  });
}

Napi::Value ImageObject::extents(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    Image& source = image();
    std::uint64_t at = to_integer(info[0], "startBytes");
    const std::uint64_t length = to_integer(info[1], "lengthBytes");
    const std::uint64_t limit = to_integer(info[2], "limit", 65536);
    check_guest_range(source, at, length);
    const std::uint64_t end = at + length;
    Napi::Array list = Napi::Array::New(info.Env());
    for (std::uint32_t i = 0; i < limit && at < end; ++i) {
      const Extent extent = source.next_extent({at}, end - at);
      list.Set(i, to_js(info.Env(), extent));
      at += extent.length;
    }
    return list;
  });
}

Napi::Value ImageObject::read(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    Image& source = image();
    const std::uint64_t start = to_integer(info[0], "startBytes");
    const MutableBytes out = to_bytes(info[1], "target");
    check_guest_range(source, start, out.size);
    source.read({start}, out);
    return info.Env().Undefined();
  });
}

Napi::Value ImageObject::close(const Napi::CallbackInfo& info) {
  image_.reset();
  return info.Env().Undefined();
}

Napi::Value first_cluster_bytes_call(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    return to_number(info.Env(), qcow2::first_cluster_bytes(to_bytes(info[0], "head")));
  });
}

Napi::Value describe_qcow2(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const qcow2::Header header = qcow2::parse_header(to_bytes(info[0], "head"));
    return describe(info.Env(), header, qcow2::find_refusal(header));
  });
}

}  // namespace omiforge::binding
