#include "format/qcow2/header_extensions.h"

#include <algorithm>

namespace omiforge::qcow2 {
namespace {

constexpr std::uint32_t kEnd = 0x00000000;
constexpr std::uint32_t kBackingFormat = 0xe2792aca;
constexpr std::uint32_t kFeatureNames = 0x6803f857;
constexpr std::uint32_t kDataFile = 0x44415441;
constexpr std::uint32_t kBitmaps = 0x23852875;
constexpr std::uint32_t kCryptoHeader = 0x0537be77;  // where the keys are, of no use without decryption
constexpr std::size_t kBitmapsBytes = 24;
constexpr std::uint64_t kExtensionHeaderBytes = 8;
constexpr std::size_t kFeatureEntryBytes = 48;

std::vector<FeatureName> parse_feature_names(ByteView data) {
  std::vector<FeatureName> names;
  for (std::size_t at = 0; at + kFeatureEntryBytes <= data.size; at += kFeatureEntryBytes) {
    const std::uint8_t* entry = data.data + at;
    names.push_back({entry[0], entry[1], text_of({entry + 2, kFeatureEntryBytes - 2})});
  }
  return names;
}

void apply(std::uint32_t type, ByteView data, Header& header) {
  switch (type) {
    case kBackingFormat:
      header.backing_format = text_of(data);
      break;
    case kDataFile:
      header.data_file = text_of(data);
      break;
    case kFeatureNames:
      header.feature_names = parse_feature_names(data);
      break;
    case kBitmaps:
      // Of another length it means nothing that is known; what refers to it says so.
      header.bitmaps = BitmapsExtension{};
      if (data.size == kBitmapsBytes) {
        header.bitmaps =
            BitmapsExtension{load_be32(data.data), load_be64(data.data + 8), {load_be64(data.data + 16)}};
      }
      break;
    case kCryptoHeader:
      break;
    default:
      header.unknown_extensions.push_back({type, static_cast<std::uint32_t>(data.size)});
  }
}

}  // namespace

std::string text_of(ByteView bytes) {
  const std::uint8_t* end = std::find(bytes.data, bytes.data + bytes.size, std::uint8_t{0});
  return std::string(reinterpret_cast<const char*>(bytes.data), static_cast<std::size_t>(end - bytes.data));
}

void parse_header_extensions(ByteView head, std::uint64_t end, Header& header) {
  std::uint64_t at = header.header_length;
  while (range_fits(at, kExtensionHeaderBytes, end)) {
    const std::uint32_t type = load_be32(head.data + at);
    const std::uint32_t length = load_be32(head.data + at + 4);
    at += kExtensionHeaderBytes;
    if (!range_fits(at, length, end)) {
      throw Error(ErrorCode::kQcow2BadHeader,
                  "header extension at byte " + std::to_string(at - kExtensionHeaderBytes) + " is " +
                      std::to_string(length) + " bytes long, which runs past the header area's end at byte " +
                      std::to_string(end) + "; the image is damaged");
    }
    if (type == kEnd) return;
    apply(type, head.slice(static_cast<std::size_t>(at), length), header);
    at += divide_up(length, 8) * 8;
  }
}

}  // namespace omiforge::qcow2
