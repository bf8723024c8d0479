#pragma once

#include "format/qcow2/header.h"
#include "io/file.h"

namespace omiforge::qcow2 {

// Reads as much of the file as its header needs. Throws what parse_header throws; whether the tables lie
// within the file is not looked at.
Header read_header(const Source& file);

}  // namespace omiforge::qcow2
