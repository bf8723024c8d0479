#pragma once

#include <vector>

#include "format/qcow2/header.h"
#include "io/file.h"

namespace omiforge::qcow2 {

// The table of one bitmap: aligned to clusters, of at least one entry.
struct BitmapTable {
  HostOffset at;
  std::uint32_t entries = 0;
};

// Reads the bitmap directory that the extension names. Throws QCOW2_CORRUPT naming the first entry that
// contradicts the specification: nothing can be said of what follows it.
std::vector<BitmapTable> read_bitmap_directory(const File& file, const Header& header,
                                               const BitmapsExtension& extension);

}  // namespace omiforge::qcow2
