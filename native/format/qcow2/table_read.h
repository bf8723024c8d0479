#pragma once

#include "image/offsets.h"
#include "io/file.h"

namespace omiforge::qcow2 {

// Fills `out` with a piece of a table; what lies past the end of the file reads as zeros. Returns false where
// the file stores nothing there, so that all of it is zeros: a table in a hole costs next to nothing.
bool read_table(const Source& file, HostOffset at, MutableBytes out);

}  // namespace omiforge::qcow2
