#include "format/qcow2/features.h"

#include "format/qcow2/header.h"

namespace omiforge::qcow2 {
namespace {

// Dirty, corrupt, external data file, compression type, extended L2 entries.
constexpr std::uint64_t kKnownIncompatible = 0x1f;
// Lazy refcounts.
constexpr std::uint64_t kKnownCompatible = 0x1;
// Bitmaps, raw external data.
constexpr std::uint64_t kKnownAutoclear = 0x3;

std::string name_of(const Header& header, FeatureKind kind, unsigned bit) {
  for (const FeatureName& known : header.feature_names) {
    if (known.bitmap == static_cast<std::uint8_t>(kind) && known.bit == bit && !known.name.empty()) {
      return known.name;
    }
  }
  return {};
}

void add_unknown(const Header& header, FeatureKind kind, std::uint64_t unknown, std::vector<Feature>& list) {
  for (unsigned bit = 0; bit < 64; ++bit) {
    if ((unknown >> bit & 1) == 0) continue;
    list.push_back({kind, static_cast<std::uint8_t>(bit), name_of(header, kind, bit)});
  }
}

}  // namespace

std::vector<Feature> find_unknown_features(const Header& header) {
  std::vector<Feature> list;
  add_unknown(header, FeatureKind::kIncompatible, header.incompatible & ~kKnownIncompatible, list);
  add_unknown(header, FeatureKind::kCompatible, header.compatible & ~kKnownCompatible, list);
  add_unknown(header, FeatureKind::kAutoclear, header.autoclear & ~kKnownAutoclear, list);
  return list;
}

}  // namespace omiforge::qcow2
