#pragma once

#include "format/qcow2/header.h"

namespace omiforge::qcow2 {

// A name as it stands in a header: up to the first zero byte, if there is one, as qemu takes it.
std::string text_of(ByteView bytes);

// Reads the header extensions between the header and `end` (a byte of `head`) into `header`. Unknown ones are
// listed and otherwise ignored, as the specification says. Throws QCOW2_BAD_HEADER for one that runs past
// `end`.
void parse_header_extensions(ByteView head, std::uint64_t end, Header& header);

}  // namespace omiforge::qcow2
