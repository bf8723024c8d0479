#pragma once

#include <string>

#include "builders/bytes.h"

namespace omiforge::test {

// What became of a qcow2 that was read forwards.
struct ForwardConversion {
  std::uint64_t disk_bytes = 0;
  std::uint64_t placed_bytes = 0;  // that a Placer has told of, in the block or behind it
  std::uint64_t copied_bytes = 0;  // that were read out of the rest at the end
};

// Converts a qcow2 to raw as the product does it: in blocks of so many bytes, with a Placer, into two files
// that exist and are empty; then what is left is checked and copied. Throws what is wrong with the image.
ForwardConversion convert_forwards(ByteView file, std::size_t block_bytes, const std::string& target_path,
                                   const std::string& rest_path);

}  // namespace omiforge::test
