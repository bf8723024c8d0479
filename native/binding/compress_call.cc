#include "binding/compress_call.h"

#include <cstring>
#include <optional>

#include "binding/arguments.h"
#include "binding/codec_calls.h"
#include "binding/guard.h"
#include "binding/image_object.h"
#include "codec/crc32.h"
#include "image/compressed_segment.h"

namespace omiforge::binding {
namespace {

constexpr std::uint64_t kMostClusterBytes = std::uint64_t{1} << 21;
// Far more than a segment; its sum with a cluster overflows nothing.
constexpr std::uint64_t kMostSegmentBytes = std::uint64_t{1} << 30;

codec::ClusterSetting to_cluster_setting(const Napi::Value& value) {
  if (!value.IsObject()) throw Error(ErrorCode::kArgumentInvalid, "clusters must be an object");
  const Napi::Object js = value.As<Napi::Object>();
  const std::string type = to_text(js.Get("type"), "type");
  if (type == "zlib") return to_deflate_setting(value);
  if (type != "zstd") throw Error(ErrorCode::kArgumentInvalid, "type must be 'zlib' or 'zstd'");
  return codec::ZstdSetting{static_cast<int>(to_integer(js.Get("level"), "level", codec::kMostZstdLevel))};
}

// A piece of content as it goes into the file: as it is, or deflated so that it can be joined to others.
struct Piece {
  std::size_t content_bytes = 0;
  std::size_t encoded_bytes = 0;
  std::uint32_t crc = 0;
};

Piece encode_piece(ByteView content, const std::optional<codec::DeflateSetting>& deflate, MutableBytes out) {
  if (content.size == 0) return {};
  if (deflate) {
    return {content.size, codec::make_deflater(*deflate)->deflate_piece(content, out), codec::crc32(content)};
  }
  std::memcpy(out.data, content.data, content.size);
  return {content.size, content.size, 0};
}

Napi::Object to_js(Napi::Env env, const Piece& piece) {
  Napi::Object js = Napi::Object::New(env);
  js.Set("contentBytes", to_number(env, piece.content_bytes));
  js.Set("encodedBytes", to_number(env, piece.encoded_bytes));
  js.Set("crc32", piece.crc);
  return js;
}

}  // namespace

Napi::Value compress_segment(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    Image& image = ImageObject::from(info[0], "image");
    const std::uint64_t start = to_integer(info[1], "startBytes");
    const std::uint64_t length = to_integer(info[2], "lengthBytes", kMostSegmentBytes);
    check_guest_range(image, start, length);
    const auto options = info[3].As<Napi::Object>();
    const std::uint64_t unit = to_integer(options.Get("clusterBytes"), "clusterBytes", kMostClusterBytes);
    if (unit == 0) throw Error(ErrorCode::kArgumentInvalid, "clusterBytes must be above 0");
    const std::uint64_t clusters = divide_up(length, unit);
    const std::uint64_t most = clusters * unit;
    const Napi::Value container = options.Get("container");
    std::optional<codec::DeflateSetting> deflate;
    if (!container.IsUndefined()) deflate = to_deflate_setting(container);
    const std::uint64_t most_encoded =
        deflate ? 2 * codec::deflate_bound(static_cast<std::size_t>(most)) : most;
    const MutableBytes output = to_bytes(options.Get("output"), "output", most_encoded);
    const ClusterRoom room{to_bytes(options.Get("packed"), "packed", most),
                           to_bytes(options.Get("plain"), "plain", most),
                           to_numbers(options.Get("storedBytes"), "storedBytes", clusters)};
    const Recompress recompress =
        options.Get("recompress").ToBoolean() ? Recompress::kAlways : Recompress::kWhereNeeded;

    const PackedClusters done =
        compress_clusters(image, {{start}, length, static_cast<std::size_t>(unit)},
                          to_cluster_setting(options.Get("clusters")), recompress, room);
    const Piece packed = encode_piece(room.packed.slice(0, done.packed_bytes), deflate, output);
    const MutableBytes rest = output.slice(packed.encoded_bytes, output.size - packed.encoded_bytes);
    const Piece plain = encode_piece(room.plain.slice(0, done.plain_bytes), deflate, rest);

    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("packed", to_js(info.Env(), packed));
    result.Set("plain", to_js(info.Env(), plain));
    return result;
  });
}

}  // namespace omiforge::binding
