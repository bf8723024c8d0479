#include "binding/segment_calls.h"

#include <cstring>

#include "binding/arguments.h"
#include "binding/codec_calls.h"
#include "binding/guard.h"
#include "binding/image_object.h"
#include "codec/crc32.h"
#include "codec/deflate.h"
#include "image/segment.h"

namespace omiforge::binding {
namespace {

struct Range {
  GuestOffset start;
  std::uint64_t length = 0;
};

Range to_range(const Image& image, const Napi::Value& start, const Napi::Value& length) {
  const Range range{{to_integer(start, "startBytes")}, to_integer(length, "lengthBytes")};
  check_guest_range(image, range.start.value, range.length);
  return range;
}

// A range that is cut into clusters, as the arguments 1 to 3 of a call say.
struct ClusterSpan {
  Range range;
  std::size_t cluster_bytes = 0;
  std::uint64_t clusters = 0;
};

ClusterSpan to_cluster_span(const Image& image, const Napi::CallbackInfo& info) {
  ClusterSpan span{to_range(image, info[1], info[2])};
  constexpr std::uint64_t kMostClusterBytes = 1 << 21;
  span.cluster_bytes = static_cast<std::size_t>(to_integer(info[3], "clusterBytes", kMostClusterBytes));
  if (span.cluster_bytes == 0) throw Error(ErrorCode::kArgumentInvalid, "clusterBytes must not be 0");
  span.clusters = divide_up(span.range.length, span.cluster_bytes);
  return span;
}

Napi::Value to_js(Napi::Env env, const std::optional<GuestOffset>& found) {
  return found ? to_number(env, found->value) : Napi::Number::New(env, -1);
}

// How a segment is to be encoded, as encodeSegment's last argument says.
struct Encoding {
  std::uint64_t cluster_bytes = 0;  // 0: all bytes; else only the clusters that are not all zeros
  std::optional<codec::DeflateSetting> deflate;  // not set: as it is
};

Encoding to_encoding(const Napi::Object& options) {
  Encoding encoding;
  encoding.cluster_bytes = to_integer(options.Get("clusterBytes"), "clusterBytes", 1 << 21);
  const Napi::Value compression = options.Get("compression");
  if (!compression.IsUndefined()) encoding.deflate = to_deflate_setting(compression);
  return encoding;
}

struct Encoded {
  std::size_t content_bytes = 0;
  std::size_t encoded_bytes = 0;
  std::uint32_t crc = 0;
};

Encoded encode(MutableBytes content, const Encoding& encoding, MutableBytes has_data, MutableBytes output) {
  Encoded encoded;
  encoded.content_bytes =
      encoding.cluster_bytes != 0
          ? pack_clusters(content, static_cast<std::size_t>(encoding.cluster_bytes), has_data)
      : is_zero(content) ? 0
                         : content.size;
  encoded.encoded_bytes = encoded.content_bytes;
  if (encoding.deflate && encoded.content_bytes != 0) {
    const ByteView bytes = content.slice(0, encoded.content_bytes);
    encoded.crc = codec::crc32(bytes);
    encoded.encoded_bytes = codec::make_deflater(*encoding.deflate)->deflate_piece(bytes, output);
  }
  return encoded;
}

}  // namespace

Napi::Value encode_segment(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    Image& image = ImageObject::from(info[0], "image");
    const Range range = to_range(image, info[1], info[2]);
    const auto options = info[3].As<Napi::Object>();
    const Encoding encoding = to_encoding(options);
    const std::uint64_t unit = encoding.cluster_bytes == 0 ? 1 : encoding.cluster_bytes;
    const std::uint64_t clusters = divide_up(range.length, unit);
    const std::uint64_t padded = clusters * unit;
    const bool deflates = encoding.deflate.has_value();
    const std::uint64_t most = deflates ? codec::deflate_bound(static_cast<std::size_t>(padded)) : padded;
    const MutableBytes output = to_bytes(options.Get("output"), "output", most);
    // What is not deflated is read straight to where it is wanted.
    const MutableBytes content = (deflates ? to_bytes(options.Get("scratch"), "scratch", padded) : output)
                                     .slice(0, static_cast<std::size_t>(padded));
    MutableBytes has_data;
    if (encoding.cluster_bytes != 0) {
      has_data = to_bytes(options.Get("hasData"), "hasData", divide_up(clusters, 8));
    }

    image.read(range.start, content.slice(0, static_cast<std::size_t>(range.length)));
    std::memset(content.data + range.length, 0, static_cast<std::size_t>(padded - range.length));
    const Encoded encoded = encode(content, encoding, has_data, output);

    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("contentBytes", to_number(info.Env(), encoded.content_bytes));
    result.Set("encodedBytes", to_number(info.Env(), encoded.encoded_bytes));
    result.Set("crc32", encoded.crc);
    return result;
  });
}

Napi::Value copy_segment(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    Image& image = ImageObject::from(info[0], "image");
    const Range range = to_range(image, info[1], info[2]);
    const File target = File::open_write(to_text(info[3], "targetPath"));
    const MutableBytes scratch = to_bytes(info[4], "scratch", kHoleBytes);
    return to_number(info.Env(), copy_range(image, range.start, range.length, target,
                                            scratch.slice(0, scratch.size / kHoleBytes * kHoleBytes)));
  });
}

Napi::Value scan_clusters_call(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    Image& image = ImageObject::from(info[0], "image");
    const ClusterSpan span = to_cluster_span(image, info);
    const MutableBytes has_data = to_bytes(info[4], "hasData", divide_up(span.clusters, 8));
    const MutableBytes scratch = to_bytes(info[5], "scratch", span.cluster_bytes);
    return Napi::Boolean::New(info.Env(), scan_clusters(image, span.range.start, span.range.length,
                                                        span.cluster_bytes, has_data, scratch));
  });
}

Napi::Value copy_clusters_call(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    Image& image = ImageObject::from(info[0], "image");
    const ClusterSpan span = to_cluster_span(image, info);
    const ByteView has_data = to_bytes(info[4], "hasData", divide_up(span.clusters, 8));
    const File target = File::open_write(to_text(info[5], "targetPath"));
    const std::uint64_t offset = to_integer(info[6], "offsetBytes");
    const MutableBytes scratch = to_bytes(info[7], "scratch", span.cluster_bytes);
    copy_clusters(image, span.range.start, span.range.length, span.cluster_bytes, has_data, offset, target,
                  scratch);
    return info.Env().Undefined();
  });
}

Napi::Value place_bytes_call(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const File target = File::open_write(to_text(info[0], "targetPath"));
    const std::uint64_t offset = to_integer(info[1], "offsetBytes");
    return to_number(info.Env(), place_bytes(to_bytes(info[2], "bytes"), offset, target));
  });
}

Napi::Value find_difference_call(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    Image& a = ImageObject::from(info[0], "imageA");
    Image& b = ImageObject::from(info[1], "imageB");
    const Range range = to_range(a, info[2], info[3]);
    check_guest_range(b, range.start.value, range.length);
    return to_js(info.Env(),
                 find_difference(a, b, range.start, range.length, to_bytes(info[4], "scratchA", range.length),
                                 to_bytes(info[5], "scratchB", range.length)));
  });
}

Napi::Value find_non_zero_call(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    Image& image = ImageObject::from(info[0], "image");
    const Range range = to_range(image, info[1], info[2]);
    return to_js(info.Env(),
                 find_non_zero(image, range.start, range.length, to_bytes(info[3], "scratch", range.length)));
  });
}

}  // namespace omiforge::binding
