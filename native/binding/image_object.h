#pragma once

#include <napi.h>

#include <memory>

#include "image/image.h"

namespace omiforge::binding {

// An open image as JS sees it: info(), extents(), read(), close().
class ImageObject : public Napi::ObjectWrap<ImageObject> {
 public:
  // Defines the class and returns its constructor, which stays with the addon: JS gets images from open()
  // alone.
  static Napi::Function define(Napi::Env env);
  // openImage(path, format, options): throws if the file cannot be opened, its header is bad, or the wanted
  // snapshot is not there.
  static Napi::Value open(const Napi::CallbackInfo& info, Napi::Function constructor);
  // The image within a JS value; throws ARGUMENT_INVALID for any other value and for a closed image.
  static Image& from(const Napi::Value& value, const char* name);

  explicit ImageObject(const Napi::CallbackInfo& info);

 private:
  Napi::Value info(const Napi::CallbackInfo& info);
  Napi::Value extents(const Napi::CallbackInfo& info);
  Napi::Value read(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);
  Image& image();

  std::unique_ptr<Image> image_;
};

// Throws ARGUMENT_INVALID unless [start, start + length) lies within the image.
void check_guest_range(const Image& image, std::uint64_t start, std::uint64_t length);

// firstClusterBytes(head): how many bytes describeQcow2 wants, from the first 512 bytes of a qcow2.
Napi::Value first_cluster_bytes_call(const Napi::CallbackInfo& info);
// describeQcow2(head): what the first cluster of a qcow2 says, without a file.
Napi::Value describe_qcow2(const Napi::CallbackInfo& info);

}  // namespace omiforge::binding
