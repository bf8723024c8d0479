#pragma once

#include <string>

#include "builders/qcow2_builder.h"

namespace omiforge::test {

// The incompatible feature.
constexpr std::uint64_t kDataFile = 4;

// The image with a backing file of that name; without a format where that is empty.
Bytes with_backing_file(Qcow2Builder builder, const std::string& name, const std::string& format);

// The image, which has the feature, with a data file of that name.
Bytes with_data_file(const Qcow2Builder& builder, const std::string& name);

}  // namespace omiforge::test
