#pragma once

#include <string>
#include <vector>

#include "format/qcow2/header.h"
#include "io/file.h"

namespace omiforge::qcow2 {

// A dirty bitmap: which parts of the disk were written to.
struct Bitmap {
  std::string name;
  HostOffset table;  // aligned to clusters
  std::uint32_t table_entries = 0;
  std::uint8_t granularity_bits = 0;  // of what one bit stands for: 9 to 31
  bool is_in_use = false;  // whoever wrote to it last has not closed it: its content is not certain
  bool is_auto = false;    // it is to go on when the disk is used
};

// Reads the bitmap directory that the extension names. Throws QCOW2_CORRUPT naming the first entry that
// contradicts the specification: nothing can be said of what follows it.
std::vector<Bitmap> read_bitmap_directory(const Source& file, const Header& header,
                                          const BitmapsExtension& extension);

}  // namespace omiforge::qcow2
