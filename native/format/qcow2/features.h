#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace omiforge::qcow2 {

struct Header;

enum class FeatureKind : std::uint8_t { kIncompatible = 0, kCompatible = 1, kAutoclear = 2 };

// A bit of one of the three feature fields.
struct Feature {
  FeatureKind kind = FeatureKind::kIncompatible;
  std::uint8_t bit = 0;
  std::string name;  // as the feature name table of the image has it; empty where it does not tell
};

// The bits that are set in the header and not known here: incompatible, compatible, autoclear, each from the
// lowest bit.
std::vector<Feature> find_unknown_features(const Header& header);

}  // namespace omiforge::qcow2
